"""CreditTransferAgreement v1: an institution's signed word which credit it takes from another one, and how much.

Our own format, secured with eddsa-jcs-2022 by the institution that takes. It names institutions and units, and nobody.
What was awarded from the first to the last of its days is covered, later too; an agreement that ends is signed again
with its last day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.standards.vc import parse_timestamp, timestamp

KIND = "CreditTransferAgreement"
MAX_NAMED = 500
_MEMBERS = frozenset(
    {"type", "version", "id", "issuer", "takesFrom", "qualifications", "units", "mostCredits", "from", "until", "made"}
)


@dataclass(frozen=True, slots=True)
class CreditTransferAgreement:
    """An agreement that was read; its signature is still unchecked.

    `issuer` and `takes_from` are DIDs. `qualifications` and `units` are addresses of a catalogue: all units of the
    first, and the second besides. `most_credits` None = no cap. Both days are included; `until` None = no end yet.
    """

    id: str
    issuer: str
    takes_from: str
    qualifications: tuple[str, ...]
    units: tuple[str, ...]
    most_credits: int | None
    since: date
    until: date | None
    made: datetime


def unsigned(agreement: CreditTransferAgreement) -> dict[str, Any]:
    """The agreement as JSON, ready for eddsa-jcs-2022."""
    return {
        "type": KIND,
        "version": "1",
        "id": agreement.id,
        "issuer": agreement.issuer,
        "takesFrom": agreement.takes_from,
        "qualifications": list(agreement.qualifications),
        "units": list(agreement.units),
        "mostCredits": agreement.most_credits,
        "from": agreement.since.isoformat(),
        "until": None if agreement.until is None else agreement.until.isoformat(),
        "made": timestamp(agreement.made),
    }


def read(document: Mapping[str, Any]) -> CreditTransferAgreement:
    """Raises `ValueError` for any member that is missing, misshapen, or not part of version 1."""
    if document.get("type") != KIND or document.get("version") != "1":
        raise ValueError("not a credit transfer agreement of a known kind")
    if set(document) - {"proof"} != _MEMBERS:
        raise ValueError("the members are not those of a credit transfer agreement")
    name, issuer, takes_from = (document[member] for member in ("id", "issuer", "takesFrom"))
    if not all(isinstance(one, str) and one for one in (name, issuer, takes_from)) or issuer == takes_from:
        raise ValueError("it does not say who takes credit from whom")
    qualifications, units = _addresses(document["qualifications"]), _addresses(document["units"])
    most, made = document["mostCredits"], parse_timestamp(document["made"])
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or not 0 < most < 2**31):
        raise ValueError("its cap cannot be read")
    since, until = _day(document["from"]), None if document["until"] is None else _day(document["until"])
    if made is None or (until is not None and until < since) or not (qualifications or units):
        raise ValueError("it covers nothing")
    return CreditTransferAgreement(name, issuer, takes_from, qualifications, units, most, since, until, made)


def _addresses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_NAMED:
        raise ValueError("what it covers cannot be read")
    if not all(isinstance(one, str) and one for one in value) or len(set(value)) != len(value):
        raise ValueError("what it covers cannot be read")
    return tuple(value)


def _day(value: Any) -> date:
    # One way to write a day: `fromisoformat` knows more.
    if not isinstance(value, str) or len(value) != 10 or date.fromisoformat(value).isoformat() != value:
        raise ValueError("a day cannot be read")
    return date.fromisoformat(value)
