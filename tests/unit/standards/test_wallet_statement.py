"""The wallet's statement: signed by a real wallet, and every way in which it must not be believed."""

from datetime import date
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.wallet_signatures import recover
from app.standards import wallet_statement
from app.standards.did import WalletAddress
from app.standards.wallet_statement import WalletStatement, WalletStatementProblem

DID = "did:web:creds.college.ac.uk"
ACCOUNT, STRANGER = (Account.from_key(bytes([number]) * 32) for number in (1, 2))
WALLET = WalletAddress(31337, ACCOUNT.address.lower())
STATEMENT = WalletStatement(DID, WALLET, "0x" + "aB" * 20, date(2026, 9, 1))


def signature(account: Any, text: str) -> str:
    return "0x" + bytes(account.sign_message(encode_defunct(text=text)).signature).hex()


MEMBERS = wallet_statement.document(STATEMENT, STATEMENT.text, signature(ACCOUNT, STATEMENT.text))


def test_the_wallet_says_whom_it_anchors_for_and_where() -> None:
    assert MEMBERS["statement"] == (
        "I anchor for did:web:creds.college.ac.uk on chain eip155:31337, contract 0x" + "ab" * 20 + ", from 2026-09-01."
    )
    assert (MEMBERS["chain"], MEMBERS["address"], MEMBERS["scheme"]) == (
        "eip155:31337",
        f"eip155:31337:{ACCOUNT.address.lower()}",
        "eip191",
    )
    read = wallet_statement.check(MEMBERS, DID, WALLET, recover)
    assert (read.did, read.wallet, read.valid_from) == (DID, WALLET, date(2026, 9, 1))


OTHER_TEXT = STATEMENT.text.replace("2026-09-01", "2020-09-01")
OTHER_CHAIN = {"chain": "eip155:1", "address": MEMBERS["address"].replace("31337", "1")}
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("altered text", {"statement": OTHER_TEXT}, "wallet_statement_altered"),
    ("altered date", {"from": "2020-09-01"}, "wallet_statement_altered"),
    ("altered text and date", {"statement": OTHER_TEXT, "from": "2020-09-01"}, "wallet_statement_unsigned"),
    ("altered contract", {"contract": "0x" + "22" * 20}, "wallet_statement_altered"),
    ("other institution", {"did": "did:web:forger.example"}, "wallet_statement_other_issuer"),
    ("other chain", OTHER_CHAIN, "wallet_statement_other_wallet"),
    ("chain and address disagree", {"chain": "eip155:1"}, "wallet_statement_malformed"),
    ("other wallet named", {"address": f"eip155:31337:{STRANGER.address}"}, "wallet_statement_other_wallet"),
    ("signed by another wallet", {"signature": signature(STRANGER, STATEMENT.text)}, "wallet_statement_unsigned"),
    ("signature over another text", {"signature": signature(ACCOUNT, OTHER_TEXT)}, "wallet_statement_unsigned"),
    ("signature that no wallet can make", {"signature": "0x" + "ff" * 65}, "wallet_statement_unsigned"),
    ("signature cut short", {"signature": "0x" + "ff" * 64}, "wallet_statement_malformed"),
    ("no signature", {"signature": ""}, "wallet_statement_malformed"),
    ("another scheme", {"scheme": "eip712"}, "wallet_statement_malformed"),
    ("a key's signature called a contract's", {"scheme": "eip1271"}, "wallet_statement_of_contract"),
    ("signatures of several called one", {"signature": "0x" + "ff" * 130}, "wallet_statement_malformed"),
    ("a date that is none", {"from": "2026-02-30"}, "wallet_statement_malformed"),
    ("digits of another script", {"from": "\u0662\u0660\u0662\u0666-09-01"}, "wallet_statement_malformed"),
    ("not a text", {"did": None}, "wallet_statement_malformed"),
    ("no address", {"address": 5}, "wallet_statement_malformed"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_statement_that_must_not_be_believed(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(WalletStatementProblem) as problem:
        wallet_statement.check(MEMBERS | changes, DID, WALLET, recover)
    assert problem.value.code == code


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_member_that_is_missing(name: str) -> None:
    with pytest.raises(WalletStatementProblem):
        wallet_statement.check({key: value for key, value in MEMBERS.items() if key != name}, DID, WALLET, recover)


def test_a_stranger_cannot_adorn_himself_with_a_wallet_that_has_a_history() -> None:
    """His DID document names the college's wallet; the college's wallet says it anchors for the college."""
    with pytest.raises(WalletStatementProblem) as problem:
        wallet_statement.check(MEMBERS, "did:web:forger.example", WALLET, recover)
    assert problem.value.code == "wallet_statement_other_issuer"


@given(st.text(max_size=200), st.binary(min_size=65, max_size=65))
def test_recovering_a_signer_never_fails(text: str, made_up: bytes) -> None:
    assert recover(text, made_up) != ACCOUNT.address.lower()


@given(st.text(max_size=200, alphabet=st.characters(exclude_categories=["Cs"])))
def test_whoever_signed_is_recovered(text: str) -> None:
    assert recover(text, bytes.fromhex(signature(ACCOUNT, text)[2:])) == ACCOUNT.address.lower()


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_contract_may_speak_with_the_signatures_of_several_and_only_it_can_tell(count: int) -> None:
    members = MEMBERS | {"scheme": "eip1271", "signature": "0x" + "ab" * 65 * count}
    claimed = wallet_statement.read(members, DID, WALLET)
    assert (claimed.statement.did, claimed.scheme, len(claimed.signature)) == (DID, "eip1271", 65 * count)
    for changes in ({"signature": members["signature"] + "ab"}, {"signature": "0x"}, {"signature": "0x" + "ab" * 3315}):
        with pytest.raises(WalletStatementProblem, match="cannot be read"):
            wallet_statement.read(members | changes, DID, WALLET)
    # What is about somebody else, or was altered, is refused before anybody is asked.
    with pytest.raises(WalletStatementProblem) as problem:
        wallet_statement.read(members | {"contract": "0x" + "22" * 20}, DID, WALLET)
    assert problem.value.code == "wallet_statement_altered"
