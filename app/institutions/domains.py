"""A college's own domain: what its DNS must say before we speak in its name, and what was found there.

Pure but for the port it is given. A record that is not there, one that names somebody else, and a name server that
does not answer are three findings, never an exception: the last one is "cannot tell".
"""

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum

from app.errors import Refused
from app.institutions.ports import DnsAnswer, DomainNames

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# A last label of digits alone would be read as an IP address, which did:web does not allow.
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.ASCII)


class Outcome(StrEnum):
    """What a look at a domain's records showed."""

    GOOD = "good"
    WRONG = "wrong"
    HINT = "hint"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class DomainFinding:
    """One thing seen: a stable code and a sentence for people. `validated` as in the answer it rests on."""

    outcome: Outcome
    code: str
    sentence: str
    validated: bool = False


def check_domain_name(domain: str) -> None:
    """Raises `Refused("domain_invalid")` unless `domain` is a full host name in small letters, without a port."""
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise Refused("domain_invalid", "The domain must look like creds.college.ac.uk, in small letters.")


def own_did(domain: str) -> str:
    """The DID of an institution at the root of its own domain (did:web)."""
    return f"did:web:{domain}"


def record_name(domain: str) -> str:
    return f"_did.{domain}"


def records_wanted(domain: str, our_host: str) -> tuple[str, ...]:
    """The records the college creates, as lines of a zone file. `our_host`: where this service answers."""
    return (
        f'{record_name(domain)}. IN TXT "did={own_did(domain)}"',
        f"{domain}. IN CNAME {our_host}.",
    )


async def check_domain(names: DomainNames, domain: str, our_host: str) -> tuple[DomainFinding, ...]:
    """What the domain's records say: the binding to its DID first, then, as a hint, whether it points here."""
    texts, alias = await asyncio.gather(names.texts(record_name(domain)), names.alias(domain))
    return _binding(domain, texts), _pointing(domain, our_host, alias)


def _binding(domain: str, answer: DnsAnswer) -> DomainFinding:
    """Without it: whoever runs the web server of a domain for a day binds it to keys of his own for ever."""
    name, wanted = record_name(domain), f"did={own_did(domain)}"
    if answer.failure:
        return DomainFinding(Outcome.UNKNOWN, "dns_unreachable", f"{name} could not be looked up: {answer.failure}")
    named = [value.strip() for value in answer.values if value.strip().startswith("did=")]
    if wanted in named:
        return DomainFinding(
            Outcome.GOOD, "dns_record_found", f"{name} names {own_did(domain)}.", validated=answer.validated
        )
    if named:
        return DomainFinding(
            Outcome.WRONG,
            "dns_record_other",
            f"{name} names another identifier: {_shown(named[0])}.",
            validated=answer.validated,
        )
    return DomainFinding(
        Outcome.WRONG, "dns_record_missing", f"{name} has no record that names a DID.", validated=answer.validated
    )


def _pointing(domain: str, our_host: str, answer: DnsAnswer) -> DomainFinding:
    # A hint alone: a domain may as well point here with addresses, or through a proxy of the college.
    if answer.failure:
        return DomainFinding(Outcome.HINT, "dns_alias_unreachable", f"{domain} could not be looked up.")
    if our_host in answer.values:
        return DomainFinding(Outcome.GOOD, "dns_alias_found", f"{domain} points to {our_host}.", answer.validated)
    if answer.values:
        found = f"{domain} points to {_shown(answer.values[0])}, not to {our_host}."
        return DomainFinding(Outcome.HINT, "dns_alias_other", found, answer.validated)
    return DomainFinding(
        Outcome.HINT, "dns_alias_missing", f"{domain} does not point to {our_host} by name.", answer.validated
    )


def _shown(value: str) -> str:
    # Anybody may have written it: nothing of it may act on a terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in value[:120])
