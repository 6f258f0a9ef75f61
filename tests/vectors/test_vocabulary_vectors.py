"""The published JSON-LD contexts: those pinned here are the published ones, and our documents mean the same in others."""

from typing import Any

import pytest

from app.adapters.contexts import older_contexts, pinned_contexts
from app.standards import clr, domain_linkage, open_badge, status_list, vc, vc_1_1
from app.standards.json_ld import Canonicaliser, NotCanonicalisable
from tests.unit.standards import sample
from tests.vectors import published

PINNED = pinned_contexts() | older_contexts()
FULL = Canonicaliser(PINNED)
STATUS, CID = "https://www.w3.org/ns/credentials/status/v1", "https://www.w3.org/ns/cid/v1"
DID, MULTIKEY = "https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"


def with_others(**published_as: str) -> Canonicaliser:
    """A canonicaliser that knows more, or something else: address (named by a constant above) -> published file."""
    return Canonicaliser(PINNED | {globals()[name]: published.context(file) for name, file in published_as.items()})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (vc.CONTEXT, "credentials-v2.jsonld"),
        (vc_1_1.CONTEXT, "credentials-v1.jsonld"),
        (vc_1_1.PROOF_CONTEXT, "data-integrity-v2.jsonld"),
        (MULTIKEY, "multikey-v1.jsonld"),
        (open_badge.CONTEXT, "ob-3.0.3.validator-2026-07.json"),
        (open_badge.EXTENSIONS, "ob-extensions.json"),
        (clr.CONTEXT, "clr-2.0.1.json"),
    ],
)
def test_what_is_pinned_is_what_is_published(url: str, name: str) -> None:
    assert PINNED[url] == published.context(name)


def of_open_badges(name: str) -> Canonicaliser:
    """With a copy of the context of Open Badges 3.0.3 that was published before, at the same address."""
    return Canonicaliser(PINNED | {open_badge.CONTEXT: published.context(name)})


@pytest.mark.parametrize("document", [sample.credential(), sample.endorsed()], ids=["badge", "endorsement"])
def test_our_badges_mean_the_same_in_the_context_of_the_year_before(document: dict[str, Any]) -> None:
    assert of_open_badges("ob-3.0.3.spec-repo-2025-04.json").n_quads(document) == FULL.n_quads(document)


def test_in_the_context_of_early_2024_one_word_of_ours_has_no_meaning_and_the_rest_the_same() -> None:
    older = of_open_badges("ob-3.0.3.dcc-2.1.0-2024-01.json")
    with pytest.raises(NotCanonicalisable, match="awardedDate"):
        older.n_quads(sample.credential())
    without = {name: value for name, value in sample.credential().items() if name != "awardedDate"}
    assert older.n_quads(without) == FULL.n_quads(without)


def test_our_keys_mean_the_same_as_a_did_document_and_as_a_controlled_identifier() -> None:
    form = with_others(DID="did-v1.jsonld", CID="cid-v1.jsonld")
    page = sample.did_document()
    assert page["@context"] == [DID, MULTIKEY]
    assert form.n_quads(page) == form.n_quads(page | {"@context": [CID]})


def test_every_word_of_a_domain_linkage_has_a_meaning() -> None:
    """It is signed over JSON (JCS), so that nothing here would have told."""
    form = Canonicaliser(PINNED | {domain_linkage.CONTEXT: published.context("did-configuration-v1.jsonld")})
    linkage = domain_linkage.unsigned_linkage(sample.DID, "https://college.example", sample.SIGNED_ON, sample.SIGNED_ON)
    assert b"#origin>" in form.n_quads(linkage)


def test_a_status_means_the_same_in_both_versions_of_the_data_model() -> None:
    form = with_others(STATUS="bitstring-status-list-v1.jsonld")
    listed = status_list.unsigned_list("https://college.example/status/1", {"id": sample.DID}, b"\0", sample.SIGNED_ON)
    # What the versions name otherwise is left out.
    subject = {name: value for name, value in listed["credentialSubject"].items() if name != "ttl"}
    common = {name: value for name, value in listed.items() if name not in ("validFrom", "validUntil")} | {
        "credentialSubject": subject,
        "credentialStatus": status_list.entry("https://college.example/status/2", 7),
    }
    assert form.n_quads(common) == form.n_quads(common | {"@context": [vc_1_1.CONTEXT, STATUS]})
