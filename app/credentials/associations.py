"""How the achievements of one learner's record relate: a part of an award, a part of a programme, what comes first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

from app.catalogue.model import Qualification
from app.credentials.documents import programme_achievement
from app.credentials.model import Credential, CredentialKind
from app.institutions.model import Institution
from app.standards.clr import Association, AssociationType
from app.standards.open_badge import Achievement


@dataclass(frozen=True, slots=True)
class Held:
    """A credential in force and its document, parsed from the bytes that were signed."""

    credential: Credential
    document: Mapping[str, Any]

    @property
    def achievement_id(self) -> str:
        # As signed, not as it would be called today: the college may have moved since.
        return str(self.document["credentialSubject"]["achievement"]["id"])

    @property
    def part_ids(self) -> frozenset[str]:
        """What a stacked award says it is made of."""
        return frozenset(str(part["id"]) for part in self.document.get("relatedResource", ()))

    def is_built_on(self, other: "Held") -> bool:
        """Whether this award starts from another: it names that award, or all that it is made of and more.

        An HNC comes before the HND whose first level its units are, whether or not the HND names the HNC.
        """
        below, here = ({name for name in one.part_ids if name.startswith("urn:uuid:")} for one in (other, self))
        return other.credential.uri in here or (bool(below) and below < here)


def relate(
    institution: Institution, held: Sequence[Held], qualifications: Mapping[str, Qualification]
) -> tuple[tuple[Achievement, ...], tuple[Association, ...]]:
    """(programmes that parts name and no credential asserts, associations), in the order of `held`.

    A unit is a child of every award that names it, else a part of its programme. Within one qualification the units of
    a level precede those of the next level held: year 1 before year 2. An award precedes what is built on it: an HNC
    the HND. `qualifications` are by id.
    """
    programmes: dict[str, Achievement] = {}
    found: dict[Association, None] = {}
    levels: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    awards = [one for one in held if one.credential.kind is CredentialKind.AWARD]
    for one in held:
        if one.credential.kind is not CredentialKind.UNIT:
            continue
        qualification = qualifications[one.credential.qualification_id]
        naming = [award for award in awards if one.credential.uri in award.part_ids]
        for award in naming:
            found[Association(AssociationType.IS_CHILD_OF, one.achievement_id, award.achievement_id)] = None
        if not naming:
            programme = programme_achievement(institution, qualification)
            programmes[programme.id] = programme
            found[Association(AssociationType.IS_PART_OF, one.achievement_id, programme.id)] = None
        level = next((unit.level for unit in qualification.units if unit.id == one.credential.unit_id), None)
        if level is not None:
            levels[qualification.id][level].append(one.achievement_id)
    for earlier_award, later_award in permutations(awards, 2):
        if later_award.is_built_on(earlier_award):
            found[Association(AssociationType.PRECEDES, earlier_award.achievement_id, later_award.achievement_id)] = (
                None
            )
    for by_level in levels.values():
        for earlier, later in pairwise(sorted(by_level)):
            for source in by_level[earlier]:
                for target in by_level[later]:
                    found[Association(AssociationType.PRECEDES, source, target)] = None
    return tuple(programmes.values()), tuple(found)
