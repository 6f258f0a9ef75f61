"""Settings, read once from the environment (`STACKMARK_…`). A bad value stops the start with one clear sentence."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyAddress, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import Refused

_PORT = Annotated[int, Field(ge=1, le=65535)]


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
    chain_rpc_url: str | None = None
    # More nodes of the same chain that a check must find in agreement, separated by spaces.
    witness_rpc_urls: str = ""
    registry_address: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    finality: str = Field(default="finalized", pattern=r"^(finalized|safe|[0-9]{1,3})$")
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: _PORT = 8000
    dns_server: IPvAnyAddress | None = None
    dns_port: _PORT = 53
    passphrase: SecretStr | None = None
    passphrase_file: Path | None = None
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
        name = "STACKMARK_" + "_".join(str(part) for part in first["loc"]).upper()
        raise Refused("setting_invalid", f"{name} is not usable: {first['msg']}.") from None
