"""Azure Key Vault on this machine, as its reference describes it: a server of our own, since nobody offers one.

Written after "Key Vault REST API, keys, version 7.4" (create key, get key, sign), "Authentication, requests and
responses" (the challenge) and, for the login, "REST endpoint reference" of managed identities in App Service, which is
plain HTTP within a machine. It is as strict as the reference. Azure's own client (azure-keyvault-keys 4.11.3) was once
held against it: it answers the challenge, makes a key here, reads it and signs. What Azure does beyond its reference, no
test here can show.
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
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from tests.integration.custody.rest_service import RestService, running

RESOURCE = "https://vault.azure.net"
CHALLENGE = f'Bearer authorization="https://login.windows.net/{secrets.token_hex(16)}", resource="{RESOURCE}"'


@dataclass
class Version:
    private: EllipticCurvePrivateKey = field(repr=False)
    enabled: bool = True


class Refusal(Exception):
    def __init__(self, status: int, code: str, inner: str | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.inner = status, code, inner


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class AzureService(RestService):
    """`keys`: by their identifiers. `header`: the secret with which a machine asks for its identity's token."""

    header: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    tokens: list[str] = field(default_factory=list)
    keys: dict[str, Version] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    _lock: Any = field(default_factory=threading.Lock)

    def is_about_keys(self, request: Request) -> bool:
        return request.path != "/msi/token"

    def answer(self, request: Request) -> Response:
        try:
            given = self._token(request) if request.path == "/msi/token" else self._about_keys(request)
        except Refusal as refusal:
            error: dict[str, Any] = {"code": refusal.code, "message": "somebody@northgate.example may not"}
            if refusal.inner:
                error["innererror"] = {"code": refusal.inner}
            headers = {"WWW-Authenticate": CHALLENGE} if refusal.status == 401 else {}
            return Response(json.dumps({"error": error}), refusal.status, headers, content_type="application/json")
        return Response(json.dumps(given), content_type="application/json")

    def _token(self, request: Request) -> dict[str, Any]:
        if request.headers.get("X-IDENTITY-HEADER") != self.header:
            raise Refusal(401, "unauthorized_client")
        assert (request.args["api-version"], request.args["resource"]) == ("2019-08-01", RESOURCE)
        self.tokens.append(f"eyJ0eXAi.{secrets.token_urlsafe(40)}")
        ends = str(int(time.time()) + 86_400)
        return {"access_token": self.tokens[-1], "expires_on": ends, "resource": RESOURCE, "token_type": "Bearer"}

    def _about_keys(self, request: Request) -> dict[str, Any]:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "Unauthorized")
        assert request.args["api-version"] == "7.4"
        found = re.fullmatch(r"/keys/([0-9a-zA-Z-]{1,127})(?:/([0-9a-f]{32}))?(/|/create|/sign)?", request.path)
        if found is None:
            raise Refusal(400, "BadParameter")
        name, version, what = found.groups()
        if (request.method, version, what) == ("POST", None, "/create"):
            return self._create(name, request.get_json())
        if version is None:
            version = next((kid[-32:] for kid in reversed(self.keys) if kid.split("/")[-2] == name), "")
        kid = f"{self.endpoint}/keys/{name}/{version}"
        if kid not in self.keys or name in self.deleted:
            raise Refusal(404, "KeyNotFound")
        key = self.keys[kid]
        if what in (None, "/"):
            return self.bundle(kid)
        assert (request.method, what) == ("POST", "/sign")
        if not key.enabled:
            raise Refusal(403, "Forbidden", "KeyDisabled")
        order = request.get_json()
        digest = base64.urlsafe_b64decode(order["value"] + "==")
        if order["alg"] != "ES256K" or len(digest) != 32 or "=" in order["value"]:
            raise Refusal(400, "BadParameter")
        r, s = decode_dss_signature(key.private.sign(digest, ECDSA(Prehashed(SHA256()))))
        return {"kid": kid, "value": encoded(r.to_bytes(32) + s.to_bytes(32))}

    def _create(self, name: str, order: dict[str, Any]) -> dict[str, Any]:
        if (order["kty"], order["crv"]) != ("EC-HSM", "P-256K") or set(order["key_ops"]) != {"sign", "verify"}:
            raise Refusal(400, "BadParameter")
        if name in self.deleted:
            raise Refusal(409, "Conflict", "ObjectIsDeletedButRecoverable")
        kid = f"{self.endpoint}/keys/{name}/{secrets.token_hex(16)}"
        with self._lock:
            self.keys[kid] = Version(generate_private_key(SECP256K1()))
        return self.bundle(kid)

    def bundle(self, kid: str) -> dict[str, Any]:
        point, enabled = self.keys[kid].private.public_key().public_numbers(), self.keys[kid].enabled
        key = {"kid": kid, "kty": "EC-HSM", "crv": "P-256K", "key_ops": ["sign", "verify"]}
        key |= {"x": encoded(point.x.to_bytes(32)), "y": encoded(point.y.to_bytes(32))}
        now = int(time.time())
        attributes = {"enabled": enabled, "created": now, "updated": now, "recoveryLevel": "Recoverable"}
        return {"key": key, "attributes": attributes}


@contextmanager
def azure_service() -> Iterator[AzureService]:
    service = AzureService()
    with running(service):
        yield service
