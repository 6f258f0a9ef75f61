"""A rule pack beside what it is used with: the other published packs and the catalogue.

A pack can be whole in itself and still form a ring with others, take the place of one that was published, or name what
nobody offers. The first two are problems; the last is for a person to look at, since a catalogue can be behind.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.stacking.pack import RulePack
from app.stacking.pack_checking import MAX_BYTES, Problem, check_pack, cycles, named
from app.stacking.packs import PublishedPack
from app.standards import strict_json
from app.standards.json_lines import Path, line_of, lines_of


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of it: the pack where it can be used, else None; `problems` stop it, `warnings` do not."""

    pack: RulePack | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The names that there are: the published packs, and the ids of the catalogue (units; whole awards)."""

    published: Sequence[PublishedPack]
    units: Collection[str]
    awards: Collection[str]


_Found = tuple[str, Path, str]
_HERE: Final = "in the catalogue of this installation"


def look_at(data: bytes, known: Known) -> Looked:
    """Everything that is to be said of a pack from its bytes. Never raises for what they hold."""
    checked = check_pack(data)
    pack = checked.pack
    if pack is None:
        return Looked(None, checked.problems, ())
    value = strict_json.parse_object(data, MAX_BYTES)
    lines = lines_of(data.decode())
    problems = _placed(_beside_others(pack, data, known), lines)
    warnings = _placed((*_pointing_nowhere(pack, known), *_not_in_the_catalogue(value, known)), lines)
    return Looked(None if problems else pack, problems, warnings)


def _beside_others(pack: RulePack, data: bytes, known: Known) -> Iterator[_Found]:
    for each in known.published:
        if (each.pack.id, each.pack.version) == (pack.id, pack.version) and each.data != data:
            text = f"version {pack.version} of {pack.id} is published with other bytes: a change is a new version."
            yield "pack_version_taken", ("version",), text
    # The last pack of a qualification is the one that is followed: ours goes in the place of its former versions.
    others = [each.pack for each in known.published if each.pack.qualification_id != pack.qualification_id]
    for ring in cycles([*others, pack]):
        if pack.id in ring:
            text = f"these rule sets would be made of each other: {', '.join(sorted(ring))}."
            yield "pack_cyclic", ("bringsForward",), text
            return


def _pointing_nowhere(pack: RulePack, known: Known) -> Iterator[_Found]:
    packs = {each.pack.id for each in known.published} | {pack.id}
    awarded = {each.pack.qualification_id for each in known.published}
    for place, name in enumerate(pack.leads_to):
        if name not in packs:
            yield "pack_leads_nowhere", ("leadsTo", place), f"there is no published rule set {name}."
    for place, each in enumerate(pack.brings_forward):
        if each.qualification_id not in awarded:
            text = f"no published rule set awards {each.qualification_id}, which would be brought forward."
            yield "pack_brings_unknown", ("bringsForward", place, "qualification"), text


def _not_in_the_catalogue(value: dict[str, Any], known: Known) -> Iterator[_Found]:
    award = value["award"]["qualification"]
    if award not in known.awards:
        text = f"{award} is not {_HERE}, so nobody here can be awarded it."
        yield "pack_award_not_in_catalogue", ("award", "qualification"), text
    named: list[tuple[Path, str]] = [
        (("units", place, "accepts", nth), name)
        for place, unit in enumerate(value["units"])
        for nth, name in enumerate(unit["accepts"])
    ]
    named += [
        (("exemptions", place, "holding", nth), name)
        for place, rule in enumerate(value.get("exemptions", ()))
        for nth, name in enumerate(rule["holding"])
    ]
    named += [
        (("entry", place, "anyOf", nth, at), name)
        for place, entry in enumerate(value.get("entry", ()))
        for nth, names in enumerate(entry["anyOf"])
        for at, name in enumerate(names)
    ]
    for path, name in named:
        # A unit is counted by the id of a unit; a door may be opened by a whole award as well.
        if name not in known.units and (path[0] == "units" or name not in known.awards):
            yield "pack_unit_not_in_catalogue", path, f"{name} is not {_HERE}; nobody can hold it yet."


def _placed(found: Iterator[_Found] | Sequence[_Found], lines: dict[Path, int]) -> tuple[Problem, ...]:
    told = [Problem(code, line_of(lines, path), named(path), text) for code, path, text in found]
    return tuple(sorted(told, key=lambda each: (each.line, each.sentence)))
