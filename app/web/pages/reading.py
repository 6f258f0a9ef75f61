"""What a credential says, read for showing. The document may be a stranger's: anything may be missing or misshapen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.standards import vc
from app.verification.submission import is_record

_RECORD = "Learner record"
_LONGEST = 300
_MOST_PARTS = 60
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Content:
    """The words of one credential, as signed; None where it does not say."""

    id: str | None
    learner: str | None
    title: str | None
    description: str | None
    criteria: str | None
    grade: str | None
    credits_earned: str | None
    credits_available: str | None
    code: str | None
    awarding_organisation: str | None
    awarded_on: date | None
    issuer_id: str | None
    achievement_id: str | None
    is_award: bool
    part_ids: tuple[UUID, ...]
    rules_url: str | None
    chain: str | None = None

    @property
    def number(self) -> UUID | None:
        return _uuid(self.id)

    @property
    def credits(self) -> str | None:
        if self.credits_earned is None or self.credits_earned == self.credits_available:
            return self.credits_earned or self.credits_available
        return f"{self.credits_earned} of {self.credits_available}" if self.credits_available else self.credits_earned


def read_content(document: Mapping[str, Any], receipt: Mapping[str, Any] | None = None) -> Content:
    """Never raises: what cannot be read is left out."""
    subject = _first(document.get("credentialSubject"))
    achievement = _first(subject.get("achievement"))
    awarded = vc.parse_timestamp(document.get("awardedDate")) or vc.parse_timestamp(document.get("validFrom"))
    related = [item for item in _list(document.get("relatedResource"))[:_MOST_PARTS] if isinstance(item, dict)]
    parts = tuple(number for item in related if (number := _uuid(item.get("id"))) is not None)
    # What a record lists of its own is there to relate its parts, and says of nobody that they achieved it.
    is_whole = is_record(document)
    achievement = {} if is_whole else achievement
    rules = next((item["id"] for item in related if "/rules/" in str(item.get("id")) and vc.is_url(item["id"])), None)
    return Content(
        id=_text(document.get("id")),
        learner=next((name for item in _list(subject.get("identifier")) if (name := _name(item))), None),
        title=_RECORD if is_whole else _text(achievement.get("name")) or _text(document.get("name")),
        description=_text(achievement.get("description")),
        criteria=_text(_first(achievement.get("criteria")).get("narrative"), 1000),
        grade=next((_text(item.get("value")) for item in _objects(subject.get("result"))), None),
        credits_earned=_number(subject.get("creditsEarned")),
        credits_available=_number(achievement.get("creditsAvailable")),
        code=_text(achievement.get("humanCode")),
        awarding_organisation=_text(_first(achievement.get("creator")).get("name")),
        awarded_on=awarded.date() if awarded else None,
        issuer_id=vc.issuer_id(document),
        achievement_id=_text(achievement.get("id")),
        is_award=bool(parts),
        part_ids=parts,
        rules_url=rules if isinstance(rules, str) and rules.startswith("http") else None,
        chain=_text(_first((receipt or {}).get("anchor")).get("chain")),
    )


def _text(value: Any, longest: int = _LONGEST) -> str | None:
    # Characters that hide or reorder text could make a page say what the document does not. The two joiners
    # belong to the spelling of Persian and Indic names.
    if not isinstance(value, str) or not value.strip():
        return None
    shown = "".join(character if character.isprintable() or character in _JOINERS else " " for character in value)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{value:g}"


def _name(identity: Any) -> str | None:
    if isinstance(identity, dict) and identity.get("identityType") == "name" and identity.get("hashed") is False:
        return _text(identity.get("identityHash"))
    return None


def _uuid(value: Any) -> UUID | None:
    if not isinstance(value, str) or not value.startswith("urn:uuid:"):
        return None
    try:
        return UUID(value.removeprefix("urn:uuid:"))
    except ValueError:
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _first(value: Any) -> Mapping[str, Any]:
    return next(iter(_objects(value)), {})
