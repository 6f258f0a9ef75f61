"""AWS KMS: keys made in it, signatures asked of it. Signing algorithms as of the KMS API reference, "Sign".

- Ed25519 is `ECC_NIST_EDWARDS25519` with `ED25519_SHA_512` over the message itself (RAW; RFC 8032, not the pre-hashed
  form). secp256k1 is `ECC_SECG_P256K1` with `ECDSA_SHA_256` over a digest (DIGEST), which KMS takes as it is.
- A reference is the key's ARN: it names the account, the region and this key alone. The alias
  `alias/stackmark/<owner>/<name>` is how a person finds it again, and why no name is given twice; it is never what is
  signed with, since an alias can be turned to another key.
- The login is the machine's own (its role, or what the AWS tools are set up with); this service holds none. It needs
  kms:CreateKey, CreateAlias, TagResource, DescribeKey, GetPublicKey and Sign, and should be given no more: not to
  delete keys, change their policies or turn aliases.
- A crash between a key and its alias leaves a key that no one knows, at KMS's monthly fee. Its tags say what it was.
"""

from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.adapters.custody import failures
from app.adapters.custody.custodian import Kind
from app.adapters.custody.encodings import raw_public_key, raw_signature
from app.errors import AppError

CONNECT_SECONDS = 2
READ_SECONDS = 3
ATTEMPTS = 2

_SPECS = {Kind.SIGNING: "ECC_NIST_EDWARDS25519", Kind.WALLET: "ECC_SECG_P256K1"}
_ALGORITHMS = {Kind.SIGNING: ("ED25519_SHA_512", "RAW"), Kind.WALLET: ("ECDSA_SHA_256", "DIGEST")}
_THROTTLED = {"ThrottlingException", "LimitExceededException", "TooManyRequestsException", "RequestLimitExceeded"}
_DENIED = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "InvalidClientTokenId",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
}
_DISABLED = {"DisabledException", "KMSInvalidStateException"}
_AWAY = {"KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "InternalFailure"}


class AwsKms:
    """A `KeyHolder`. `endpoint`: instead of the region's public one, for a private network."""

    scheme = "aws-kms"
    title = "AWS KMS"

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        self._region = region
        self._endpoint = endpoint

    def __repr__(self) -> str:
        return f"AwsKms({self._region!r})"

    def make(self, kind: Kind, owner: str, name: str) -> str:
        alias = _alias(owner, name)
        if self.has(owner, name):
            raise failures.key_exists(self.title, alias)
        made = self._call(
            "create_key",
            alias,
            KeySpec=_SPECS[kind],
            KeyUsage="SIGN_VERIFY",
            Description=f"Stackmark: {name} of {owner}",
            Tags=[{"TagKey": "stackmark-owner", "TagValue": owner}, {"TagKey": "stackmark-name", "TagValue": name}],
        )
        reference = str(made["KeyMetadata"]["Arn"])
        self._call("create_alias", alias, AliasName=alias, TargetKeyId=reference)
        return reference

    def has(self, owner: str, name: str) -> bool:
        alias = _alias(owner, name)
        try:
            self._call("describe_key", alias, KeyId=alias)
        except AppError as error:
            if error.code == "key_missing":
                return False
            raise
        return True

    def public_key(self, kind: Kind, reference: str) -> bytes:
        found = load_der_public_key(self._call("get_public_key", reference, KeyId=reference)["PublicKey"])
        raw = raw_public_key(kind, found)
        if raw is None:
            raise failures.key_missing(self.title, reference)
        return raw

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        algorithm, message_type = _ALGORITHMS[kind]
        answer = self._call(
            "sign", reference, KeyId=reference, Message=data, MessageType=message_type, SigningAlgorithm=algorithm
        )
        signature = bytes(answer["Signature"])
        if kind is Kind.SIGNING:
            return signature
        raw = raw_signature(signature)
        if raw is None:
            raise failures.wrong_signature(self.title)
        return raw

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise failures.library_missing(self.title, "boto3") from None
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        return boto3.session.Session(region_name=self._region).client("kms", endpoint_url=self._endpoint, config=config)

    def _call(self, method: str, reference: str, **given: Any) -> Any:
        client = self._client
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            CredentialRetrievalError,
            HTTPClientError,
            NoCredentialsError,
        )
        from botocore.exceptions import ConnectionError as NotConnected

        try:
            return getattr(client, method)(**given)
        except ClientError as error:
            raise self._failure(str(error.response.get("Error", {}).get("Code", "")), reference) from None
        except (NoCredentialsError, CredentialRetrievalError):
            raise failures.denied(self.title) from None
        except (NotConnected, HTTPClientError):
            raise failures.unreachable(self.title) from None
        except BotoCoreError as error:
            raise failures.failed(self.title, type(error).__name__) from None

    def _failure(self, code: str, reference: str) -> AppError:
        if code == "NotFoundException":
            return failures.key_missing(self.title, reference)
        if code == "AlreadyExistsException":
            return failures.key_exists(self.title, reference)
        if code in _DISABLED:
            return failures.key_disabled(self.title, reference)
        if code in _DENIED:
            return failures.denied(self.title)
        if code in _THROTTLED:
            return failures.throttled(self.title)
        if code in _AWAY or code.isdigit() or not code:
            return failures.unreachable(self.title)
        return failures.failed(self.title, code)


def _alias(owner: str, name: str) -> str:
    return f"alias/stackmark/{owner}/{name}"
