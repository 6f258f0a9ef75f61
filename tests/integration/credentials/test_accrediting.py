"""Accreditations from the signature to a stranger's check of them, over what is really served."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.adapters.recognition import TenantList
from app.anchoring import service as anchoring
from app.anchoring.audit import places_of
from app.credentials import accrediting
from app.credentials import service as credentials
from app.credentials.accreditation_audit import audit_accreditations
from app.credentials.accrediting import EVERY, Edge
from app.credentials.scheme import find_scheme_operator, make_scheme_operator
from app.credentials.signing import Issuer
from app.database import transaction
from app.errors import AppError
from app.institutions import service as institutions
from app.institutions.roles import Role
from app.stacking import packs
from app.standards import accreditation, anchor_receipt, data_integrity, did, strict_json
from app.standards.anchor_receipt import LeafKind
from app.verification.accreditation import (
    AccreditationResult,
    accreditation_result,
    gather_accreditation,
    time_of_issue,
)
from app.verification.evidence import Fetched
from app.verification.report import Outcome
from app.wiring import now
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation
from tests.unit.verification.accredited import DatedPublications

BEGAN = date(2026, 1, 1)


@dataclass
class Scheme:
    """An installation with a scheme operator, an awarding organisation and a college without any plain approval."""

    installation: Installation
    operator: Issuer
    board: Issuer
    college: Issuer
    past: dict[str, bytes] = field(default_factory=dict)

    async def accredit(self, parent: Issuer, child: Issuer, *qualifications: str, **changes: Any) -> Edge:
        async with transaction(self.installation.wiring.engine) as conn:
            return await accrediting.accredit(
                conn, parent, child.institution, qualifications, **{"valid_from": BEGAN, "now": now(), **changes}
            )

    async def withdraw(self, parent: Issuer, edge_id: UUID) -> None:
        """What was served of the accreditor's status list before is kept, as a mirror would."""
        url = f"{parent.institution.status_url}/1"
        self.past[url] = await self.served(url)
        async with transaction(self.installation.wiring.engine) as conn:
            await accrediting.withdraw(conn, parent, edge_id, "it closed", now())

    async def served(self, address: str) -> bytes:
        answer = await self.installation.client.get(address.removeprefix(PUBLIC_URL))
        assert answer.status_code == 200, answer.text
        return answer.content

    async def issue(self, **changes: Any) -> dict[str, Any]:
        order: dict[str, Any] = {
            **ANNA,
            "qualification": "603/7595/4",
            "component": "1",
            "grade": "Merit",
            "awarded_on": date(2026, 6, 26),
            "now": now(),
            **changes,
        }
        async with transaction(self.installation.wiring.engine) as conn:
            issued = await credentials.issue_one(conn, self.college, self.installation.wiring.canonical, **order)
            return strict_json.parse_object(await credentials.document(conn, issued.id))

    async def check(self, credential: dict[str, Any], *, anchored: bool = True) -> AccreditationResult:
        """A stranger's check, over the bytes that are served; anchored as soon as it was issued, or not at all."""
        wiring = self.installation.wiring
        everyone = [one.institution for one in (self.operator, self.board, self.college)]
        documents = {one.did: await self.served(f"{one.page_url}/did.json") for one in everyone}
        documents |= {f"{one.status_url}/1": await self.served(f"{one.status_url}/1") for one in everyone}
        college = self.college.institution
        documents[college.accreditations_url] = await self.served(college.accreditations_url)
        fetched = Fetched(now(), documents[college.did])
        anchored_at, moment = (time_of_issue(credential, None) if anchored else None), now()
        evidence = await gather_accreditation(
            credential,
            fetched,
            publications=DatedPublications(documents, self.past),
            recogniser=TenantList(wiring.engine),
            anchored_at=anchored_at,
            now=moment,
        )
        return accreditation_result(
            evidence,
            credential,
            did.read_document(strict_json.parse_object(documents[college.did]), college.did),
            anchored_at=anchored_at,
            now=moment,
            canonicaliser=wiring.canonical,
        )


@pytest.fixture
async def scheme(installation: Installation) -> Scheme:
    wiring = installation.wiring
    where = {
        "public_url": PUBLIC_URL,
        "chain_id": 31337,
        "contract": str(installation.settings.registry_address),
        "now": now(),
    }
    async with transaction(wiring.engine) as conn:
        assert await find_scheme_operator(conn) is None
        operator = await make_scheme_operator(conn, wiring.keystore, wiring.compiled, name="The Scheme", **where)
        assert await find_scheme_operator(conn) == operator.institution
        board = await credentials.become_issuer(
            conn,
            wiring.keystore,
            wiring.compiled,
            slug="board",
            name="The Board",
            ukprn="",
            role=Role.AWARDING_ORGANISATION,
            recognition_number="RN5133",
            **where,
        )
        college = await credentials.become_issuer(
            conn, wiring.keystore, wiring.compiled, slug="eastham", name="Eastham College", ukprn="10000003", **where
        )
    return Scheme(installation, operator, board, college)


async def test_accredited_then_withdrawn(scheme: Scheme) -> None:
    edge = await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    result = await scheme.check(credential)
    assert (result.finding.code, result.today.outcome) == ("accreditation_ok", Outcome.VALID)
    assert [step.name for step in result.today.path] == ["The Scheme", "Eastham College"]

    await scheme.withdraw(scheme.operator, edge.id)
    result = await scheme.check(credential)
    assert (result.at_issue.outcome, result.today.outcome) == (Outcome.VALID, Outcome.INVALID)
    assert result.finding.code == "accreditation_lapsed_today"
    assert (await scheme.check(credential, anchored=False)).finding.code == "accreditation_time_unproven"
    # Nothing more is issued: a verifier would find it not accredited at issue.
    with pytest.raises(AppError) as refused:
        await scheme.issue(component="2")
    assert refused.value.code == "not_accredited"
    again = await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    assert again.id != edge.id
    assert (await scheme.check(await scheme.issue(component="2"))).finding.code == "accreditation_ok"


async def test_through_an_awarding_organisation(scheme: Scheme) -> None:
    above = await scheme.accredit(scheme.operator, scheme.board, EVERY)
    await scheme.accredit(scheme.board, scheme.college, "hnc-computing", "hnc-mechanical-htq")
    credential = await scheme.issue()
    result = await scheme.check(credential)
    assert [(step.name, step.role) for step in result.today.path] == [
        ("The Scheme", "scheme operator"),
        ("The Board", "awarding organisation"),
        ("Eastham College", "provider"),
    ]
    # A qualification without a number is found by its parts.
    numberless = await scheme.issue(
        qualification="hnc-mechanical-htq", component=await _first_code(scheme, "hnc-mechanical-htq")
    )
    assert (await scheme.check(numberless)).finding.code == "accreditation_ok"

    # Who may no longer accredit takes with it what it granted.
    await scheme.withdraw(scheme.operator, above.id)
    assert (await scheme.check(credential)).finding.code == "accreditation_lapsed_today"
    with pytest.raises(AppError) as refused:
        await scheme.issue(component="2")
    assert refused.value.code == "not_accredited"


async def _first_code(scheme: Scheme, qualification: str) -> str:
    from app.catalogue import service as catalogue

    async with transaction(scheme.installation.wiring.engine) as conn:
        return next(
            unit.code
            for unit in await catalogue.list_units(conn, qualification)
            if unit.is_awardable and "Merit" in unit.grade_scale
        )


async def test_an_awarding_organisation_passes_on_what_it_has_and_for_no_longer(scheme: Scheme) -> None:
    async def refused(parent: Issuer, child: Issuer, *qualifications: str, **changes: Any) -> str:
        with pytest.raises(AppError) as caught:
            await scheme.accredit(parent, child, *qualifications, **changes)
        return caught.value.code

    board, college, operator = scheme.board, scheme.college, scheme.operator
    assert await refused(board, college, "hnc-computing") == "not_accredited_to_accredit"
    until = date(2027, 8, 31)
    await scheme.accredit(operator, board, "hnc-computing", valid_until=until)
    assert await refused(board, college, "tlevel-6105799x", valid_until=until) == "not_accredited_to_accredit"
    assert await refused(board, college, "hnc-computing") == "not_accredited_to_accredit"
    later = until + timedelta(days=1)
    assert await refused(board, college, "hnc-computing", valid_until=later) == "not_accredited_to_accredit"
    assert await refused(college, board, "hnc-computing") == "role_cannot_accredit"
    assert await refused(board, operator, "hnc-computing") == "role_cannot_accredit"
    assert await refused(operator, college, EVERY) == "qualifications_missing"
    assert await refused(operator, college) == "qualifications_missing"
    assert await refused(operator, college, "no-such-thing") == "qualification_unknown"
    assert await refused(operator, college, "hnc-computing", valid_until=date(2025, 1, 1)) == (
        "accreditation_dates_reversed"
    )
    edge = await scheme.accredit(board, college, "hnc-computing", valid_until=until)
    for parent, edge_id, code in (
        (operator, edge.id, "accreditation_unknown"),
        (board, UUID(int=0), "accreditation_unknown"),
        (board, edge.id, None),
        (board, edge.id, "accreditation_withdrawn"),
    ):
        if code is None:
            await scheme.withdraw(parent, edge_id)
            continue
        with pytest.raises(AppError) as caught:
            await scheme.withdraw(parent, edge_id)
        assert caught.value.code == code


async def test_the_list_is_served_with_every_edge_up_to_the_root(scheme: Scheme) -> None:
    college = scheme.college.institution
    empty = json.loads(await scheme.served(college.accreditations_url))
    assert empty == {"type": "AccreditationList", "subject": college.did, "accreditations": []}
    above = await scheme.accredit(scheme.operator, scheme.board, "hnc-computing")
    below = await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    await scheme.withdraw(scheme.board, below.id)

    answer = await scheme.installation.client.get("/i/eastham/accreditations")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    listed = accreditation.read_list(strict_json.parse_object(answer.content), college.did)
    assert [one["id"] for one in listed] == [f"urn:uuid:{edge.id}" for edge in (below, above)]
    # The bytes that were signed, unchanged.
    assert below.document in answer.content

    page = await scheme.installation.client.get("/i/eastham", headers={"Accept": "application/json"})
    assert page.json()["accreditations"] == college.accreditations_url
    assert page.json()["role"] == "provider"
    published = did.read_document(
        strict_json.parse_object(await scheme.served(f"{college.page_url}/did.json")), college.did
    )
    (entity,) = {accreditation.read_accreditation(listed[0]).child}
    assert entity.wallet in published.wallets
    unknown = await scheme.installation.client.get("/i/nowhere/accreditations")
    assert unknown.status_code == 404


async def test_what_stands_behind_an_institution_is_read_together(scheme: Scheme) -> None:
    await scheme.accredit(scheme.operator, scheme.board, "hnc-computing")
    await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    async with transaction(scheme.installation.wiring.engine) as conn:
        behind = await accrediting.published_behind(conn, scheme.college.institution)
    above = (scheme.board.institution, scheme.operator.institution)
    assert behind.accreditors == above
    expected = {scheme.college.institution.accreditations_url}
    expected |= {name for one in above for name in (one.did, f"{one.status_url}/1")}
    assert set(behind.documents) == expected
    assert all(behind.documents.values())


async def test_an_accreditation_is_in_the_accreditors_log(scheme: Scheme) -> None:
    for issuer in (scheme.operator, scheme.board, scheme.college):
        scheme.installation.chain.fund(issuer.identity.wallet.address)
    edge = await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    await scheme.installation.work()
    document = strict_json.parse_object(edge.document)
    proof = data_integrity.read_proof(document)
    digest = anchor_receipt.binding_digest(
        data_integrity.hash_for(proof, document, scheme.installation.wiring.canonical), proof.signature
    )
    async with transaction(scheme.installation.wiring.engine) as conn:
        found = await anchoring.find_receipt(conn, scheme.operator.institution.id, digest)
        assert found is not None
        assert await anchoring.find_receipt(conn, scheme.college.institution.id, digest) is None
    receipt = anchor_receipt.read_receipt(strict_json.parse_object(found))
    assert (receipt.kind, receipt.issuer) == (LeafKind.ACCREDITATION, scheme.operator.institution.did)
    assert receipt.proves_inclusion()


FORGERIES = [
    ("a changed document", "UPDATE accreditation_edges SET document = convert_to(replace(convert_from(document, 'UTF8'), 'Eastham', 'Westham'), 'UTF8')", "is not as it was signed"),
    ("a changed digest", "UPDATE accreditation_edges SET digest = sha256('x')", "is not as it was signed"),
    ("a deleted accreditation", "DELETE FROM accreditation_edges", "belong to no accreditation"),
    ("a deleted entry", "DELETE FROM log_entries WHERE kind = 4", "stands in 0 log entries"),
]  # fmt: skip


async def test_the_audit_finds_every_accreditation(scheme: Scheme) -> None:
    async def faults() -> list[str]:
        async with transaction(wiring.engine) as conn:
            log = await anchoring.log_of(conn, scheme.operator.institution.id)
        places = await places_of(wiring.engine, log, LeafKind.ACCREDITATION)
        return await audit_accreditations(wiring.engine, log.owner, wiring.compiled, places)

    wiring = scheme.installation.wiring
    await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    assert await faults() == []
    address = scheme.installation.settings.secret_database_url()
    for what, change, fault in FORGERIES:
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute("CREATE TABLE kept_edges AS TABLE accreditation_edges")
            conn.execute("CREATE TABLE kept_entries AS TABLE log_entries")
            conn.execute(change)
            found = await faults()
            conn.execute("DELETE FROM accreditation_edges; INSERT INTO accreditation_edges TABLE kept_edges")
            conn.execute("DELETE FROM log_entries; INSERT INTO log_entries TABLE kept_entries")
            conn.execute("DROP TABLE kept_edges, kept_entries")
        assert any(fault in one for one in found), (what, found)


ROLES = [
    ({"role": Role.PROVIDER, "ukprn": ""}, "ukprn_format"),
    ({"role": Role.AWARDING_ORGANISATION, "ukprn": "1"}, "ukprn_format"),
    ({"role": Role.AWARDING_ORGANISATION, "ukprn": "", "recognition_number": "5133"}, "recognition_number_format"),
    ({"role": Role.PROVIDER, "ukprn": "10000009", "recognition_number": "RN5133"}, "recognition_number_format"),
    ({"role": Role.AWARDING_ORGANISATION, "ukprn": "", "recognition_number": "RN5133"}, "institution_exists"),
    ({"role": Role.AWARDING_ORGANISATION, "ukprn": "10000003"}, "institution_exists"),
]


async def test_the_numbers_of_each_role(scheme: Scheme) -> None:
    wiring = scheme.installation.wiring

    async def register(numbers: dict[str, Any]) -> None:
        async with transaction(wiring.engine) as conn:
            await institutions.register(
                conn,
                wiring.keystore,
                slug="another",
                name="Another",
                public_url=PUBLIC_URL,
                chain_id=31337,
                contract=str(scheme.installation.settings.registry_address),
                now=now(),
                **numbers,
            )

    for numbers, code in ROLES:
        with pytest.raises(AppError) as refused:
            await register(numbers)
        assert refused.value.code == code, numbers
    await register({"role": Role.AWARDING_ORGANISATION, "ukprn": ""})
    async with transaction(wiring.engine) as conn:
        another = await institutions.get(conn, "another")
    # Several without a number stand beside each other.
    assert (another.role, another.ukprn, another.recognition_number) == (Role.AWARDING_ORGANISATION, "", "")


async def test_a_bundle_brings_the_accreditations(scheme: Scheme) -> None:
    edge = await scheme.accredit(scheme.operator, scheme.college, "hnc-computing")
    credential = await scheme.issue()
    number = UUID(credential["id"].removeprefix("urn:uuid:"))
    async with transaction(scheme.installation.wiring.engine) as conn:
        bundle = strict_json.parse_object(await credentials.bundle(conn, number, packs.bytes_at), 1_000_000)
    assert bundle["accreditation"] == [strict_json.parse_object(edge.document)]
