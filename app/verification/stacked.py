"""What an award says of its parts, and what a part says of itself, as the rules that are run again need to know it.

Only what is signed counts, and nothing is guessed: what a document does not say in one way is `Unclear`. Documents of
before the catalogue's names were in them (`open_badge.CATALOGUE_UNIT`) say the same in the address of the achievement
and in the last words of its description, which were always made in one form.

Whose a part is: learners are named by a hash of their e-mail address, salted anew in each credential so that nobody can
link them, and by their name in clear. So a verifier has the names alone to compare, and an identifier of the learner's
own where both documents have one. That two people of one name are not one is for the college to know that signed the
award, which names each part by its digest.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.stacking.held import HeldCredential, HeldKind, Origin
from app.standards import open_badge, uk_time, vc

_URN: Final = "urn:uuid:"
_UNITS: Final = "/catalogue/units/"
_QUALIFICATIONS: Final = "/catalogue/qualifications/"
# No rule reaches back further, and arithmetic with days stays within the calendar.
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
_RULES: Final = re.compile(r"(https?://[^\s?#]+?)(/rules/[^/?#]+/[0-9]+)", re.ASCII)
_LEVEL_OF_UNIT: Final = re.compile(r"\. Level ([1-8])(?:, ([0-9]+) credits)?\.", re.ASCII)
_LEVEL_OF_AWARD: Final = re.compile(r": ([0-9]+) credits at level ([1-8]) were taken and enough of them passed\. ")


class Unclear(Exception):
    """What a document does not say, or says in two ways; a sentence."""


@dataclass(frozen=True, slots=True)
class Named:
    """A credential or a rule set that an award names: its identifier and the digest of its bytes (`digestSRI`)."""

    id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Learner:
    """Who it is about, as far as the document says; None where it does not."""

    name: str | None
    id: str | None

    def is_same_as(self, other: "Learner") -> bool | None:
        """None = the two cannot be compared."""
        if self.id is not None and self.id == other.id:
            return True
        if self.name is None or other.name is None:
            return None
        return _plain(self.name) == _plain(other.name)


@dataclass(frozen=True, slots=True)
class NamedByAward:
    """What an award names: its rule set, where that is published, and its parts.

    `origin` is the beginning of the rule set's address: the parts are published beside it. `path` is the rest of it.
    """

    rules: Named | None
    origin: str
    path: str
    parts: tuple[Named, ...]

    def address_of(self, part: Named) -> str:
        return f"{self.origin}/credentials/{part.id.removeprefix(_URN)}"


@dataclass(frozen=True, slots=True)
class ClaimOfAward:
    """The sum that an award states. `on` is the day on which it says so, in the time of the United Kingdom."""

    qualification_id: str
    issuer: str
    learner: Learner
    grade: str
    credits_earned: int
    awarded_on: date
    on: date


def named_by(document: Mapping[str, Any]) -> NamedByAward | None:
    """What a stacked award names; None for any other document.

    An award is what names a rule set, or is a whole qualification of the catalogue and names credentials. Others may
    name what they like, and nobody says that it adds up.
    """
    rules: list[Named] = []
    parts: list[Named] = []
    for entry in vc.several(document.get("relatedResource")):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        named = Named(entry["id"], str(entry.get("digestSRI", "")))
        if named.id.startswith(_URN):
            parts.append(named)
        elif _RULES.fullmatch(named.id):
            rules.append(named)
    if not rules and not (parts and _is_whole(document)):
        return None
    # Of two rule sets nobody could say which one counted the parts.
    one = rules[0] if len(rules) == 1 else None
    match = _RULES.fullmatch(one.id) if one else None
    return NamedByAward(one, match[1] if match else "", match[2] if match else "", tuple(parts))


def _is_whole(document: Mapping[str, Any]) -> bool:
    try:
        _, achievement = _achieved(document)
        return _catalogue_name(achievement, open_badge.CATALOGUE_QUALIFICATION, _QUALIFICATIONS) is not None
    except Unclear:
        return False


def number_of(uri: str) -> UUID | None:
    """The number in a `urn:uuid:`; None for anything else, and for one that is not spelled the usual way: two spellings
    of one number would be two credentials to whoever compares texts."""
    try:
        number = UUID(uri.removeprefix(_URN))
    except ValueError:
        return None
    return number if uri == f"{_URN}{number}" else None


def read_claim(document: Mapping[str, Any]) -> ClaimOfAward:
    """Raises `Unclear`."""
    subject, achievement = _achieved(document)
    begins = vc.parse_timestamp(document.get("validFrom"))
    if begins is None:
        raise Unclear("It does not say since when it counts.")
    qualification = _catalogue_name(achievement, open_badge.CATALOGUE_QUALIFICATION, _QUALIFICATIONS)
    if qualification is None:
        raise Unclear("It does not say which qualification it is.")
    earned = _credits(subject, "creditsEarned")
    if earned is None:
        raise Unclear("It does not say how many credits were earned.")
    return ClaimOfAward(
        qualification_id=qualification,
        issuer=vc.issuer_id(document) or "",
        learner=learner_of(document),
        grade=_grade(subject),
        credits_earned=earned,
        awarded_on=_awarded_on(document),
        on=_day(begins),
    )


def read_part(document: Mapping[str, Any], number: UUID, award_issuer: str) -> HeldCredential:
    """A part as the rules see it, in force: whether it is, the report on it says. Raises `Unclear`.

    A part of the award's own issuer was earned at home, one of another issuer is a transfer; prior learning that was
    recognised says so of itself.
    """
    subject, achievement = _achieved(document)
    unit = _catalogue_name(achievement, open_badge.CATALOGUE_UNIT, _UNITS)
    qualification = _catalogue_name(achievement, open_badge.CATALOGUE_QUALIFICATION, _QUALIFICATIONS)
    if (unit is None) == (qualification is None):
        raise Unclear("It does not say which unit of the catalogue it is.")
    available, earned = _credits(achievement, "creditsAvailable"), _credits(subject, "creditsEarned")
    if unit is None and earned is None:
        raise Unclear("It does not say how many credits were earned.")
    grade = _grade(subject)
    whole = named_by(document)
    return HeldCredential(
        id=number,
        qualification_id=qualification or "",
        qualification_kind="",
        unit_id=unit,
        title=title_of(document),
        level=_level(achievement, available if unit is not None else None),
        credits=available if unit is not None else earned,
        grade=grade,
        awarded_on=_awarded_on(document),
        kind=HeldKind.UNIT if unit is not None else HeldKind.AWARD,
        passed=unit is None or _passed(achievement, grade, available, earned),
        origin=_origin(document, achievement, award_issuer),
        parts=frozenset(found for part in whole.parts if (found := number_of(part.id))) if whole else frozenset(),
    )


def _origin(document: Mapping[str, Any], achievement: Mapping[str, Any], award_issuer: str) -> Origin:
    if open_badge.RECOGNISED in vc.several(achievement.get("achievementType")):
        return Origin.RECOGNISED
    return Origin.HOME if vc.issuer_id(document) == award_issuer else Origin.TRANSFER


def title_of(document: Mapping[str, Any]) -> str:
    """The name of what was achieved, for sentences: printable, and not too long."""
    try:
        _, achievement = _achieved(document)
        name = achievement.get("name")
    except Unclear:
        name = None
    if not isinstance(name, str) or not name.strip():
        return "A part without a name"
    return shown(name.strip(), 120)


def shown(text: str, longest: int = 1_000) -> str:
    """A stranger's words as they may be printed: nothing in them moves a cursor or hides what follows."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def learner_of(document: Mapping[str, Any]) -> Learner:
    """Whom it names. Several names are none: nobody could say which of them counts."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return Learner(None, None)
    names = {
        entry["identityHash"]
        for entry in vc.several(subject.get("identifier"))
        if isinstance(entry, dict)
        and entry.get("identityType") == "name"
        and entry.get("hashed") is False
        and isinstance(entry.get("identityHash"), str)
    }
    identifier = subject.get("id")
    return Learner(names.pop() if len(names) == 1 else None, identifier if isinstance(identifier, str) else None)


def _achieved(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(subject, achievement), of which there is one each."""
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    if not isinstance(subject, dict) or not isinstance(achievement, dict):
        raise Unclear("It does not say what was achieved.")
    return subject, achievement


def _catalogue_name(achievement: Mapping[str, Any], kind: str, place: str) -> str | None:
    """The catalogue's name for it; None where it has none of this kind."""
    stated = _stated(achievement, kind)
    _, found, tail = str(achievement.get("id", "")).partition(place)
    if found and (not tail or re.search(r"[/?#]", tail)):
        found = ""
    if stated is not None and found and stated != tail:
        raise Unclear("It says in two ways what it is.")
    return stated if stated is not None else tail if found else None


def _passed(achievement: Mapping[str, Any], grade: str, available: int | None, earned: int | None) -> bool:
    """By the scale of its grades, and by the credits earned of those that there are; where both speak, they agree."""
    said: set[bool] = set()
    if available is not None or earned is not None:
        if earned not in (0, available):
            raise Unclear("It does not say whether the unit was passed.")
        if available:
            said.add(bool(earned))
    for described in vc.several(achievement.get("resultDescription")):
        scale = described.get("allowedValue") if isinstance(described, dict) else None
        required = described.get("requiredValue") if isinstance(described, dict) else None
        if isinstance(scale, list) and required in scale and grade in scale:
            said.add(scale.index(grade) >= scale.index(required))
    if len(said) != 1:
        raise Unclear("It does not say whether the unit was passed.")
    return said.pop()


def _stated(achievement: Mapping[str, Any], kind: str) -> str | None:
    values = [
        entry.get("identifier")
        for entry in vc.several(achievement.get("otherIdentifier"))
        if isinstance(entry, dict) and entry.get("identifierType") == kind
    ]
    if not values:
        return None
    if len(values) > 1 or not isinstance(values[0], str) or not values[0]:
        raise Unclear("It says in several ways what it is.")
    return values[0]


def _level(achievement: Mapping[str, Any], credits: int | None) -> int:
    stated = _stated(achievement, open_badge.LEVEL)
    if stated is not None:
        if re.fullmatch("[1-8]", stated, re.ASCII) is None:
            raise Unclear("Its level cannot be read.")
        return int(stated)
    description = str(achievement.get("description", ""))
    last = [match for match in _LEVEL_OF_UNIT.finditer(description) if match.end() == len(description)]
    if last and (last[0][2] is None) == (credits is None) and int(last[0][2] or 0) == (credits or 0):
        return int(last[0][1])
    of_award = _LEVEL_OF_AWARD.findall(description)
    if len(of_award) == 1:
        return int(of_award[0][1])
    raise Unclear("It does not say which level it is.")


def _credits(holder: Mapping[str, Any], member: str) -> int | None:
    value = holder.get(member)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise Unclear("Its credits cannot be read.")
    return int(value)


def _grade(subject: Mapping[str, Any]) -> str:
    results = vc.several(subject.get("result"))
    value = results[0].get("value") if len(results) == 1 and isinstance(results[0], dict) else None
    if not isinstance(value, str) or not value:
        raise Unclear("It does not say which grade was given.")
    return value


def _awarded_on(document: Mapping[str, Any]) -> date:
    moment = vc.parse_timestamp(document.get("awardedDate"))
    if moment is None:
        raise Unclear("It does not say on which day it was awarded.")
    return _day(moment)


def _day(moment: datetime) -> date:
    """In the time of the United Kingdom. Raises `Unclear` for a day on which nobody was awarded anything."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Unclear("One of its dates cannot be meant.")
    return uk_time.day_of(moment)


def _plain(name: str) -> str:
    """A name without what differs from keyboard to keyboard: case, spacing, the way letters are put together."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
