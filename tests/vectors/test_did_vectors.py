"""The published DID documents: a college's as ours are, and wallets by themselves (did:pkh), which sign nothing here."""

import pytest

from app.standards import did
from tests.unit.standards import sample
from tests.vectors import published

ROOT = published.folder("did")


def test_a_college_publishes_its_key_and_its_wallet_each_for_its_own_purpose() -> None:
    page = published.read(ROOT / "did-web-sample.json")
    found = did.read_document(page, sample.DID)
    assert [(key.id, key.key) for key in found.signing_keys] == [(sample.KEY_ID, sample.PUBLIC_KEY)]
    assert [did.caip10(one.chain_id, one.address) for one in found.wallets] == [
        page["alsoKnownAs"][0].removeprefix("did:pkh:")
    ]
    assert found.service("EvmAnchorRegistry") == "https://college.example.ac.uk/anchors"


@pytest.mark.parametrize("name", ["did-pkh-eip155-1", "did-pkh-eip155-137"])
def test_a_wallet_by_itself_is_read_as_a_wallet_and_signs_no_credentials(name: str) -> None:
    page = published.read(ROOT / f"{name}.jsonld")
    found = did.read_document(page, page["id"])
    assert page["assertionMethod"]
    assert (found.signing_keys, found.holder_keys) == ((), ())
    assert [f"did:pkh:{did.caip10(one.chain_id, one.address)}" for one in found.wallets] == [page["id"]]
