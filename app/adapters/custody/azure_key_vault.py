"""Azure Key Vault: wallets made in it, signatures asked of it, over its REST interface ("Key Vault REST API", 7.4).

- secp256k1 is the curve `P-256K` with `ES256K` over a digest, which the vault takes as it is; it answers r and s
  (RFC 7518, section 3.4). It has no Ed25519, so that no signing key can lie there: that is refused, and says so.
- Keys are `EC-HSM`: made in a hardware module and not exportable. The vault must be a Premium one, or a Managed HSM.
- A reference is the key's identifier, `https://<vault>/keys/<name>/<version>`: it means this version of this key for
  good, whatever version is made after it. Only one of the vault that is set goes into a request.
- The answer must name the key that was asked. Whether the signature is that key's is found out elsewhere
  (`RemoteKeystore`), as for everybody; Azure sends no checksums.
- The login is the machine's own, as `azure-identity` finds it: a managed identity, a workload's federated token, or a
  service principal in its environment; never a person's. It asks for a token for vaults of the cloud that the vault's
  own name tells, and for nothing else: what a vault says in its challenge (`WWW-Authenticate`) is not followed, or a
  false one could have a token made out to somebody else.
- It needs the data actions keys/read, keys/create/action and keys/sign/action, and should be given no more: not to
  delete or purge keys, or to change who may use them.
- Azure's own client for keys is not used: it sets no limit to an answer's size, and four requests do not need it.

Tested against the documented interface, not against Azure: tests/integration/custody/azure_service.py.
"""

import base64
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicNumbers

from app.adapters.custody import failures
from app.adapters.custody.custodian import Kind
from app.adapters.custody.encodings import raw_public_key
from app.adapters.custody.login import Login
from app.adapters.custody.naming import key_name
from app.adapters.custody.rest import CONNECT_SECONDS, READ_SECONDS, Answer, Rest
from app.errors import AppError

VERSION = "api-version=7.4"

_IDENTIFIER = re.compile(r"/keys/[0-9a-zA-Z-]{1,127}/[0-9a-f]{32}")
_AT_REST = {"KeyDisabled", "KeyExpired", "KeyNotYetValid"}


class AzureKeyVault:
    """A `KeyHolder` of wallets. `vault`: its address, `https://<name>.vault.azure.net` or another cloud's."""

    scheme = "azure-key-vault"
    title = "Azure Key Vault"

    def __init__(self, vault: str) -> None:
        self._vault = vault.rstrip("/").lower()
        self._rest = Rest(self.title, self._vault, Login(self.title, partial(_machine_login, token_scope(self._vault))))

    def __repr__(self) -> str:
        return f"AzureKeyVault({self._vault!r})"

    def make(self, kind: Kind, owner: str, name: str) -> str:
        if kind is not Kind.WALLET:
            raise failures.kind_not_kept(self.title, kind)
        key = key_name(owner, name)
        # The vault would make another version under the same name.
        if self.has(owner, name):
            raise failures.key_exists(self.title, key)
        order = {
            "kty": "EC-HSM",
            "crv": "P-256K",
            "key_ops": ["sign", "verify"],
            "tags": {"stackmark-owner": owner, "stackmark-name": name},
        }
        made = self._rest.ask(
            "POST", f"/keys/{key}/create?{VERSION}", lambda answer: self._key(answer, key), order, again=False
        )
        reference = str(made.get("kid"))
        if not reference.startswith(f"{self._vault}/keys/{key}/") or not self._is_own(reference):
            raise failures.garbled(self.title)
        return reference

    def has(self, owner: str, name: str) -> bool:
        key = key_name(owner, name)

        def read(answer: Answer) -> bool:
            return answer.status != 404 and bool(self._key(answer, key))

        return self._rest.ask("GET", f"/keys/{key}/?{VERSION}", read)

    def public_key(self, kind: Kind, reference: str) -> bytes:
        path = self._path(kind, reference)
        return self._rest.ask("GET", f"{path}?{VERSION}", lambda answer: self._public_key(reference, answer))

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        path, order = self._path(kind, reference), {"alg": "ES256K", "value": _encoded(data)}
        return self._rest.ask(
            "POST", f"{path}/sign?{VERSION}", lambda answer: self._signature(reference, answer), order
        )

    def _public_key(self, reference: str, answer: Answer) -> bytes:
        key = self._key(answer, reference)
        if key.get("kid") != reference:
            raise failures.garbled(self.title)
        if key.get("kty") not in ("EC", "EC-HSM") or key.get("crv") != "P-256K":
            raise failures.key_missing(self.title, reference)
        x, y = self._decoded(key.get("x")), self._decoded(key.get("y"))
        try:
            point = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256K1()).public_key()
        except ValueError:
            raise failures.garbled(self.title) from None
        found = raw_public_key(Kind.WALLET, point)
        if found is None:
            raise failures.key_missing(self.title, reference)
        return found

    def _signature(self, reference: str, answer: Answer) -> bytes:
        said = self._good(answer, reference)
        if said.get("kid") != reference:
            raise failures.garbled(self.title)
        return self._decoded(said.get("value"))

    def _key(self, answer: Answer, reference: str) -> dict[str, Any]:
        said = self._good(answer, reference)
        key, attributes = said.get("key"), said.get("attributes")
        if not isinstance(key, dict):
            raise failures.garbled(self.title)
        if isinstance(attributes, dict) and attributes.get("enabled") is False:
            raise failures.key_disabled(self.title, reference)
        return key

    def _decoded(self, value: object) -> bytes:
        """Base64url without padding (RFC 7515, section 2)."""
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
            raise failures.garbled(self.title)
        try:
            return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except ValueError:
            raise failures.garbled(self.title) from None

    def _path(self, kind: Kind, reference: str) -> str:
        if kind is not Kind.WALLET or not self._is_own(reference):
            raise failures.key_missing(self.title, reference)
        return reference[len(self._vault) :]

    def _is_own(self, reference: str) -> bool:
        return reference.startswith(self._vault) and bool(_IDENTIFIER.fullmatch(reference[len(self._vault) :]))

    def _good(self, answer: Answer, reference: str) -> dict[str, Any]:
        if not answer.is_good:
            raise self._failure(answer, reference)
        return answer.body

    def _failure(self, answer: Answer, reference: str) -> AppError:
        said = answer.error("code")
        # Spelt in either way, by the versions that there were.
        why = answer.error("innererror", "code") or answer.error("innerError", "code")
        if answer.status == 404:
            return failures.key_missing(self.title, reference)
        if answer.status == 409:
            return failures.key_exists(self.title, reference)
        if answer.status == 403:
            return failures.key_disabled(self.title, reference) if why in _AT_REST else failures.denied(self.title)
        return failures.failed(self.title, said if said.isidentifier() else f"HTTP {answer.status}")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_scope(vault: str) -> str:
    """Whom a token is made out to: vaults of the cloud that the vault's name tells, `vault.azure.net` for most."""
    host = urlsplit(vault).hostname or ""
    service = host.partition(".")[2] if host.count(".") > 2 and not host[-1].isdigit() else "vault.azure.net"
    return f"https://{service}/.default"


def _machine_login(scope: str) -> Callable[[], str]:
    title = AzureKeyVault.title
    try:
        from azure.core.exceptions import (
            AzureError,
            ClientAuthenticationError,
            ServiceRequestError,
            ServiceResponseError,
        )
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise failures.library_missing(title, "azure-identity") from None

    def told(error: Exception) -> AppError:
        # No message of the library's is passed on: it may quote what the login's own service said.
        if isinstance(error, ServiceRequestError | ServiceResponseError):
            return failures.unreachable(title)
        if isinstance(error, ClientAuthenticationError):
            return failures.denied(title)
        return failures.denied(title) if isinstance(error, AzureError) else failures.failed(title, type(error).__name__)

    try:
        credential = DefaultAzureCredential(
            exclude_shared_token_cache_credential=True,
            exclude_visual_studio_code_credential=True,
            exclude_cli_credential=True,
            exclude_developer_cli_credential=True,
            exclude_powershell_credential=True,
            exclude_broker_credential=True,
            retry_total=1,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )
    except Exception as error:
        raise told(error) from None

    def give() -> str:
        try:
            return str(credential.get_token(scope).token)
        except Exception as error:
            raise told(error) from None

    return give
