"""Every custodian, real or as near to it as a machine without a network allows, and the same questions to each."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.adapters.custody.custodian import Custodian
from app.adapters.custody.opening import custodians_of
from app.settings import Settings
from tests.integration.custody.azure_service import AzureService, azure_service
from tests.integration.custody.google_service import RING, GoogleService, google_service
from tests.integration.custody.kms_service import REGION, KmsService, kms_service
from tests.integration.custody.soft_token import MODULE, OFFICER, PIN, TOKEN, SoftToken, soft_token

SIGNING = ("file", "aws-kms", "google-kms", "pkcs11")
"""Those that keep signing keys; wallets are kept by all."""
CUSTODIES = (*SIGNING, "azure-key-vault")
PASSPHRASE = "a passphrase that nobody shall read"
ACCESS_KEY, SECRET_KEY = "AKIASTACKMARKTEST000", "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEYstackmark"


@dataclass(frozen=True)
class Held:
    """One custodian under test. `secrets`: what opens it, and must never be shown."""

    custody: str
    settings: Settings
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def keystore(self) -> Custodian:
        """Opened anew each time, as a new process would."""
        return custodians_of(self.settings).custodian(self.custody)


@pytest.fixture(scope="session")
def kms() -> Iterator[KmsService]:
    # What AWS's own tools read; this service never does.
    login = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as patch, kms_service() as service:
        for name, value in login.items():
            patch.setenv(name, value)
        yield service


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleService]:
    with pytest.MonkeyPatch.context() as patch, google_service(tmp_path_factory.mktemp("google")) as service:
        # What Google's own library reads; this service never does.
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service.key_file))
        yield service


@pytest.fixture(scope="session")
def azure() -> Iterator[AzureService]:
    with pytest.MonkeyPatch.context() as patch, azure_service() as service:
        # What Azure's own library reads of a machine with an identity; this service never does.
        patch.setenv("IDENTITY_ENDPOINT", f"{service.endpoint}/msi/token")
        patch.setenv("IDENTITY_HEADER", service.header)
        yield service


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    # For the whole run: SoftHSM reads the variable once in a process.
    made = soft_token(tmp_path_factory.mktemp("softhsm"))
    os.environ["SOFTHSM2_CONF"] = str(made.settings)
    return made


Opener = Callable[[str], Held]


@pytest.fixture
def open_custody(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    def opened(custody: str) -> Held:
        base = Settings(
            _env_file=None, wallets_dir=tmp_path / "wallets", passphrase=SecretStr(PASSPHRASE), custody="file"
        )
        if custody == "file":
            return Held(custody, base, (PASSPHRASE,))
        if custody == "aws-kms":
            service = request.getfixturevalue("kms")
            more = {"aws_kms_region": REGION, "aws_kms_endpoint": service.endpoint}
            return Held(custody, base.model_copy(update=more), (SECRET_KEY, ACCESS_KEY))
        if custody == "google-kms":
            google: GoogleService = request.getfixturevalue("google")
            more = {"google_kms_key_ring": RING, "google_kms_endpoint": google.endpoint}
            return Held(custody, base.model_copy(update=more), (google.account_pem,))
        if custody == "azure-key-vault":
            azure: AzureService = request.getfixturevalue("azure")
            return Held(custody, base.model_copy(update={"azure_key_vault": azure.endpoint}), (azure.header,))
        token = request.getfixturevalue("module")
        more = {"pkcs11_module": MODULE, "pkcs11_token": TOKEN, "pkcs11_pin_file": token.pin_file}
        return Held(custody, base.model_copy(update=more), (PIN, OFFICER))

    return opened


@pytest.fixture(params=SIGNING)
def signing(request: pytest.FixtureRequest, open_custody: Opener) -> Held:
    return open_custody(request.param)


@pytest.fixture(params=CUSTODIES)
def held(request: pytest.FixtureRequest, open_custody: Opener) -> Held:
    return open_custody(request.param)
