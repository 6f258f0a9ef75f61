"""What units and awards evidence, from the catalogue that travels with the rule packs: no question to the database."""

from functools import cache

from app.catalogue.seed import load_seed
from app.stacking.progression import SkillFacts, skill_facts


@cache
def published_skill_facts() -> SkillFacts:
    """The facts of the packaged catalogue, read once."""
    return skill_facts(load_seed())
