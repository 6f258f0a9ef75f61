"""A college's own domain: one suite for the stand-in and the real resolver, which asks a real name server."""

from collections.abc import Iterator
from contextlib import ExitStack

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from app.adapters.dns import ResolverNames
from app.errors import Refused
from app.institutions.domains import (
    DomainFinding,
    Outcome,
    check_domain,
    check_domain_name,
    record_name,
    records_wanted,
)
from app.institutions.ports import DomainNames
from tests.fakes import MemoryNames
from tests.integration.institutions.name_server import Answer, Records, answering, name_server, refusing, silent

DOMAIN, HOST = "creds.college.ac.uk", "stackmark.example"
NAME = f"_did.{DOMAIN}"
RIGHT = f"did=did:web:{DOMAIN}"


@pytest.fixture(params=["memory", "resolver"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def names(kind: str, stack: ExitStack, texts: list[str], alias: str | None) -> DomainNames:
    """The port, over the same records."""
    if kind == "memory":
        return MemoryNames({NAME: texts}, {DOMAIN: alias} if alias else {})
    records: Records = {
        (NAME, "TXT"): [f'"{text}"' for text in texts],
        (DOMAIN, "CNAME"): [f"{alias}."] if alias else [],
    }
    port, _ = stack.enter_context(name_server(answering(records)))
    return ResolverNames("127.0.0.1", port)


def seen(findings: tuple[DomainFinding, ...]) -> list[tuple[Outcome, str]]:
    return [(finding.outcome, finding.code) for finding in findings]


@pytest.mark.parametrize(
    ("texts", "alias", "binding", "pointing"),
    [
        ([RIGHT], HOST, (Outcome.GOOD, "dns_record_found"), (Outcome.GOOD, "dns_alias_found")),
        (["v=spf1 -all", "did=did:web:old.example", RIGHT], HOST, (Outcome.GOOD, "dns_record_found"), (Outcome.GOOD, "dns_alias_found")),
        ([RIGHT], None, (Outcome.GOOD, "dns_record_found"), (Outcome.HINT, "dns_alias_missing")),
        ([RIGHT], "other.example", (Outcome.GOOD, "dns_record_found"), (Outcome.HINT, "dns_alias_other")),
        ([], HOST, (Outcome.WRONG, "dns_record_missing"), (Outcome.GOOD, "dns_alias_found")),
        (["v=spf1 -all"], HOST, (Outcome.WRONG, "dns_record_missing"), (Outcome.GOOD, "dns_alias_found")),
        (["did=did:web:forger.example"], HOST, (Outcome.WRONG, "dns_record_other"), (Outcome.GOOD, "dns_alias_found")),
        # A record that holds the right one as a part of another is another.
        ([RIGHT + ".forger.example"], HOST, (Outcome.WRONG, "dns_record_other"), (Outcome.GOOD, "dns_alias_found")),
        (["x " + RIGHT], HOST, (Outcome.WRONG, "dns_record_missing"), (Outcome.GOOD, "dns_alias_found")),
    ],
)  # fmt: skip
async def test_what_the_records_say(
    kind: str, stack: ExitStack, texts: list[str], alias: str | None, binding: object, pointing: object
) -> None:
    found = await check_domain(names(kind, stack, texts, alias), DOMAIN, HOST)
    assert seen(found) == [binding, pointing]


def stray(query: dns.message.Message) -> bytes:
    """An answer to another question."""
    other = dns.message.make_query("other.example", "TXT", id=query.id)
    return dns.message.make_response(other, recursion_available=True).to_wire()


def cut_short(query: dns.message.Message) -> bytes:
    """Sends the asker on to TCP, where nobody listens."""
    response = dns.message.make_response(query, recursion_available=True)
    response.flags |= dns.flags.TC
    return response.to_wire()


def circling(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query, recursion_available=True)
    name = query.question[0].name
    response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", name.to_text()))
    return response.to_wire()


def not_ours(query: dns.message.Message) -> bytes:
    """A server that neither knows the name nor looks further."""
    return dns.message.make_response(query, recursion_available=False).to_wire()


CANNOT_TELL: list[tuple[str, Answer]] = [
    ("nobody answers", silent),
    ("DNSSEC does not hold, or the server failed", refusing(dns.rcode.SERVFAIL)),
    ("the server will not", refusing(dns.rcode.REFUSED)),
    ("an answer to another question", stray),
    ("not a DNS message", lambda query: b"\x00" * 5),
    ("cut short, and no TCP", cut_short),
    ("a name that points to itself", circling),
    ("not a resolver", not_ours),
]


@pytest.mark.parametrize("answer", [row[1] for row in CANNOT_TELL], ids=[row[0] for row in CANNOT_TELL])
async def test_what_cannot_be_told_is_neither_good_nor_missing(stack: ExitStack, answer: Answer) -> None:
    port, asked = stack.enter_context(name_server(answer))
    (binding, _) = await check_domain(ResolverNames("127.0.0.1", port, timeout_seconds=0.2), DOMAIN, HOST)
    assert (binding.outcome, binding.code) == (Outcome.UNKNOWN, "dns_unreachable")
    assert 1 <= sum("_did" in question for question in asked) <= 2


async def test_the_stand_in_cannot_tell_either() -> None:
    (binding, pointing) = await check_domain(MemoryNames({}, {}, away=True), DOMAIN, HOST)
    assert (binding.outcome, binding.code) == (Outcome.UNKNOWN, "dns_unreachable")
    assert pointing.outcome is Outcome.HINT


async def test_no_server_at_all_cannot_be_told() -> None:
    (binding, _) = await check_domain(ResolverNames("127.0.0.1", 1, timeout_seconds=0.2), DOMAIN, HOST)
    assert binding.code == "dns_unreachable"


async def test_a_record_behind_an_alias_counts(stack: ExitStack) -> None:
    records: Records = {(NAME, "CNAME"): ["_did.elsewhere.example."], ("_did.elsewhere.example", "TXT"): [f'"{RIGHT}"']}
    port, _ = stack.enter_context(name_server(answering(records)))
    (binding, _) = await check_domain(ResolverNames("127.0.0.1", port), DOMAIN, HOST)
    assert binding.code == "dns_record_found"


async def test_a_text_in_pieces_is_one_text(stack: ExitStack) -> None:
    records: Records = {(NAME, "TXT"): [f'"{RIGHT[:9]}" "{RIGHT[9:]}"']}
    port, _ = stack.enter_context(name_server(answering(records)))
    assert (await ResolverNames("127.0.0.1", port).texts(NAME)).values == (RIGHT,)


@pytest.mark.parametrize("signed", [True, False])
async def test_whether_dnssec_held_is_reported(stack: ExitStack, signed: bool) -> None:
    port, _ = stack.enter_context(name_server(answering({(NAME, "TXT"): [f'"{RIGHT}"']}, signed=signed)))
    findings = await check_domain(ResolverNames("127.0.0.1", port), DOMAIN, HOST)
    assert [finding.validated for finding in findings] == [signed, signed]


async def test_what_a_stranger_writes_in_his_records_does_not_act_on_a_terminal(stack: ExitStack) -> None:
    port, _ = stack.enter_context(name_server(answering({(NAME, "TXT"): [r'"did=\027[2J\010x"']})))
    (binding, _) = await check_domain(ResolverNames("127.0.0.1", port), DOMAIN, HOST)
    assert binding.code == "dns_record_other"
    assert binding.sentence.isprintable()


@pytest.mark.parametrize(
    "domain",
    ["", "localhost", "Creds.college.ac.uk", "creds.college.ac.uk.", "creds.college.ac.uk:8443", "127.0.0.1", "1.2.3.4",
     "a..uk", "-a.uk", "a-.uk", "a_b.uk", "a.uk/x", "xn--.uk\n", "é.uk", "a" * 64 + ".uk", "a." * 127 + "uk"],
)  # fmt: skip
def test_what_is_no_domain_of_a_college(domain: str) -> None:
    with pytest.raises(Refused) as refused:
        check_domain_name(domain)
    assert refused.value.code == "domain_invalid"


def test_the_records_wanted_are_those_that_are_looked_for() -> None:
    check_domain_name(DOMAIN)
    text, alias = records_wanted(DOMAIN, HOST)
    assert text == f'{record_name(DOMAIN)}. IN TXT "{RIGHT}"'
    assert alias == f"{DOMAIN}. IN CNAME {HOST}."
