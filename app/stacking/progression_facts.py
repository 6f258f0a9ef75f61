"""The published facts behind next steps and ladders, from the catalogue that travels with the rule packs.

They are read once: no question to the database, however many learners are looked at.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache

from app.catalogue.model import Catalogue
from app.catalogue.seed import load_seed
from app.stacking.explorer import Graph, Ladder, build, ladders, marks
from app.stacking.held import HeldCredential
from app.stacking.packs import newest_packs
from app.stacking.paths_published import published_paths
from app.stacking.progression import SkillFacts, skill_facts


@cache
def published_skill_facts() -> SkillFacts:
    """What units and awards evidence."""
    return skill_facts(_catalogue())


@cache
def published_graph() -> Graph:
    """The ladders of the packaged catalogue, the newest packs and the published paths."""
    return build(_catalogue(), newest_packs(), published_paths())


def ladders_of(held: Iterable[HeldCredential], as_of: date) -> tuple[Ladder, ...]:
    """The published paths on which a learner is, with what they hold marked."""
    marked = marks(published_graph(), _catalogue(), held, as_of)
    every = ladders(published_graph(), published_paths(), marked)
    return tuple(each for each in every if any(rung.mark for rung in each.rungs))


@cache
def _catalogue() -> Catalogue:
    return load_seed()
