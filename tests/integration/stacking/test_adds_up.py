"""A real award as a stranger sees it: over HTTP, from a bundle with nobody to ask, and as a table in a terminal."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.catalogue import service as catalogue
from app.credentials import issuing, records
from app.credentials import service as credentials
from app.credentials.documents import award_achievement
from app.credentials.model import Credential, CredentialKind, Order
from app.database import transaction
from app.institutions.model import published_wallet
from app.stacking import packs
from app.standards.open_badge import Part, digest_sri
from app.verification.report import Report
from app.verifying import verify_file
from app.wiring import now
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation
from tests.integration.stacking.classroom import UNITS, award, awards, issue_units, withdraw
from tests.integration.test_command_line import OUTSIDE, REFUSED, Terminal, served, terminal_of

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}


async def awarded(installation: Installation, grades: str = "PPPPMMDD") -> tuple[dict[str, Credential], Credential]:
    units = await issue_units(installation, grades)
    assert await award(installation, units["1"].learner_id) == 1
    (made,) = await awards(installation)
    return units, made


async def report_on(installation: Installation, number: UUID) -> dict[str, Any]:
    answer = await installation.client.get(f"/verify/{number}", headers=JSON)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def adds_up(report: dict[str, Any]) -> dict[str, Any]:
    return next(check for check in report["checks"] if check["check"] == "adds_up")


@pytest.fixture
def issuers(installation: Installation, tmp_path: Path) -> Path:
    """A stranger's own list: who the college is, and with which key it signs."""
    folder = tmp_path / "issuers"
    folder.mkdir()
    identity = installation.issuer.identity
    statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
    (folder / "northgate.json").write_text(json.dumps(statement), encoding="utf-8")
    return folder


@contextmanager
def counted(installation: Installation) -> Iterator[list[str]]:
    """The statements that go to the database over the engine."""
    said: list[str] = []
    engine = installation.client._transport.app.state  # type: ignore[attr-defined]
    watched = engine.wiring.engine.sync_engine

    def note(conn: Any, cursor: Any, statement: str, *others: Any) -> None:
        said.append(statement)

    event.listen(watched, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(watched, "before_cursor_execute", note)


async def test_an_award_is_shown_with_each_addition(installation: Installation) -> None:
    units, made = await awarded(installation)
    report = await report_on(installation, made.id)
    assert (report["verdict"], adds_up(report)["code"]) == ("valid", "adds_up_ok")
    assert adds_up(report)["sentence"] == "The 8 parts were checked one by one and add up to 120 credits: Merit."
    assert {one["credential"] for one in report["additions"]} == {unit.uri for unit in units.values()}
    assert sum(one["credits"] for one in report["additions"]) == 120
    shown = (await installation.client.get(f"/verify/{made.id}", headers=PAGE)).text
    assert "Made of these 8 parts" in shown
    assert "Pass, 15 credits, Core units" in shown
    assert "add up to 120 credits: Merit." in shown
    # What is no award says nothing about a sum.
    single = (await installation.client.get(f"/verify/{units['1'].id}", headers=PAGE)).text
    assert "Sum of the parts" not in single


async def test_the_parts_are_read_in_one_question(installation: Installation) -> None:
    _, made = await awarded(installation)
    await report_on(installation, made.id)
    with counted(installation) as said:
        await report_on(installation, made.id)
    assert len([statement for statement in said if "credentials" in statement]) == 1


async def test_a_withdrawn_part_ends_the_award_for_whoever_looks(installation: Installation) -> None:
    units, made = await awarded(installation)
    await withdraw(installation, units["4"].id, "malpractice")
    report = await report_on(installation, made.id)
    assert (report["verdict"], adds_up(report)["code"]) == ("was valid", "part_withdrawn")
    assert adds_up(report)["sentence"].startswith("Database Design & Development no longer holds.")
    shown = (await installation.client.get(f"/verify/{made.id}", headers=PAGE)).text
    assert "Genuine, but a part of it no longer holds" in shown


async def test_a_stranger_does_the_sum_offline_and_sees_each_addition(
    installation: Installation, issuers: Path, tmp_path: Path
) -> None:
    units, made = await awarded(installation)
    await installation.work()
    data = await installation.bundle(made.id)
    assert packs.pack_bytes("hnc-computing-2022", 2).decode() in json.loads(data)["rules"].values()
    nobody = Terminal(tmp_path, {"CONTRACTS_DIR": str(installation.settings.contracts_dir)})
    file = nobody.write("award.json", data)
    where = ("--offline", "--issuers", issuers)
    said = await asyncio.to_thread(nobody.run, "stack", "verify", file, *where)
    assert said.startswith("VALID This credential is genuine and in force.")
    assert "The 8 parts were checked one by one and add up to 120 credits: Merit. (adds_up_ok)" in said
    told = json.loads(await asyncio.to_thread(nobody.run, "verify", file, *where, "--json"))
    assert told["verdict"] == "valid"
    assert [one["credits"] for one in told["additions"]] == [15] * 8

    # One word of one part changed in the file.
    bundle = json.loads(data)
    part = bundle["parts"][units["1"].uri]
    part["document"] = part["document"].replace('"value":"Pass"', '"value":"Distinction"')
    forged = nobody.write("forged.json", json.dumps(bundle))
    said = await asyncio.to_thread(nobody.run, "stack", "verify", forged, *where, expect=REFUSED)
    assert "Programming is not, word for word, what the award was made of. (part_changed)" in said

    # Without its parts there is nobody to ask.
    del bundle["parts"]
    bare = nobody.write("bare.json", json.dumps(bundle))
    said = await asyncio.to_thread(nobody.run, "stack", "verify", bare, *where, expect=OUTSIDE)
    assert "(part_missing)" in said

    unit = nobody.write("unit.json", await installation.bundle(units["1"].id))
    said = await asyncio.to_thread(nobody.run, "stack", "verify", unit, *where, expect=REFUSED)
    assert (
        said
        == "Refused: There is no award made of parts in this file. Check it with: stackmark verify (not_an_award)\n"
    )


async def test_a_stranger_fetches_the_parts_and_the_rules_and_makes_a_bundle_of_them(
    installation: Installation, issuers: Path, tmp_path: Path
) -> None:
    _, made = await awarded(installation)
    terminal = terminal_of(installation, tmp_path)
    nobody = Terminal(tmp_path, {"CONTRACTS_DIR": str(installation.settings.contracts_dir)}, terminal.secrets)
    document = (await installation.client.get(f"/credentials/{made.id}", headers=JSON)).content
    file, bundle = nobody.write("award.json", document), tmp_path / "bundle.json"

    def outside() -> tuple[str, str]:
        with served(terminal) as address:
            where = ("--issuers", issuers, "--served-at", address)
            said = nobody.run("stack", "verify", file, *where)
            return said, nobody.run("bundle", file, "--into", bundle, "--served-at", address)

    said, written = await asyncio.to_thread(outside)
    assert "The 8 parts were checked one by one and add up to 120 credits: Merit. (adds_up_ok)" in said
    # Nothing is anchored yet; all else is in the file.
    assert "rules" not in written.partition("Not in it")[2]
    # Nobody serves any more.
    said = await asyncio.to_thread(nobody.run, "stack", "verify", bundle, "--offline", "--issuers", issuers)
    assert said.startswith("VALID ")
    said = await asyncio.to_thread(nobody.run, "stack", "verify", file, "--issuers", issuers, expect=OUTSIDE)
    assert said.startswith("CANNOT TELL ")


async def shared(installation: Installation) -> tuple[list[Credential], Credential]:
    """(the units at each of two colleges, the award that the first makes of them by the rules of their partnership)."""
    wiring, when = installation.wiring, {"grade": "Merit", "awarded_on": date(2026, 9, 14)}
    units = [await installation.issue_one(component=unit, **when) for unit in UNITS[:4]]
    pack = packs.find_pack("hnc-computing-partnership", 1)
    async with transaction(wiring.engine) as conn:
        other = await wiring.issuer(conn, installation.other.institution.id)
        order: dict[str, Any] = {**ANNA, "qualification": "603/7595/4", "now": now(), **when}
        units += [
            await credentials.issue_one(conn, other, wiring.canonical, component=unit, **order) for unit in UNITS[4:]
        ]
        issuer = await wiring.issuer(conn, installation.issuer.institution.id)
        qualification = await catalogue.get_qualification(conn, pack.qualification_id)
        documents = await credentials.documents(conn, [unit.id for unit in units])
        named = [Part(unit.uri, digest_sri(documents[unit.id]), "application/vc") for unit in units]
        rule_set = Part(PUBLIC_URL + pack.path, digest_sri(packs.pack_bytes(pack.id, 1)), "application/json")
        assert units[0].learner_id is not None
        learner = await credentials.get_learner(conn, issuer.institution.id, units[0].learner_id)
        wanted = Order(
            learner=learner,
            achievement=award_achievement(issuer.institution, qualification, pack.award_grades),
            kind=CredentialKind.AWARD,
            qualification_id=pack.qualification_id,
            unit_id=None,
            grade="Merit",
            credits_earned=120,
            awarded_on=date(2026, 9, 14),
            parts=(*named, rule_set),
            part_ids=tuple(unit.id for unit in units),
        )
        ids = await issuing.prepare(conn, issuer, [wanted], now())
        await issuing.sign_prepared(conn, issuer, wiring.canonical, now(), ids)
    (made,) = await awards(installation)
    return units, made


async def test_each_part_is_verified_by_the_key_and_the_list_of_its_own_college(
    installation: Installation, issuers: Path
) -> None:
    units, made = await shared(installation)
    report = await report_on(installation, made.id)
    assert (report["verdict"], adds_up(report)["code"]) == ("valid", "adds_up_ok")
    colleges = {one["credential"]: one["issuer"] for one in report["additions"]}
    assert [colleges[unit.uri] for unit in units] == ["Northgate College (test)"] * 4 + ["Southport College (test)"] * 4
    assert "4 of them came from another college" in adds_up(report)["sentence"]

    async def offline() -> Report:
        return await verify_file(
            await installation.bundle(made.id),
            rpc_urls=[],
            issuers=issuers,
            served_at=None,
            offline=True,
            base=installation.settings,
        )

    # A stranger who does not know the second college cannot tell.
    assert (await offline()).finding("adds_up").code == "part_unclear"
    identity = installation.other.identity
    statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
    (issuers / "southport.json").write_text(json.dumps(statement), encoding="utf-8")
    found = await offline()
    assert (found.verdict, found.finding("adds_up").code) == ("valid", "adds_up_ok")

    async with transaction(installation.wiring.engine) as conn:
        other = await installation.wiring.issuer(conn, installation.other.institution.id)
        await credentials.revoke(conn, other, units[-1].id, reason="malpractice", now=now())
    report = await report_on(installation, made.id)
    assert (report["verdict"], adds_up(report)["code"]) == ("was valid", "part_withdrawn")
    found = await offline()
    assert (found.verdict, found.finding("adds_up").code) == ("was valid", "part_withdrawn")


async def test_a_bundle_of_after_a_withdrawal_shows_it(installation: Installation, issuers: Path) -> None:
    units, made = await awarded(installation)
    await withdraw(installation, units["4"].id, "malpractice")
    report = await verify_file(
        await installation.bundle(made.id),
        rpc_urls=[],
        issuers=issuers,
        served_at=None,
        offline=True,
        base=installation.settings,
    )
    assert (report.verdict, report.finding("adds_up").code) == ("was valid", "part_withdrawn")


async def test_a_bare_award_handed_in_is_checked_like_a_published_one(installation: Installation) -> None:
    _, made = await awarded(installation)
    document = (await installation.client.get(f"/credentials/{made.id}", headers=JSON)).content
    answer = await installation.client.post(
        "/verify", content=document, headers={**JSON, "Content-Type": "application/json"}
    )
    assert adds_up(answer.json())["code"] == "adds_up_ok"


async def test_a_record_that_holds_the_award_and_its_parts_brings_them(installation: Installation) -> None:
    units, _ = await awarded(installation)
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        learner_id = units["1"].learner_id
        assert learner_id is not None
        made = await records.issue_record(conn, issuer, installation.wiring.canonical, learner_id, now=now())
    report = await report_on(installation, made.id)
    assert report["verdict"] == "valid"
    codes = [adds_up(one)["code"] for one in report["credentials"]]
    assert sorted(codes) == ["adds_up_ok"] + ["not_stacked"] * 8
