"""HashiCorp Vault, or OpenBao: the secrets engine "transit", over its HTTP API. Ed25519 alone; it has no secp256k1.

- A reference is `<mount>/<key>#<version>`: turning the key inside Vault makes a new version and leaves ours as it was.
- Keys are made neither exportable nor fit for plain backup, and cannot be deleted unless somebody there allows it.
- The token is read from its file for every call, so that an agent beside this service may renew it. It needs `create`,
  `update` and `read` on `<mount>/keys/*` and `update` on `<mount>/sign/*`.
- "transit" gives back an existing key when asked to make one by its name. So a name in use is refused first; of two
  processes that make the same key at once, the database takes one.
"""

import base64
import binascii
import json
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.adapters.custody import failures
from app.adapters.custody.custodian import Kind
from app.errors import AppError

TIMEOUT = httpx.Timeout(3, connect=2)
RETRIES = 1
MAX_BYTES = 64 * 1024


class VaultTransit:
    """A `KeyHolder`. `authority`: a file with the certificate that the server's is checked against."""

    scheme = "vault"
    title = "Vault"
    kinds = frozenset({Kind.SIGNING})

    def __init__(self, address: str, token_file: Path, mount: str = "transit", authority: Path | None = None) -> None:
        self._address = address.rstrip("/")
        self._token_file = token_file
        self._mount = mount
        self._authority = authority

    def __repr__(self) -> str:
        return f"VaultTransit({self._address!r})"

    def make(self, kind: Kind, owner: str, name: str) -> str:
        key = f"{owner}-{name}"
        if self.has(owner, name):
            raise failures.key_exists(self.title, key)
        settings = {"type": "ed25519", "exportable": False, "allow_plaintext_backup": False}
        self._call("POST", f"{self._mount}/keys/{key}", key, settings)
        return f"{self._mount}/{key}#1"

    def has(self, owner: str, name: str) -> bool:
        key = f"{owner}-{name}"
        try:
            self._call("GET", f"{self._mount}/keys/{key}", key)
        except AppError as error:
            if error.code == "key_missing":
                return False
            raise
        return True

    def public_key(self, kind: Kind, reference: str) -> bytes:
        mount, key, version = _parts(reference)
        found = self._call("GET", f"{mount}/keys/{key}", reference)
        try:
            if found["type"] != "ed25519":
                raise KeyError(found["type"])
            return base64.b64decode(found["keys"][version]["public_key"], validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise failures.key_missing(self.title, reference) from None

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        mount, key, version = _parts(reference)
        given = {"input": base64.b64encode(data).decode(), "key_version": int(version)}
        answer = self._call("POST", f"{mount}/sign/{key}", reference, given)
        try:
            return base64.b64decode(str(answer["signature"]).removeprefix(f"vault:v{version}:"), validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise failures.wrong_signature(self.title) from None

    @cached_property
    def _client(self) -> httpx.Client:
        import ssl

        trusted = ssl.create_default_context(cafile=str(self._authority) if self._authority else None)
        transport = httpx.HTTPTransport(verify=trusted, retries=RETRIES)
        return httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False)

    def _call(self, method: str, path: str, reference: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._address}/v1/{quote(path)}"
        try:
            with self._client.stream(method, url, json=given, headers={"X-Vault-Token": self._token()}) as response:
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise failures.failed(self.title, "more than was asked for")
        except httpx.HTTPError:
            raise failures.unreachable(self.title) from None
        if not response.is_success:
            raise self._failure(response.status_code, body, reference)
        try:
            answer = json.loads(body) if body else {}
            return dict(answer.get("data") or {})
        except (ValueError, TypeError, AttributeError):
            raise failures.failed(self.title, "something that is no answer of a Vault") from None

    def _failure(self, status: int, body: bytes, reference: str) -> AppError:
        # Asked to sign with a key it does not have, transit answers 400 and these words.
        if status == 404 or b"signing key not found" in body:
            return failures.key_missing(self.title, reference)
        if status == 403:
            return failures.denied(self.title)
        if status == 429:
            return failures.throttled(self.title)
        # 503: sealed, or a standby that cannot pass the call on.
        if status >= 500:
            return failures.unreachable(self.title)
        return failures.failed(self.title, f"status {status}")

    def _token(self) -> str:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            raise failures.denied(self.title) from None
        if not token.isprintable() or not token:
            raise failures.denied(self.title)
        return token


def _parts(reference: str) -> tuple[str, str, str]:
    path, _, version = reference.partition("#")
    mount, _, key = path.rpartition("/")
    if not mount or not key or not version.isdigit():
        raise failures.key_missing(VaultTransit.title, reference)
    return mount, key, version
