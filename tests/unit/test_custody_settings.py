"""Settings of custodians: what is missing or wrong is said in words before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.adapters.custody.opening import custodians_of
from app.errors import Refused
from app.settings import Settings, settings

FULL = {
    "aws-kms": {"aws_kms_region": "eu-west-2"},
    "google-kms": {"google_kms_key_ring": "projects/college/locations/europe-west2/keyRings/stackmark"},
    "pkcs11": {"pkcs11_module": "/lib/x.so", "pkcs11_token": "college", "pkcs11_pin_file": "/run/pin"},
}


@pytest.mark.parametrize("custody", FULL)
def test_everything_a_custodian_needs_must_be_there(custody: str) -> None:
    full = {"custody": custody, **FULL[custody]}
    assert Settings(_env_file=None, **full).custody == custody
    for left_out in FULL[custody]:
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


@pytest.mark.parametrize("custody", FULL)
def test_a_key_with_a_custodian_that_is_no_longer_set_up_says_so(custody: str) -> None:
    custodians = custodians_of(Settings(_env_file=None))
    with pytest.raises(Refused) as refused:
        custodians.sign(f"{custody}:a/key#1", b"data")
    assert refused.value.code == "custody_not_configured"
    assert "STACKMARK_" in refused.value.message


def test_no_custodians_library_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys\nfrom app.wiring import Wiring\nfrom app.adapters.custody.opening import custodians_of\n"
        "from app.settings import Settings\ncustodians_of(Settings(_env_file=None))\n"
        "print(sorted({'boto3', 'botocore', 'google.auth', 'pkcs11', 'eth_account'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("custody", "package"), [("aws-kms", "boto3"), ("google-kms", "google-auth"), ("pkcs11", "python-pkcs11")]
)
def test_a_library_that_is_not_installed_is_named(custody: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("boto3", "google.auth", "pkcs11"):
        monkeypatch.setitem(sys.modules, name, None)
    custodians = custodians_of(Settings(_env_file=None, custody=custody, **FULL[custody]))
    with pytest.raises(Refused) as refused:
        custodians.create_signing_key("northgate", "key-2026-09")
    assert refused.value.code == "custody_library_missing"
    assert package in refused.value.message
