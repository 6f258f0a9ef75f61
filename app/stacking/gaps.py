"""Where the ladders of a region end or leave a rung out, for whoever plans what is offered there. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.catalogue.model import Catalogue, Qualification
from app.stacking.explorer import Graph
from app.stacking.pack import RulePack

T_LEVEL: Final = "T Level"
HIGHER, DEGREE = 4, 6


class GapCode(StrEnum):
    """What is found; stable, for programs."""

    T_LEVEL_ENDS = "t_level_leads_to_no_level_4"
    HTQ_ENDS = "htq_leads_to_no_degree"
    LEVEL_SKIPPED = "level_skipped"
    UNIT_UNCOUNTED = "unit_no_pack_counts"
    KSBS_OPEN = "ksbs_no_unit_evidences"


@dataclass(frozen=True, slots=True)
class Offer:
    """A qualification that a provider offers."""

    ukprn: str
    provider: str
    qualification_id: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One finding about a qualification: what it is, in a sentence; who offers it; the units or statements meant."""

    code: GapCode
    qualification_id: str
    title: str
    sentence: str
    providers: tuple[str, ...]
    details: tuple[str, ...] = ()


def find_gaps(
    graph: Graph, catalogue: Catalogue, packs: Iterable[RulePack], offers: Sequence[Offer] | None = None
) -> tuple[Gap, ...]:
    """The gaps among what is offered, by kind and title; without `offers` among the whole catalogue.

    An offer of what the catalogue does not have is left out.
    """
    offered = [
        each
        for each in catalogue.qualifications
        if offers is None or any(o.qualification_id == each.id for o in offers)
    ]
    providers: dict[str, set[str]] = defaultdict(set)
    for offer in offers or ():
        providers[offer.qualification_id].add(offer.provider)
    named = _named_by(packs)
    names = {each.id for each in offered}
    # A bundle is made of units, so it is offered with what it is a part of.
    names |= {bundle.id for bundle in catalogue.bundles if bundle.parent_id in names}
    evidenced = {mapping.ksb_id for each in offered for unit in each.units for mapping in unit.ksbs}
    search = _Search(graph, catalogue, names, named, evidenced)
    order = list(GapCode)
    found = [
        Gap(code, each.id, each.title, sentence, tuple(sorted(providers[each.id])), details)
        for each in offered
        for code, sentence, details in search.of(each)
    ]
    return tuple(sorted(found, key=lambda gap: (order.index(gap.code), gap.title, gap.qualification_id, gap.details)))


_Found = tuple[GapCode, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Search:
    graph: Graph
    catalogue: Catalogue
    offered: Collection[str]
    named: Collection[str]
    evidenced: Collection[str]

    def of(self, each: Qualification) -> Iterator[_Found]:
        onward = [self.graph.nodes[name] for name in sorted(self.graph.reachable(each.id)) if name in self.offered]
        levels = [node.level or 0 for node in onward]
        if each.kind == T_LEVEL and max(levels, default=0) < HIGHER:
            yield GapCode.T_LEVEL_ENDS, f"Nothing of level {HIGHER} or above follows it yet.", ()
        if each.is_htq and max(levels, default=0) < DEGREE:
            yield GapCode.HTQ_ENDS, "No degree builds on it yet.", ()
        yield from self._skipped(each)
        if each.kind != T_LEVEL:
            # A T Level carries no credit, so none of its components is to be counted.
            loose = tuple(unit.id for unit in each.units if unit.is_awardable and unit.id not in self.named)
            if loose:
                yield GapCode.UNIT_UNCOUNTED, f"{_units(len(loose))} that no rule set counts.", loose
        yield from self._ksbs(each)

    def _skipped(self, each: Qualification) -> Iterator[_Found]:
        """Levels between this and the next award offered above it, whose own units do not hold them either."""
        own = {other.id: {unit.level for unit in other.units} for other in self.catalogue.qualifications}
        above = self.graph.reachable(each.id) & set(self.offered)
        for name in sorted(above):
            if any(name in self.graph.reachable(other) for other in above):
                continue
            node = self.graph.nodes[name]
            wanted = range(each.level + 1, node.level or 0)
            skipped = [level for level in wanted if level not in own.get(name, set())]
            if skipped:
                text = f"Level {' and '.join(map(str, skipped))} is left out on the way to {node.title}."
                yield GapCode.LEVEL_SKIPPED, text, (name,)

    def _ksbs(self, each: Qualification) -> Iterator[_Found]:
        link = each.occupation
        occupation = next(
            (other for other in self.catalogue.occupations if link and other.id == link.occupation_id), None
        )
        if occupation is None:
            return
        still = tuple(sorted(ksb.id for ksb in occupation.ksbs if ksb.id not in self.evidenced))
        if still:
            text = (
                f"{len(still)} of {len(occupation.ksbs)} statements of {occupation.title} that no unit evidences yet."
            )
            yield GapCode.KSBS_OPEN, text, still


def _named_by(packs: Iterable[RulePack]) -> frozenset[str]:
    """Every name of the catalogue that some pack counts, or takes for an exemption or an entry."""
    found: set[str] = set()
    for pack in packs:
        found.update(pack.unit_of)
        found.update(name for rule in pack.exemptions for name in rule.holding)
        found.update(name for entry in pack.entry for names in entry.any_of for name in names)
    return frozenset(found)


def _units(count: int) -> str:
    return f"{count} unit{'' if count == 1 else 's'}"
