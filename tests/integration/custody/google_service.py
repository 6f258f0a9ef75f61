"""Google Cloud KMS on this machine, as its reference describes it: a server of our own, since nobody offers one.

Written after "Cloud KMS API, REST reference v1" (methods cryptoKeys.create and get, cryptoKeyVersions.get, getPublicKey
and asymmetricSign) and, for the login, after "Using OAuth 2.0 for server to server applications". It is as strict as the
reference: a wrong checksum, a digest of another length, a key in a state of rest or without the right token is refused
in the words that Google uses. Google's own client (google-cloud-kms 3.18.0, over REST) was once held against it: it
makes keys of both kinds here, reads them and signs. What Google does beyond its reference, no test here can show.
"""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from werkzeug.wrappers import Request, Response

from tests.integration.custody.rest_service import RestService, running

RING = "projects/northgate-keys/locations/europe-west2/keyRings/stackmark"
ACCOUNT = "stackmark@northgate-keys.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloudkms"

_LEVELS = {"EC_SIGN_ED25519": "SOFTWARE", "EC_SIGN_SECP256K1_SHA256": "HSM", "EC_SIGN_P256_SHA256": "HSM"}
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}


def castagnoli(data: bytes) -> str:
    """CRC-32C, worked out bit by bit: slower than ours and by another way."""
    rest = 0xFFFFFFFF
    for byte in data:
        for place in range(8):
            bit = (rest ^ byte >> place) & 1
            rest = rest >> 1 ^ (0x82F63B78 if bit else 0)
    return str(rest ^ 0xFFFFFFFF)


@dataclass
class Version:
    """A key's only version. `pending`: how often it is still being made when somebody looks."""

    algorithm: str
    private: Ed25519PrivateKey | EllipticCurvePrivateKey = field(repr=False)
    state: str = "ENABLED"
    pending: int = 0


class Refusal(Exception):
    def __init__(self, code: int, status: str | None = None) -> None:
        super().__init__(code)
        self.code, self.status = code, status or _STATUS[code]


@dataclass
class GoogleService(RestService):
    """`keys`: by the name of their first version. `key_file`: what the login is in, in Google's form."""

    key_file: Path = Path()
    account_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    tokens: list[str] = field(default_factory=list)
    keys: dict[str, Version] = field(default_factory=dict)
    pending: int = 0
    _lock: Any = field(default_factory=threading.Lock)

    @property
    def account_der(self) -> bytes:
        return self.account_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def account_pem(self) -> str:
        return self.account_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def write_key_file(self, path: Path) -> None:
        held = {
            "type": "service_account",
            "project_id": "northgate-keys",
            "private_key_id": secrets.token_hex(20),
            "private_key": self.account_pem,
            "client_email": ACCOUNT,
            "token_uri": f"{self.endpoint}/token",
        }
        path.write_text(json.dumps(held), encoding="utf-8")
        self.key_file = path

    def is_about_keys(self, request: Request) -> bool:
        return request.path.startswith("/v1/")

    def answer(self, request: Request) -> Response:
        if request.headers.get("Metadata-Flavor") == "Google":
            return self._metadata(request)
        try:
            given = self._token(request) if request.path == "/token" else self._about_keys(request)
        except Refusal as refusal:
            if request.path == "/token":
                return Response(json.dumps({"error": refusal.status}), 400, content_type="application/json")
            error = {"code": refusal.code, "message": "somebody@northgate.example may not", "status": refusal.status}
            return Response(json.dumps({"error": error}), refusal.code, content_type="application/json")
        return Response(json.dumps(given), content_type="application/json")

    def _token(self, request: Request) -> dict[str, Any]:
        public = self.account_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        try:
            claims = jwt.decode(request.form["assertion"], public, algorithms=["RS256"], audience=AUDIENCE)
        except jwt.InvalidTokenError:
            raise Refusal(400, "invalid_grant") from None
        assert (claims["iss"], claims["scope"]) == (ACCOUNT, SCOPE)
        assert claims["exp"] <= time.time() + 3600
        return self._new_token()

    def _new_token(self) -> dict[str, Any]:
        self.tokens.append(f"ya29.{secrets.token_urlsafe(40)}")
        return {"access_token": self.tokens[-1], "expires_in": 3599, "token_type": "Bearer"}

    def _metadata(self, request: Request) -> Response:
        """What a machine of Google's is told about itself ("About VM metadata")."""
        account = "/computeMetadata/v1/instance/service-accounts/"
        given: dict[str, Any] = {
            "/": {},
            f"{account}default/": {"email": ACCOUNT, "scopes": [SCOPE], "aliases": ["default"]},
            "/computeMetadata/v1/project/project-id": "northgate-keys",
        }
        if request.path in (f"{account}default/token", f"{account}{ACCOUNT}/token"):
            given[request.path] = self._new_token()
        known = request.path in given
        body = given.get(request.path, "")
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "application/text" if isinstance(body, str) else "application/json"
        return Response(text, 200 if known else 404, headers={"Metadata-Flavor": "Google"}, content_type=kind)

    def _about_keys(self, request: Request) -> dict[str, Any]:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401)
        name = request.path.removeprefix("/v1/")
        if (request.method, name) == ("POST", f"{RING}/cryptoKeys"):
            return self._create(str(request.args["cryptoKeyId"]), request.get_json())
        found = re.fullmatch(r"(.*?/cryptoKeys/[^/]+)(/cryptoKeyVersions/1)?(/publicKey|:asymmetricSign)?", name)
        if found is None or (version := self.keys.get(f"{found[1]}/cryptoKeyVersions/1")) is None:
            raise Refusal(404)
        if found[2] is None:
            return {"name": found[1], "purpose": "ASYMMETRIC_SIGN"}
        full, level = f"{found[1]}{found[2]}", _LEVELS[version.algorithm]
        about = {"name": full, "algorithm": version.algorithm, "protectionLevel": level}
        if found[3] is None:
            version.pending -= 1
            return about | {"state": "PENDING_GENERATION" if version.pending >= 0 else version.state}
        if version.state != "ENABLED" or version.pending > 0:
            raise Refusal(400, "FAILED_PRECONDITION")
        if found[3] == "/publicKey":
            pem = version.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return about | {"pem": pem.decode(), "pemCrc32c": castagnoli(pem)}
        assert request.method == "POST"
        return {"name": full, "protectionLevel": level} | _signed(version, request.get_json())

    def _create(self, identity: str, order: dict[str, Any]) -> dict[str, Any]:
        template = order["versionTemplate"]
        algorithm = template["algorithm"]
        labels = [*order["labels"], *order["labels"].values()]
        if (
            order["purpose"] != "ASYMMETRIC_SIGN"
            or template["protectionLevel"] != _LEVELS[algorithm]
            or not re.fullmatch(r"[a-zA-Z0-9_-]{1,63}", identity)
            or not all(re.fullmatch(r"[a-z0-9_-]{1,63}", label) for label in labels)
        ):
            raise Refusal(400)
        name = f"{RING}/cryptoKeys/{identity}"
        private = Ed25519PrivateKey.generate() if "ED25519" in algorithm else generate_private_key(SECP256K1())
        with self._lock:
            if f"{name}/cryptoKeyVersions/1" in self.keys:
                raise Refusal(409)
            self.keys[f"{name}/cryptoKeyVersions/1"] = Version(algorithm, private, pending=self.pending)
        return {"name": name, "purpose": "ASYMMETRIC_SIGN", "versionTemplate": template}


def _signed(version: Version, order: dict[str, Any]) -> dict[str, Any]:
    if isinstance(version.private, Ed25519PrivateKey):
        if set(order) != {"data", "dataCrc32c"}:
            raise Refusal(400)
        data, field_ = base64.b64decode(order["data"], validate=True), "verifiedDataCrc32c"
        sent = order["dataCrc32c"]
    else:
        if set(order) != {"digest", "digestCrc32c"} or set(order["digest"]) != {"sha256"}:
            raise Refusal(400)
        data, field_ = base64.b64decode(order["digest"]["sha256"], validate=True), "verifiedDigestCrc32c"
        sent = order["digestCrc32c"]
        if len(data) != 32:
            raise Refusal(400)
    if sent != castagnoli(data):
        raise Refusal(400)
    if isinstance(version.private, Ed25519PrivateKey):
        signature = version.private.sign(data)
    else:
        signature = version.private.sign(data, ECDSA(Prehashed(SHA256())))
    return {
        "signature": base64.b64encode(signature).decode(),
        "signatureCrc32c": castagnoli(signature),
        field_: True,
    }


@contextmanager
def google_service(folder: Path) -> Iterator[GoogleService]:
    service = GoogleService()
    with running(service):
        service.write_key_file(folder / "google-login.json")
        yield service
