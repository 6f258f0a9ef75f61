"""Settings, read once from the environment (`STACKMARK_…`). A bad value stops the start with one clear sentence."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyAddress, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import Refused

_PORT = Annotated[int, Field(ge=1, le=65535)]
_CUSTODY_NEEDS = {
    "file": (),
    "aws-kms": ("aws_kms_region",),
    "google-kms": ("google_kms_key_ring",),
    "azure-key-vault": ("azure_key_vault",),
    "pkcs11": ("pkcs11_module", "pkcs11_token", "pkcs11_pin_file"),
}


class Settings(BaseSettings):
    """Everything that differs from one installation to the next."""

    # A running demo leaves its addresses in this file, so that commands in another terminal find it.
    model_config = SettingsConfigDict(
        env_prefix="STACKMARK_", env_file=".data/stackmark.env", frozen=True, extra="ignore"
    )

    data_dir: Path = Path(".data")
    wallets_dir: Path = Path("wallets")
    contracts_dir: Path = Path("contracts")
    database_url: SecretStr | None = None
    # Which chain (app.anchoring.chains); a private network, and any other, has its number in `chain_id`.
    chain: Literal["local", "ethereum", "sepolia", "base", "polygon", "arbitrum", "besu"] = "local"
    chain_id: int | None = Field(default=None, ge=1)
    chain_rpc_url: str | None = None
    # More nodes of the same chain, separated by spaces: a check must find all in agreement, sending most of them.
    witness_rpc_urls: str = ""
    registry_address: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    # A second chain, on which `stackmark chain reanchor` records the newest checkpoints too: its profile, number, nodes
    # (separated by spaces, as above) and register (where it is not at the address it has on every chain).
    second_chain: Literal["local", "ethereum", "sepolia", "base", "polygon", "arbitrum", "besu"] | None = None
    second_chain_id: int | None = Field(default=None, ge=1)
    second_chain_rpc_urls: str = ""
    second_registry_address: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    # How often the worker does so by itself: each log at most once in so many hours, 0 = with every final checkpoint.
    # Without it, and without a second chain, it does not.
    second_chain_hours: float | None = Field(default=None, ge=0, le=8_760)
    # Empty = the rule of the chain's profile; else a block tag, or the number of blocks that must lie on top.
    finality: str = Field(default="", pattern=r"^(finalized|safe|[0-9]{1,3})?$")
    # What is paid at most for a unit of gas; without it, what the chain's profile says.
    max_fee_gwei: float | None = Field(default=None, gt=0, le=1_000_000)
    # A transaction that has waited this long is offered more for.
    replace_after_seconds: float = Field(default=60, ge=1, le=86_400)
    # A checkpoint is made of so many entries, or when the oldest has waited so long, whichever comes first.
    batch_size: int = Field(default=1, ge=1, le=100_000)
    batch_seconds: float = Field(default=0, ge=0, le=86_400)
    # The balance is low when it pays for fewer checkpoints than this.
    reserve_checkpoints: int = Field(default=20, ge=0, le=10_000)
    # Pounds for one coin of the chain, for forecasts of cost; without it they name no pounds.
    pounds_per_coin: float | None = Field(default=None, gt=0)
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: _PORT = 8000
    dns_server: IPvAnyAddress | None = None
    dns_port: _PORT = 53
    passphrase: SecretStr | None = None
    passphrase_file: Path | None = None
    # With whom new keys are made; where each old one lies stands in the database.
    custody: Literal["file", "aws-kms", "google-kms", "azure-key-vault", "pkcs11"] = "file"
    wallet_custody: Literal["file", "aws-kms", "google-kms", "azure-key-vault", "pkcs11"] | None = None
    aws_kms_region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")
    aws_kms_endpoint: str | None = None
    # No longer than leaves room for a key's own name in its reference.
    google_kms_key_ring: str | None = Field(
        default=None,
        max_length=105,
        pattern=r"^projects/[a-z0-9.:-]{1,60}/locations/[a-z0-9-]{1,40}/keyRings/[a-zA-Z0-9_-]{1,63}$",
    )
    google_kms_endpoint: str | None = None
    # A token goes there, so that it must be a vault of Microsoft's, or this machine.
    azure_key_vault: str | None = Field(
        default=None,
        pattern=r"^(https://[a-z0-9-]{3,24}\.(vault|managedhsm)\.(azure\.net|azure\.cn|usgovcloudapi\.net)"
        r"|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)$",
    )
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = Field(default=None, min_length=1, max_length=32)
    pkcs11_pin_file: Path | None = None
    # The wallet, by its key's reference, that pays for what the owners of Safes sign.
    safe_relayer: str | None = Field(default=None, min_length=1, max_length=200)
    # What they are asked to sign; by default beside the keystores. The worker, the web service and commands share it.
    proposals_dir: Path | None = None
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")
    log_format: str = Field(default="text", pattern=r"^(text|json)$")
    worker_heartbeat_seconds: float = Field(default=10, gt=0, le=60)
    worker_poll_seconds: float = Field(default=2, gt=0, le=60)
    scheme_name: str = "Stackmark"
    public_writes_per_minute: int = Field(default=120, ge=1)
    # Of `stackmark serve --conformance` alone; both are made anew at each start where they are not given.
    conformance_seed: SecretStr | None = Field(default=None, min_length=16)
    conformance_token: SecretStr | None = Field(default=None, min_length=16)

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        address = value.get_secret_value() if value is not None else "postgresql://"
        if not re.match(r"postgres(ql)?(\+\w+)?://", address):
            raise ValueError("must look like postgresql://user@host/database")
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute_without_slash(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError("must look like https://credentials.example.ac.uk")
        if parts.scheme == "http" and parts.hostname != "localhost":
            raise ValueError("must use https (http is for localhost only)")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("aws_kms_endpoint", "google_kms_endpoint")
    @classmethod
    def _encrypted_unless_local(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://none")
        local = parts.hostname in ("localhost", "127.0.0.1")
        if not parts.hostname or (parts.scheme != "https" and not (local and parts.scheme == "http")):
            raise ValueError("must look like https://custodian.example.ac.uk (http is for this machine only)")
        if parts.username or parts.password or parts.query:
            raise ValueError("must not hold a login: it is given in a file of its own")
        return value

    @model_validator(mode="after")
    def _custodian_can_be_reached(self) -> Self:
        if self.custody == "azure-key-vault":
            raise ValueError(
                "Azure Key Vault has no keys that sign credentials (Ed25519): set STACKMARK_WALLET_CUSTODY to it,"
                " and STACKMARK_CUSTODY to another custodian"
            )
        for custody in (self.custody, self.wallets_with):
            if missing := self.missing_for(custody):
                raise ValueError(f"keys are to lie with {custody}, so {' and '.join(missing)} must be set too")
        return self

    @field_validator("safe_relayer")
    @classmethod
    def _relayer_has_a_key(cls, value: str | None) -> str | None:
        if value is not None and value.startswith("safe:"):
            raise ValueError("must be a wallet with a key: a Safe cannot pay for itself")
        return value

    @property
    def proposals(self) -> Path:
        """The folder of what owners of Safes are asked to sign."""
        return self.proposals_dir or self.wallets_dir / "proposals"

    @property
    def wallets_with(self) -> str:
        """With whom new wallets are made."""
        return self.wallet_custody or self.custody

    def missing_for(self, custody: str) -> tuple[str, ...]:
        """The variables that are not set and that a custodian cannot be reached without."""
        needed = _CUSTODY_NEEDS[custody]
        return tuple(f"STACKMARK_{name.upper()}" for name in needed if getattr(self, name) is None)

    @model_validator(mode="after")
    def _private_chain_has_a_number(self) -> "Settings":
        if self.chain == "besu" and self.chain_id is None:
            raise ValueError("STACKMARK_CHAIN_ID must say which private network it is")
        if self.second_chain == "besu" and self.second_chain_id is None:
            raise ValueError("STACKMARK_SECOND_CHAIN_ID must say which private network it is")
        return self

    @model_validator(mode="after")
    def _second_chain_can_be_reached(self) -> "Settings":
        if self.second_chain is not None and not self.second_chain_rpc_urls.split():
            raise ValueError("STACKMARK_SECOND_CHAIN_RPC_URLS must name a node of the second chain")
        return self

    def secret_passphrase(self) -> str:
        """The passphrase that opens the keystores. Raises `Refused("passphrase_missing")`."""
        if self.passphrase is not None:
            return self.passphrase.get_secret_value()
        if self.passphrase_file is not None:
            try:
                return self.passphrase_file.read_text(encoding="utf-8").rstrip("\r\n")
            except OSError as error:
                raise Refused("passphrase_missing", f"The passphrase file cannot be read: {error.strerror}.") from None
        raise Refused(
            "passphrase_missing",
            "No passphrase for the keys: set STACKMARK_PASSPHRASE_FILE to a file that holds it.",
        )

    def secret_database_url(self) -> str:
        """Raises `Refused("database_missing")` where none was given (only `stackmark demo` brings its own)."""
        if self.database_url is None:
            raise Refused("database_missing", "No database: set STACKMARK_DATABASE_URL to a postgresql:// address.")
        return self.database_url.get_secret_value()


@cache
def settings() -> Settings:
    """The settings of this process. Raises `Refused("setting_invalid")` naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(["STACKMARK", *(str(part) for part in first["loc"])]).upper()
        where = f"{name} is not usable" if first["loc"] else "The settings do not fit together"
        raise Refused("setting_invalid", f"{where}: {first['msg']}.") from None
