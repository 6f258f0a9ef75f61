"""Each call to the outside of a real verification fails, hangs or lies, over real sockets: never green for it.

One credential for which everything matters: its key was lost since, so that the register must show that it is older,
the college's history which key it was, and the scheme that the college was accredited.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from eth_utils.crypto import keccak

from app.adapters.contexts import canonicaliser
from app.adapters.evm import EvmChain
from app.adapters.publications import MAX_STATUS_LIST, HttpPublications
from app.adapters.recognition import TenantList
from app.adapters.registry import registry_of
from app.credentials import accrediting, keys
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.institutions import upkeep
from app.standards import anchor_receipt, status_list
from app.standards.compiled_shape import ShapeCache
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.report import Anchoring, Level, Report, Verdict
from app.wiring import now
from tests.integration.conftest import PUBLIC_URL, Foundation, Installation, fresh_installation
from tests.integration.verification import misbehaving
from tests.integration.verification.misbehaving import Node, Page, changed, says

# Seconds to wait for what never comes: long enough for all else to come, even on a busy machine.
PATIENCE = 4.0
NO, TELL = Verdict.NOT_VALID, Verdict.CANNOT_TELL
FORM = ShapeCache(canonicaliser())


@dataclass(frozen=True)
class There:
    """What is published, by path; `calls` are the questions a verification asks, by what they are about."""

    installation: Installation
    submission: Submission
    pages: Mapping[str, bytes]
    calls: Mapping[str, str]
    older: Mapping[str, bytes]
    others: Mapping[str, bytes]
    now: datetime

    async def report(
        self, faults: Mapping[str, Page], *, bad_node: Node | None = None, witness: bool = False, within: float = 30
    ) -> Report:
        real = self.installation.chain.rpc_url
        settings = self.installation.settings
        async with misbehaving.website(self.pages, faults) as site, misbehaving.node(real, bad_node) as node:
            chains = [
                EvmChain(url, "finalized", settings.contracts_dir) for url in ([real, node] if witness else [node])
            ]
            try:
                return await verify.verify(
                    self.submission,
                    publications=HttpPublications(allow_localhost=True, served_at=site),
                    registry=registry_of(chains),
                    recogniser=TenantList(self.installation.wiring.engine),
                    canonicaliser=FORM,
                    now=self.now,
                    within=within,
                )
            finally:
                for chain in chains:
                    await chain.close()

    async def each(self, fault: Page | Mapping[str, Page], within: float = 30) -> dict[str, tuple[Verdict, str]]:
        """For every call: the verdict when that one answers so, and the code of the finding that needed it."""
        reports = await asyncio.gather(
            *(
                self.report({path: fault[name] if isinstance(fault, Mapping) else fault}, within=within)
                for name, path in self.calls.items()
            )
        )
        return {
            name: (report.verdict, report.finding(CHECKS[name]).code)
            for name, report in zip(self.calls, reports, strict=True)
        }


CHECKS = {
    "keys": "issuer_key",
    "keys of then": "issuer_key",
    "list": "status",
    "accreditations": "accreditation",
    "accreditor's keys": "accreditation",
    "accreditor's list": "accreditation",
}


@pytest_asyncio.fixture(scope="module")
async def there(foundation: Foundation) -> AsyncIterator[There]:
    async with fresh_installation(foundation) as installation:
        wiring, college = installation.wiring, installation.issuer.institution
        async with transaction(wiring.engine) as conn:
            operator = await make_scheme_operator(
                conn,
                wiring.keystore,
                wiring.compiled,
                name="The Scheme",
                public_url=PUBLIC_URL,
                chain_id=31337,
                contract=str(installation.settings.registry_address),
                now=now(),
            )
            await accrediting.accredit(
                conn, operator, college, ["hnc-computing"], valid_from=date(2020, 9, 1), now=now()
            )
        installation.chain.fund(operator.identity.wallet.address)
        credential = await installation.issue_one()
        await installation.work()
        bundle = json.loads(await installation.bundle(credential.id))
        entry = status_list.read_entry(bundle["credential"])
        assert entry is not None
        list_path = entry[0].removeprefix(PUBLIC_URL)
        calls = {
            "keys": f"/i/{college.slug}/did.json",
            "keys of then": f"/i/{college.slug}/did.json?version",
            "list": list_path,
            "accreditations": college.accreditations_url.removeprefix(PUBLIC_URL),
            "accreditor's keys": f"/i/{operator.institution.slug}/did.json",
            "accreditor's list": f"/i/{operator.institution.slug}/status/1",
        }

        async def served(path: str) -> bytes:
            answer = await installation.client.get(path)
            assert answer.status_code == 200, answer.text
            return answer.content

        older = {name: await served(path) for name, path in calls.items() if "?" not in path}
        lost = max(now(), anchor_receipt.read_receipt(bundle["anchorReceipt"]).block_time) + timedelta(hours=1)
        moment = lost + timedelta(hours=1)
        async with transaction(wiring.engine) as conn:
            await upkeep.hold(conn, college.id)
            await keys.compromise(conn, wiring.keystore, wiring.compiled, college.id, since=lost, now=moment)
        receipt = json.loads(await installation.bundle(credential.id))["anchorReceipt"]
        pages = {path: await served(path) for path in calls.values() if "?" not in path}
        pages[calls["keys of then"]] = older["keys"]
        other = installation.other.institution
        others = {
            "keys": await served(f"/i/{other.slug}/did.json"),
            "keys of then": await served(f"/i/{other.slug}/did.json"),
            "list": pages[calls["accreditor's list"]],
            "accreditations": await served(other.accreditations_url.removeprefix(PUBLIC_URL)),
            "accreditor's keys": await served(f"/i/{other.slug}/did.json"),
            "accreditor's list": pages[list_path],
        }
        yield There(installation, Submission(bundle["credential"], receipt), pages, calls, older, others, moment)


async def test_everybody_answers(there: There) -> None:
    report = await there.report({})
    assert (report.verdict, report.anchoring, report.level) == (Verdict.VALID, Anchoring.ANCHORED, Level.CHAIN)
    assert report.finding("signing_time").code == "signed_before_compromise"
    assert report.finding("accreditation").code == "accreditation_ok"


def row(
    keys: str, listed: str, accreditations: str, their_keys: str, their_list: str
) -> dict[str, tuple[Verdict, str]]:
    """All of them "cannot tell", with these codes."""
    codes = (keys, keys, listed, accreditations, their_keys, their_list)
    return {name: (TELL, code) for name, code in zip(CHECKS, codes, strict=True)}


def unhad(code: str) -> dict[str, tuple[Verdict, str]]:
    away = "accreditation_unreachable"
    return row(code, code, away, away, "accreditation_status_unknown")


def unreadable(listed: str) -> dict[str, tuple[Verdict, str]]:
    return row(
        "did_document_unreadable",
        listed,
        "accreditation_list_malformed",
        "accreditation_unreachable",
        "accreditation_status_unknown",
    )


BAD: Mapping[str, tuple[Page, dict[str, tuple[Verdict, str]]]] = {
    "refuses": (misbehaving.refuses, unhad("publication_unreachable")),
    "is cut off": (misbehaving.is_cut_off, unhad("publication_unreachable")),
    "never ends": (misbehaving.never_ends, unhad("publication_too_large")),
    "a huge page": (says("200 OK", b" " * (MAX_STATUS_LIST + 1)), unhad("publication_too_large")),
    "an error": (says("500 Internal Server Error"), unhad("publication_missing")),
    "not found": (says("404 Not Found"), unhad("publication_missing")),
    "too many requests": (says("429 Too Many Requests"), unhad("publication_missing")),
    "gone": (says("410 Gone"), unhad("publication_missing")),
    "nothing new": (says("304 Not Modified"), unhad("publication_missing")),
    "part of it": (says("206 Partial Content"), unhad("publication_missing")),
    "a redirect to loopback": (says("302 Found", b"", "Location: http://127.0.0.1:1/"), unhad("publication_missing")),
    "a redirect elsewhere": (says("301 Moved Permanently", b"", "Location: https://example.org/"), unhad("publication_missing")),
    "said to be packed": (says("200 OK", None, "Content-Encoding: gzip"), unhad("publication_unreachable")),
    "a page for people": (says("200 OK", b"<html>Sign in</html>", "Content-Type: text/html"), unreadable("malformed_json")),
    "an empty page": (says("200 OK", b""), unreadable("malformed_json")),
    "a list": (changed(lambda document: [document]), unreadable("not_an_object")),
    "an empty object": (changed(lambda document: {}), unreadable("status_list_malformed")),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
async def test_a_host_misbehaves(there: There, fault: str) -> None:
    page, expected = BAD[fault]
    assert await there.each(page) == expected


@pytest.mark.parametrize("hang", [misbehaving.hangs, misbehaving.hangs_in_the_middle, misbehaving.drips])
async def test_a_host_that_hangs_is_given_up_by_the_deadline(there: There, hang: Page) -> None:
    assert await there.each(hang, within=PATIENCE) == unhad("publication_timeout")


async def test_another_type_of_content_changes_nothing_of_what_is_signed(there: There) -> None:
    found = await there.each(says("200 OK", None, "Content-Type: text/plain"))
    assert {verdict for verdict, _ in found.values()} == {Verdict.VALID}


async def test_a_page_of_another_institution(there: There) -> None:
    found = await there.each({name: says("200 OK", page) for name, page in there.others.items()})
    assert found == {
        "keys": (TELL, "did_document_unreadable"),
        "keys of then": (TELL, "did_document_unreadable"),
        "list": (TELL, "status_list_unsigned"),
        "accreditations": (NO, "accreditation_of_other"),
        "accreditor's keys": (TELL, "accreditation_unreachable"),
        "accreditor's list": (TELL, "accreditation_status_unknown"),
    }


async def test_an_older_page(there: There) -> None:
    """What was published before the key was lost; for the history, the page of today."""
    report = await there.report({there.calls["keys"]: says("200 OK", there.older["keys"])})
    # The lists were signed again with a key that the older page does not have.
    assert (report.verdict, report.finding("status").code) == (TELL, "status_list_unsigned")
    today = says("200 OK", there.pages[there.calls["keys"]])
    report = await there.report({there.calls["keys of then"]: today})
    assert (report.verdict, report.finding("issuer_key").code) == (TELL, "history_missing")
    report = await there.report({there.calls["list"]: says("200 OK", there.older["list"])})
    assert (report.verdict, report.finding("status").code) == (TELL, "status_list_unsigned")


def first_letter(document: Any) -> Any:
    """One letter of one signed word, or of one key, changed."""
    text = json.dumps(document)
    for name in ("publicKeyMultibase", "encodedList", "legalName", "name"):
        place = text.find(f'"{name}": "')
        if place >= 0:
            at = place + len(name) + 12
            return json.loads(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])
    raise LookupError("nothing to change")


async def test_one_letter_of_a_page_is_changed(there: There) -> None:
    found = await there.each(changed(first_letter))
    assert {name: verdict for name, (verdict, _) in found.items() if verdict not in (NO, TELL)} == {}


async def test_an_emptied_list_of_accreditations(there: There) -> None:
    emptied = changed(lambda document: document.update(accreditations=[]))
    report = await there.report({there.calls["accreditations"]: emptied})
    assert (report.verdict, report.finding("accreditation").code) == (TELL, "accreditation_missing")


ANCHORED_AT = "0x" + keccak(text="anchoredAt(address,bytes32)")[:4].hex()


def recorded_at(moment: int) -> Node:
    """Tells the truth but for when a root was recorded."""

    async def answer(method: str, params: list[Any], ask: Callable[[list[Any]], Awaitable[Any]]) -> Any:
        if method == "eth_call" and params[0]["data"].startswith(ANCHORED_AT):
            return "0x" + moment.to_bytes(32).hex()
        return await ask(params)

    return answer


READS = ("eth_chainId", "eth_getCode", "eth_call")


def on(read: str, said: Any) -> Node:
    async def bad(method: str, params: list[Any], ask: Any) -> Any:
        return said if method == read else await ask(params)

    return bad


def hanging_on(read: str) -> Node:
    async def bad(method: str, params: list[Any], ask: Any) -> Any:
        return await (asyncio.Event().wait() if method == read else ask(params))

    return bad


def asking_instead(edit: Any) -> Node:
    """The node answers, truly, another question about the register."""

    async def bad(method: str, params: list[Any], ask: Any) -> Any:
        return await ask(edit(json.loads(json.dumps(params))) if method == "eth_call" else params)

    return bad


def at_block(block: str) -> Any:
    return lambda params: [params[0], block]


def of_data(start: int, value: str) -> Any:
    def edit(params: list[Any]) -> list[Any]:
        data = params[0]["data"]
        return [{**params[0], "data": data[:start] + value + data[start + len(value) :]}, params[1]]

    return edit


NODES: list[tuple[str, Node, str, Verdict]] = [
    *((f"{read}: no result", on(read, None), code, TELL) for read, code in zip(READS, ("chain_answer_unreadable", "chain_answer_unreadable", "chain_error"), strict=True)),
    *((f"{read}: no JSON", on(read, b"<html>"), "chain_unreachable", TELL) for read in READS),
    *((f"{read}: cut short", on(read, b'{"jsonrpc":"2.0","id":1,"res'), "chain_unreachable", TELL) for read in READS),
    *((f"{read}: nothing", on(read, b""), "chain_unreachable", TELL) for read in READS),
    *((f"{read}: a list", on(read, b"[]"), "chain_answer_unreadable", TELL) for read in READS),
    *((f"{read}: an error", on(read, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'), "chain_error", TELL) for read in READS),
    *((f"{read}: an object", on(read, {}), "chain_answer_unreadable", TELL) for read in READS),
    ("another chain", on("eth_chainId", "0x1"), "chain_other", TELL),
    ("another contract", on("eth_getCode", "0x6000"), "registry_unknown", TELL),
    ("no contract", on("eth_getCode", "0x"), "registry_unknown", TELL),
    ("two words for one", on("eth_call", "0x" + "00" * 31 + "01" + "00" * 32), "chain_error", TELL),
    ("a time after all time", on("eth_call", "0x" + (2**63).to_bytes(32).hex()), "chain_answer_unreadable", TELL),
    # A node that is behind, or speaks of something else, says that there is no such entry: then a key that was lost is
    # all there is, and what it signed is refused.
    ("a node that is behind", asking_instead(at_block("0x1")), "root_not_recorded", NO),
    ("an earlier root", asking_instead(of_data(74, "11" * 32)), "root_not_recorded", NO),
    ("another wallet's entry", asking_instead(of_data(34, "11" * 20)), "root_not_recorded", NO),
    ("a time after the theft", recorded_at(4_000_000_000), "chain_ok", NO),
]  # fmt: skip


@pytest.mark.parametrize(("what", "bad", "code", "verdict"), NODES, ids=[one[0] for one in NODES])
async def test_a_node_misbehaves(there: There, what: str, bad: Node, code: str, verdict: Verdict) -> None:
    report = await there.report({}, bad_node=bad)
    assert (report.verdict, report.finding("chain").code) == (verdict, code)


@pytest.mark.parametrize("read", READS)
async def test_a_node_that_hangs_is_given_up_by_the_deadline(there: There, read: str) -> None:
    report = await there.report({}, bad_node=hanging_on(read), within=PATIENCE)
    assert (report.verdict, report.finding("chain").code) == (TELL, "chain_timeout")


async def test_a_node_that_makes_up_an_earlier_time_is_found_out_by_a_witness(there: There) -> None:
    earlier = recorded_at(1_500_000_000)
    report = await there.report({}, bad_node=earlier, witness=True)
    assert (report.verdict, report.finding("chain").code) == (TELL, "chain_disagrees")
    for bad in (on("eth_chainId", None), hanging_on("eth_call")):
        report = await there.report({}, bad_node=bad, witness=True, within=PATIENCE)
        assert (report.verdict, report.anchoring) == (TELL, Anchoring.UNKNOWN)
