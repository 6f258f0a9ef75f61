"""AWS KMS on this machine: moto's keys, aliases and checks behind a real HTTP server, mended where it differs from AWS.

moto 5.2.5 has no Ed25519 keys, signs with keys that are switched off, and hashes a digest once more although it is told
DIGEST: whoever recovers the sender of such a signature finds a stranger. All three are put right here; everything else
is moto's.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

REGION = "eu-west-2"
EDWARDS = "ECC_NIST_EDWARDS25519"


class Edwards:
    """An Ed25519 key as moto keeps keys."""

    def __init__(self) -> None:
        self.private_key = Ed25519PrivateKey.generate()

    def public_key(self) -> bytes:
        return self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Kms(KmsResponse):
    """moto's KMS, mended."""

    def create_key(self) -> str:
        if self._get_param("KeySpec") != EDWARDS:
            return str(super().create_key())
        key = self.kms_backend.create_key(
            None,
            "SIGN_VERIFY",
            "ECC_SECG_P256K1",
            self._get_param("Description"),
            self._get_param("Tags"),
            False,
            "AWS_KMS",
        )
        key.key_spec, key.private_key = EDWARDS, Edwards()
        return json.dumps(key.to_dict())

    def sign(self) -> str:
        self._validate_key_id(self._get_param("KeyId"))
        key = self.kms_backend.describe_key(self._get_param("KeyId"))
        message: bytes = self._get_param("Message")
        algorithm, kind = self._get_param("SigningAlgorithm"), self._get_param("MessageType")
        if key.key_state != "Enabled":
            code = "DisabledException" if key.key_state == "Disabled" else "KMSInvalidStateException"
            raise JsonRESTError(code, f"{key.arn} is {key.key_state}.")
        if key.key_spec == EDWARDS:
            assert (algorithm, kind) == ("ED25519_SHA_512", "RAW")
            signature = key.private_key.private_key.sign(message)
        else:
            assert (algorithm, kind, len(message)) == ("ECDSA_SHA_256", "DIGEST", 32)
            signature = key.private_key.private_key.sign(message, ECDSA(Prehashed(SHA256())))
        given = {"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm}
        return json.dumps(given)


@dataclass
class KmsService:
    """A running service. `answers` are given instead of real ones, first come first served, None being a real one."""

    endpoint: str
    calls: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]] | None] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, Any]:
        """Every key there is, by its ARN."""
        (backend,) = (account[REGION] for account in kms_backends.values())
        return {key.arn: key for key in backend.keys.values()}


@contextmanager
def kms_service() -> Iterator[KmsService]:
    service = KmsService("")

    @Request.application
    def answer(request: Request) -> Response:
        service.calls.append(request.headers["X-Amz-Target"].removeprefix("TrentService."))
        if service.answers and (instead := service.answers.pop(0)) is not None:
            return Response(json.dumps(instead[1]), instead[0], content_type="application/x-amz-json-1.1")
        # What moto's own server says of its requests.
        request.from_wsgi_server, request.raw_path = True, request.path
        status, headers, body = Kms.dispatch(request, request.url, request.headers)
        return Response(body, status, headers)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    service.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        kms_backends.reset()
