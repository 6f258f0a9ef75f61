"""did:web names, and which keys and wallets of a DID document count."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.standards import did
from app.standards.did import WalletAddress
from tests.unit.standards.sample import DID, KEY_ID, PUBLIC_KEY, did_document

METHOD = did_document()["verificationMethod"][0]
WALLET = "eip155:137:0x4e90e8a8191c1c23a24a598c3ab4fb47ce926ff5"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("did:web:college.ac.uk", "https://college.ac.uk/.well-known/did.json"),
        ("did:web:college.ac.uk:i:north", "https://college.ac.uk/i/north/did.json"),
        ("did:web:college.ac.uk%3A8443", "https://college.ac.uk:8443/.well-known/did.json"),
        ("did:web:college.ac.uk%3a8443:x", "https://college.ac.uk:8443/x/did.json"),
        ("did:web:localhost%3A8000:i:north", "http://localhost:8000/i/north/did.json"),
        ("did:web:college.ac.uk:a%20b", "https://college.ac.uk/a%20b/did.json"),
        ("did:web:4.example", "https://4.example/.well-known/did.json"),
        ("did:web:localhost.example", "https://localhost.example/.well-known/did.json"),
    ],
)
def test_where_a_did_web_document_lives(name: str, url: str) -> None:
    assert did.web_url(name) == url


@pytest.mark.parametrize(
    "name",
    [
        "",
        "did:web:",
        "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
        "DID:WEB:college.ac.uk",
        "did:web:college.ac.uk#key",
        "did:web:college.ac.uk/path",
        "did:web:college.ac.uk?x",
        "did:web:college.ac.uk\n",
        "did:web:user@college.ac.uk",
        "did:web:college.ac.uk%40evil.example",
        "did:web:college.ac.uk%2Fx",
        "did:web:college.ac.uk%3A",
        "did:web:college.ac.uk%3A123456",
        "did:web:college.ac.uk%3A\u0668",
        "did:web:college.ac.uk:",
        "did:web:college.ac.uk::x",
        "did:web:college.ac.uk:..",
        "did:web:college.ac.uk:.",
        "did:web:college.ac.uk:%2e%2E:x",
        "did:web:college.ac.uk:a%2Fb",
        "did:web:college.ac.uk:a%5Cb",
        "did:web:127.0.0.1",
        "did:web:127.0.0.1%3A8000",
        "did:web:169.254.169.254:latest",
        "did:web:127.1",
        "did:web:2130706433",
        "did:web:0x7f.1",
        "did:web:0x7f000001",
        "did:web:0177.0.0.01.",
        "did:web:%5B%3A%3A1%5D",
        "did:web:college.ac.uk:" + "x" * 600,
    ],
)
def test_not_a_did_web(name: str) -> None:
    with pytest.raises(ValueError, match="did:web"):
        did.web_url(name)


def test_names_we_make_are_names_we_read() -> None:
    made = did.web_did("college.ac.uk:8443", "i", "a b/..")
    assert made == "did:web:college.ac.uk%3A8443:i:a%20b%2F.."
    assert did.web_url(did.web_did("localhost:8000", "i", "north")) == "http://localhost:8000/i/north/did.json"


def test_a_proper_document() -> None:
    read = did.read_document(did_document(), DID)
    key = read.signing_key(KEY_ID)
    assert key is not None
    assert (key.key, key.expires, key.revoked) == (PUBLIC_KEY, None, None)
    assert read.wallets == ()


def test_limits_of_a_key_are_read() -> None:
    limits = {"expires": "2027-01-01T00:00:00Z", "revoked": "2026-12-01T01:00:00+01:00"}
    key = did.read_document(did_document(verificationMethod=[METHOD | limits]), DID).signing_key(KEY_ID)
    assert key is not None
    assert key.expires == datetime(2027, 1, 1, tzinfo=UTC)
    assert key.revoked == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"assertionMethod": [], "authentication": [KEY_ID]}, id="key for authentication only"),
        pytest.param({"assertionMethod": None}, id="no purposes"),
        pytest.param({"assertionMethod": KEY_ID}, id="purposes not a list"),
        pytest.param({"assertionMethod": [METHOD]}, id="embedded key"),
        pytest.param({"assertionMethod": ["#key-2026-09"]}, id="relative reference"),
        pytest.param(
            {"verificationMethod": [METHOD | {"controller": "did:web:attacker.example"}]}, id="foreign controller"
        ),
        pytest.param({"verificationMethod": [METHOD | {"controller": [DID]}]}, id="controllers in a list"),
        pytest.param(
            {"verificationMethod": [{k: v for k, v in METHOD.items() if k != "controller"}]}, id="no controller"
        ),
        pytest.param(
            {
                "verificationMethod": [METHOD | {"id": "did:web:attacker.example#k"}],
                "assertionMethod": ["did:web:attacker.example#k"],
            },
            id="key of another identifier",
        ),
        pytest.param(
            {"verificationMethod": [METHOD | {"id": DID + ":x#k"}], "assertionMethod": [DID + ":x#k"]}, id="longer did"
        ),
        pytest.param({"verificationMethod": [METHOD | {"type": "JsonWebKey"}]}, id="another kind of key"),
        pytest.param({"verificationMethod": [METHOD | {"publicKeyMultibase": "z6Mk"}]}, id="damaged key"),
        pytest.param({"verificationMethod": [METHOD | {"publicKeyMultibase": 7}]}, id="key not a text"),
        pytest.param({"verificationMethod": [METHOD | {"expires": "soon"}]}, id="expires is no date"),
        pytest.param({"verificationMethod": [METHOD | {"expires": None}]}, id="expires is null"),
        pytest.param({"verificationMethod": [METHOD | {"revoked": "2026-01-01"}]}, id="revoked lacks a time zone"),
        pytest.param({"verificationMethod": {}}, id="methods not a list"),
        pytest.param({"verificationMethod": ["x", None, {"id": 7}]}, id="methods are nonsense"),
    ],
)
def test_a_key_that_must_not_sign(changes: dict[str, Any]) -> None:
    assert did.read_document(did_document(**changes), DID).signing_keys == ()


def test_a_fragment_that_is_itself_a_key_is_only_a_name() -> None:
    attacker = f"{DID}#z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
    assert did.read_document(did_document(), DID).signing_key(attacker) is None


def test_a_document_of_another_identifier() -> None:
    for document in (did_document(id="did:web:other.example"), did_document(id=DID.upper()), {}):
        with pytest.raises(ValueError, match="another identifier"):
            did.read_document(document, DID)


def test_wallets_count_under_capability_invocation_and_own_control() -> None:
    method = {
        "id": f"{DID}#w",
        "type": "EcdsaSecp256k1RecoveryMethod2020",
        "controller": DID,
        "blockchainAccountId": WALLET,
    }
    with_wallet = did_document(verificationMethod=[METHOD, method], capabilityInvocation=[f"{DID}#w"])
    assert did.read_document(with_wallet, DID).wallets == (WalletAddress(137, WALLET[-42:]),)
    assert did.read_document(with_wallet | {"capabilityInvocation": []}, DID).wallets == ()
    foreign = [METHOD, method | {"controller": "did:web:attacker.example"}]
    assert did.read_document(with_wallet | {"verificationMethod": foreign}, DID).wallets == ()


@pytest.mark.parametrize(
    "text",
    [
        None,
        1,
        "",
        "eip155:1:0x12",
        WALLET + "0",
        "eip155::" + WALLET[-42:],
        "eip155:\u0661:" + WALLET[-42:],
        " " + WALLET,
        WALLET + "\n",
    ],
    ids=ascii,
)
def test_not_an_account(text: Any) -> None:
    assert did.parse_caip10(text) is None


def test_accounts_are_compared_in_lower_case() -> None:
    upper = "eip155:137:0x" + WALLET[-40:].upper()
    assert did.parse_caip10(upper) == did.parse_caip10(WALLET)
    assert did.caip10(137, upper[-42:]) == WALLET
