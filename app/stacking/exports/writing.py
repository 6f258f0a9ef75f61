"""What the exports have in common: who they are about, where they point to, and how they become bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from app.catalogue.model import Coverage
from app.stacking.profile import KsbEvidence, LearnerProfile

COVERED: Final[Mapping[Coverage, str]] = {
    "taught": "taught",
    "assessed": "assessed",
    "workplace": "covered in the workplace",
    "not_stated": "how it was covered is not stated",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A profile with what an export adds to it. `uln` is None unless it was asked for; `ukprn` is "" for none.

    `public_url` is where the pages of this installation are; `attribution` the lines its sources ask for.
    """

    profile: LearnerProfile
    public_url: str
    ukprn: str
    attribution: tuple[str, ...]
    uln: str | None = None

    def __repr__(self) -> str:
        return f"Subject({self.profile.learner_id})"

    def verify_url(self, credential_id: UUID) -> str:
        """The page that checks a credential."""
        return f"{self.public_url}/verify/{credential_id}"

    def ksb_url(self, ksb_id: str) -> str:
        return f"{self.public_url}/catalogue/ksbs/{quote(ksb_id, safe='')}"

    def qualification_url(self, qualification_id: str) -> str:
        return f"{self.public_url}/catalogue/qualifications/{quote(qualification_id, safe='')}"

    @property
    def moment(self) -> str:
        """When the profile was as shown: whole seconds, UTC."""
        return f"{self.profile.as_of:%Y-%m-%dT%H:%M:%SZ}"


def covered(statement: KsbEvidence) -> str:
    """How a statement was covered, in words: `Assessed and covered in the workplace.`"""
    words = " and ".join(COVERED[each] for each in statement.coverages)
    return f"{words[0].upper()}{words[1:]}."


def as_bytes(members: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON, indented: people open these files too."""
    return json.dumps(members, ensure_ascii=False, indent=2).encode() + b"\n"
