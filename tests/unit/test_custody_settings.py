"""Settings of custodians: what is missing or wrong is said in words before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.adapters.custody.azure_key_vault import token_scope
from app.adapters.custody.opening import custodians_of
from app.errors import Refused
from app.settings import Settings, settings

FULL = {
    "aws-kms": {"aws_kms_region": "eu-west-2"},
    "google-kms": {"google_kms_key_ring": "projects/college/locations/europe-west2/keyRings/stackmark"},
    "pkcs11": {"pkcs11_module": "/lib/x.so", "pkcs11_token": "college", "pkcs11_pin_file": "/run/pin"},
}


WALLETS_ALONE = {"azure-key-vault": {"azure_key_vault": "https://northgate.vault.azure.net"}}
ALL = FULL | WALLETS_ALONE


@pytest.mark.parametrize("custody", ALL)
def test_everything_a_custodian_needs_must_be_there(custody: str) -> None:
    which = "custody" if custody in FULL else "wallet_custody"
    full = {which: custody, **ALL[custody]}
    assert getattr(Settings(_env_file=None, **full), which) == custody
    for left_out in ALL[custody]:
        with pytest.raises(ValidationError) as wrong:
            Settings(_env_file=None, **{name: value for name, value in full.items() if name != left_out})
        assert f"STACKMARK_{left_out.upper()}" in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("custody", "a-drawer"),
        ("wallet_custody", "vault"),
        ("aws_kms_region", "London"),
        ("aws_kms_endpoint", "http://kms.example.com"),
        ("aws_kms_endpoint", "https://me:secret@kms.example.com"),
        ("aws_kms_endpoint", "kms.example.com:8200"),
        ("aws_kms_endpoint", "https://kms.example.com/?token=s.abc"),
        ("google_kms_key_ring", "stackmark"),
        ("google_kms_key_ring", "projects/p/locations/l/keyRings/r/cryptoKeys/k"),
        ("google_kms_key_ring", "projects/p/locations/l/keyRings/../../x"),
        ("google_kms_key_ring", f"projects/p/locations/l/keyRings/{'r' * 80}"),
        ("google_kms_endpoint", "http://kms.example.com"),
        ("google_kms_endpoint", "https://me:secret@kms.example.com"),
        ("azure_key_vault", "http://northgate.vault.azure.net"),
        ("azure_key_vault", "https://northgate.vault.azure.net.example.com"),
        ("azure_key_vault", "https://example.com/.vault.azure.net"),
        ("azure_key_vault", "https://me:secret@northgate.vault.azure.net"),
        ("azure_key_vault", "https://northgate.vault.azure.net/keys/a"),
        ("azure_key_vault", "northgate"),
        ("pkcs11_token", ""),
        ("pkcs11_token", "x" * 33),
    ],
)
def test_what_cannot_be_right_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None, **{name: value})
    assert name in str(wrong.value)


def test_the_sentence_names_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STACKMARK_CUSTODY", "aws-kms")
    settings.cache_clear()
    with pytest.raises(Refused) as refused:
        settings()
    settings.cache_clear()
    assert refused.value.code == "setting_invalid"
    assert "STACKMARK_AWS_KMS_REGION must be set too" in refused.value.message


def test_signing_keys_cannot_be_set_to_lie_where_there_is_no_such_kind() -> None:
    with pytest.raises(ValidationError, match="set STACKMARK_WALLET_CUSTODY to it") as wrong:
        Settings(_env_file=None, custody="azure-key-vault", **ALL["azure-key-vault"])
    assert "Ed25519" in str(wrong.value)


@pytest.mark.parametrize(
    ("vault", "scope"),
    [
        ("https://northgate.vault.azure.net", "https://vault.azure.net/.default"),
        ("https://northgate.vault.azure.cn", "https://vault.azure.cn/.default"),
        ("https://northgate.vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net/.default"),
        ("https://northgate.managedhsm.azure.net", "https://managedhsm.azure.net/.default"),
        ("http://127.0.0.1:8080", "https://vault.azure.net/.default"),
        ("http://localhost", "https://vault.azure.net/.default"),
    ],
)
def test_a_token_is_made_out_to_the_vaults_of_one_cloud(vault: str, scope: str) -> None:
    assert Settings(_env_file=None, azure_key_vault=vault).azure_key_vault == vault
    assert token_scope(vault) == scope


@pytest.mark.parametrize("custody", ALL)
def test_a_key_with_a_custodian_that_is_no_longer_set_up_says_so(custody: str) -> None:
    custodians = custodians_of(Settings(_env_file=None))
    with pytest.raises(Refused) as refused:
        custodians.sign_statement(f"{custody}:a/key#1", "text")
    assert refused.value.code == "custody_not_configured"
    assert "STACKMARK_" in refused.value.message


def test_no_custodians_library_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys\nfrom app.wiring import Wiring\nfrom app.adapters.custody.opening import custodians_of\n"
        "from app.settings import Settings\ncustodians_of(Settings(_env_file=None))\n"
        "print(sorted({'azure.identity', 'boto3', 'botocore', 'google.auth', 'pkcs11', 'eth_account'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("custody", "package"),
    [
        ("aws-kms", "boto3"),
        ("google-kms", "google-auth"),
        ("azure-key-vault", "azure-identity"),
        ("pkcs11", "python-pkcs11"),
    ],
)
def test_a_library_that_is_not_installed_is_named(custody: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("azure.identity", "boto3", "google.auth", "pkcs11"):
        monkeypatch.setitem(sys.modules, name, None)
    custodians = custodians_of(Settings(_env_file=None, wallet_custody=custody, **ALL[custody]))
    with pytest.raises(Refused) as refused:
        custodians.create_wallet("northgate")
    assert refused.value.code == "custody_library_missing"
    assert package in refused.value.message
