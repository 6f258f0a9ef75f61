"""Google Cloud KMS: keys made in it, signatures asked of it, over its REST interface v1 ("Cloud KMS API", reference).

- Ed25519 is `EC_SIGN_ED25519` over the message itself (`data`). Google offers it in software alone, so the level of
  protection is SOFTWARE. secp256k1 is `EC_SIGN_SECP256K1_SHA256`, in a hardware module alone (HSM). Its name says
  SHA-256; what is signed are the 32 bytes of `digest.sha256` as they are, and the reference allows other functions.
- A reference is the name of the key's version, `projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/1`:
  it means this one key for good. A key's name is made of the owner's and its own; it can be given once, since Google
  never frees it again, and a key that a crash left behind is found by it.
- As Google asks ("Verifying end-to-end data integrity"), what is sent and what comes back carries a checksum, the
  answer must say that ours was looked at and which key signed, and one that does not fit is thrown away and asked for
  once more. Whether the signature is the key's is found out elsewhere (`RemoteKeystore`), as for everybody.
- The login is the machine's own, as `google-auth` finds it ("Application Default Credentials"); this service holds
  none. It needs cloudkms.cryptoKeys.create and get, cryptoKeyVersions.get, viewPublicKey and useToSign, and should be
  given no more: not to destroy versions or to change who may use them.
- Google's own client is not used: it brings gRPC, protobuf and about twenty packages for five requests.

Tested against the documented interface, not against Google: tests/integration/custody/google_service.py.
"""

import base64
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.adapters.custody import failures
from app.adapters.custody.crc32c import crc32c
from app.adapters.custody.custodian import Kind
from app.adapters.custody.encodings import raw_public_key, raw_signature
from app.adapters.custody.login import Login
from app.adapters.custody.naming import key_name
from app.adapters.custody.rest import READ_SECONDS, Answer, Rest
from app.errors import AppError

ENDPOINT = "https://cloudkms.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloudkms"

PENDING_LOOKS = 20
PENDING_SECONDS = 0.5
"""A module takes a few seconds to make a key: how often, and after what wait each, it is asked whether it has."""

_ALGORITHMS = {Kind.SIGNING: "EC_SIGN_ED25519", Kind.WALLET: "EC_SIGN_SECP256K1_SHA256"}
_LEVELS = {Kind.SIGNING: "SOFTWARE", Kind.WALLET: "HSM"}
_VERIFIED = {Kind.SIGNING: "verifiedDataCrc32c", Kind.WALLET: "verifiedDigestCrc32c"}
_VERSION = re.compile(r"/cryptoKeys/[a-zA-Z0-9_-]{1,63}/cryptoKeyVersions/[0-9]{1,6}")


class GoogleKms:
    """A `KeyHolder`. `key_ring`: `projects/…/locations/…/keyRings/…`. `endpoint`: instead of Google's public one."""

    scheme = "google-kms"
    title = "Google Cloud KMS"

    def __init__(self, key_ring: str, endpoint: str | None = None) -> None:
        self._ring = key_ring
        self._rest = Rest(self.title, (endpoint or ENDPOINT).rstrip("/"), Login(self.title, _machine_login))

    def __repr__(self) -> str:
        return f"GoogleKms({self._ring!r})"

    def make(self, kind: Kind, owner: str, name: str) -> str:
        key = key_name(owner, name)
        order = {
            "purpose": "ASYMMETRIC_SIGN",
            "versionTemplate": {"algorithm": _ALGORITHMS[kind], "protectionLevel": _LEVELS[kind]},
            "labels": {"stackmark-owner": owner, "stackmark-name": name},
        }
        path = f"/v1/{self._ring}/cryptoKeys?cryptoKeyId={key}"
        made = self._rest.ask("POST", path, lambda answer: self._good(answer, key), order, again=False)
        if made.get("name") != f"{self._ring}/cryptoKeys/{key}":
            raise failures.garbled(self.title)
        reference = f"{made['name']}/cryptoKeyVersions/1"
        self._await(reference)
        return reference

    def has(self, owner: str, name: str) -> bool:
        key = key_name(owner, name)

        def read(answer: Answer) -> bool:
            return answer.status != 404 and bool(self._good(answer, key))

        return self._rest.ask("GET", f"/v1/{self._ring}/cryptoKeys/{key}", read)

    def public_key(self, kind: Kind, reference: str) -> bytes:
        self._check(reference)
        return self._rest.ask(
            "GET", f"/v1/{reference}/publicKey", lambda answer: self._public_key(kind, reference, answer)
        )

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        self._check(reference)
        encoded, checksum = base64.b64encode(data).decode(), _checksum(data)
        if kind is Kind.SIGNING:
            order: dict[str, Any] = {"data": encoded, "dataCrc32c": checksum}
        else:
            order = {"digest": {"sha256": encoded}, "digestCrc32c": checksum}
        signature = self._rest.ask(
            "POST", f"/v1/{reference}:asymmetricSign", lambda answer: self._signature(kind, reference, answer), order
        )
        if kind is Kind.SIGNING:
            return signature
        raw = raw_signature(signature)
        if raw is None:
            raise failures.wrong_signature(self.title)
        return raw

    def _public_key(self, kind: Kind, reference: str, answer: Answer) -> bytes:
        said = self._good(answer, reference)
        pem = said.get("pem")
        if (
            not isinstance(pem, str)
            or said.get("name") != reference
            or said.get("pemCrc32c") != _checksum(pem.encode())
        ):
            raise failures.garbled(self.title)
        try:
            found = raw_public_key(kind, load_pem_public_key(pem.encode()))
        except (ValueError, UnsupportedAlgorithm):
            found = None
        if found is None or said.get("algorithm") != _ALGORITHMS[kind]:
            raise failures.key_missing(self.title, reference)
        return found

    def _signature(self, kind: Kind, reference: str, answer: Answer) -> bytes:
        said = self._good(answer, reference)
        try:
            signature = base64.b64decode(said.get("signature") or "", validate=True)
        except (ValueError, TypeError):
            raise failures.garbled(self.title) from None
        if (
            said.get(_VERIFIED[kind]) is not True
            or said.get("name") != reference
            or said.get("signatureCrc32c") != _checksum(signature)
        ):
            raise failures.garbled(self.title)
        return signature

    def _await(self, reference: str) -> None:
        """Until the module has made the key."""
        for look in range(PENDING_LOOKS):
            if look:
                time.sleep(PENDING_SECONDS)
            said = self._rest.ask("GET", f"/v1/{reference}", lambda answer: self._good(answer, reference))
            state = str(said.get("state"))
            if state != "PENDING_GENERATION":
                break
        if state != "ENABLED":
            raise failures.failed(self.title, state if state.isidentifier() else "nothing")

    def _check(self, reference: str) -> None:
        """A reference is part of an address: only one of the key ring that is set goes into a request."""
        if not reference.startswith(self._ring) or not _VERSION.fullmatch(reference[len(self._ring) :]):
            raise failures.key_missing(self.title, reference)

    def _good(self, answer: Answer, reference: str) -> dict[str, Any]:
        if not answer.is_good:
            raise self._failure(answer, reference)
        return answer.body

    def _failure(self, answer: Answer, reference: str) -> AppError:
        if answer.status == 404:
            return failures.key_missing(self.title, reference)
        if answer.status == 409:
            return failures.key_exists(self.title, reference)
        if answer.status == 403:
            return failures.denied(self.title)
        if answer.error("status") == "FAILED_PRECONDITION":
            return failures.key_disabled(self.title, reference)
        said = answer.error("status")
        return failures.failed(self.title, said if said.isidentifier() else f"HTTP {answer.status}")


def _checksum(data: bytes) -> str:
    """As JSON has it: numbers of 64 bits are texts there."""
    return str(crc32c(data))


def _machine_login() -> Callable[[], str]:
    try:
        import google.auth
        from google.auth import exceptions
        from google.auth.transport.requests import Request
    except ImportError:
        raise failures.library_missing(GoogleKms.title, "google-auth") from None
    request: Any = partial(Request(), timeout=READ_SECONDS)
    credentials: Any

    def told(error: Exception) -> AppError:
        # No message of the library's is passed on: it may quote what the login's own service said.
        if isinstance(error, exceptions.TransportError) or getattr(error, "retryable", False):
            return failures.unreachable(GoogleKms.title)
        if isinstance(error, exceptions.GoogleAuthError):
            return failures.denied(GoogleKms.title)
        return failures.failed(GoogleKms.title, type(error).__name__)

    try:
        credentials, _ = google.auth.default(scopes=[SCOPE], request=request)
    except Exception as error:
        raise told(error) from None

    def give() -> str:
        try:
            if not credentials.valid:
                credentials.refresh(request)
        except Exception as error:
            raise told(error) from None
        return str(credentials.token)

    return give
