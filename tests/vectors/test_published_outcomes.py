"""Every document that others published as a credential, checked in full and for its proofs alone, as the table says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from app.adapters.contexts import canonicaliser, conformance_canonicaliser
from app.adapters.registry import NoRegistry
from app.errors import Refused
from app.standards import did, vc
from app.verification import carriers, proof_only, submission, verify
from app.verification.evidence import Submission
from app.verification.report import Outcome, Report, Verdict, worst
from tests.fakes import MemoryList, MemoryPublications
from tests.vectors import published
from tests.vectors.outcomes import GROUPS, HOLDS, OUTCOMES

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FOLDERS = [published.folder(name) for name in ("ob30", "clr20", "blockcerts")]
# Not credentials, but what was written down on the way to one; a vocabulary.
NOT_CREDENTIALS = ("ob30/impl-guide-canon/", "blockcerts/blockcerts-3.2-context.json")
LIST = published.read(published.folder("ob30") / "bit-string-list" / "testlist")
EACH = pytest.mark.parametrize("name", OUTCOMES)


def no_pdf(data: bytes) -> NoReturn:
    raise AssertionError("none of these is a PDF")


def payload(name: str) -> bytes:
    return carriers.unwrap((published.ROOT / name).read_bytes(), no_pdf).payload


def with_those_inside(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from with_those_inside(value)
    elif isinstance(document, list):
        for item in document:
            yield from with_those_inside(item)


def vouching_for(document: dict[str, Any]) -> MemoryPublications:
    """A web on which each name lists the keys that the document says it has. Only a test may believe that."""
    pages: dict[str, Any] = {LIST["id"]: LIST}
    for proof in with_those_inside(document):
        method = proof.get("verificationMethod")
        if not isinstance(method, str):
            continue
        name, _, key = method.partition("#")
        if name.startswith("did:key:"):
            pages[name] = did.key_document(name)
            continue
        page = pages.setdefault(name, {"id": name, "verificationMethod": [], "assertionMethod": []})
        page["verificationMethod"].append(
            {"id": method, "type": "Multikey", "controller": name, "publicKeyMultibase": key}
        )
        page["assertionMethod"].append(method)
    return MemoryPublications({name: json.dumps(page).encode() for name, page in pages.items()})


async def in_full(handed_in: Submission, document: dict[str, Any]) -> list[Report]:
    issuers = {vc.issuer_id(one): ("The publisher", "10000000") for one in with_those_inside(document)}
    return [
        await verify.verify(
            one,
            publications=vouching_for(document),
            registry=NoRegistry(),
            recogniser=MemoryList({name: words for name, words in issuers.items() if name is not None}),
            canonicaliser=canonicaliser(),
            now=NOW,
        )
        for one in (handed_in, *handed_in.embedded)
    ]


def failed(reports: list[Report]) -> set[str]:
    return {
        one.code for report in reports for one in report.findings if one.outcome in (Outcome.INVALID, Outcome.ERROR)
    }


def test_the_table_has_every_published_document_once() -> None:
    files = [path.relative_to(published.ROOT).as_posix() for folder in FOLDERS for path in folder.rglob("*")]
    there = {name for name in files if (published.ROOT / name).is_file() and not name.startswith(NOT_CREDENTIALS)}
    listed = [name for group in GROUPS for name in group.files]
    assert len(listed) == len(set(listed))
    assert there == set(listed)


@EACH
async def test_checked_in_full(name: str) -> None:
    expected = OUTCOMES[name]
    if expected.verdict is None:
        with pytest.raises(Refused) as refusal:
            payload(name)
        assert refusal.value.code == expected.code
        return
    document = json.loads(payload(name))
    reports = await in_full(submission.read(payload(name)), document)
    assert worst(report.verdict for report in reports) is expected.verdict
    if expected.code:
        assert expected.code in failed(reports)
    # What holds is no accident of how the test vouches for it.
    if expected.verdict is Verdict.VALID:
        changed = document | {"validFrom": "2020-01-01T00:00:00Z"}
        again = await in_full(submission.read(json.dumps(changed).encode()), changed)
        assert worst(report.verdict for report in again) is Verdict.NOT_VALID


@EACH
async def test_checked_for_its_proofs_alone(name: str) -> None:
    expected = OUTCOMES[name]
    if expected.verdict is None:
        return
    document = json.loads(payload(name))
    report = await proof_only.verify(
        document, publications=vouching_for(document), canonicaliser=conformance_canonicaliser(), now=NOW
    )
    assert failed([report]) == ({expected.proof} - {HOLDS})
    assert proof_only.holds(report) is (expected.proof == HOLDS)
