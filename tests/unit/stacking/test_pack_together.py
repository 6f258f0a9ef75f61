"""A pack beside the published ones and the catalogue: rings, versions that are taken, names of what nobody offers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.catalogue.seed import load_seed
from app.stacking import packs
from app.stacking.pack_together import Known, look_at

SEED = load_seed()
KNOWN = Known(
    packs.published_packs(),
    {unit.id for entry in SEED.qualifications for unit in entry.units},
    {entry.id for entry in SEED.qualifications} | {bundle.id for bundle in SEED.bundles},
)
HNC, HND = packs.pack_bytes("hnc-computing-2022", 2), packs.pack_bytes("hnd-computing-network-2022", 1)
NEXT: dict[str, Any] = {"version": 3}
RING = {
    "qualification": "bsc-computing-topup",
    "title": "the degree",
    "groups": ["specialist"],
    "credits": 15,
    "passed": 15,
    "level": 4,
}


def changed(change: Callable[[dict[str, Any]], object], data: bytes = HNC) -> bytes:
    value = json.loads(data)
    change(value)
    return json.dumps(value, indent=2).encode()


@pytest.mark.parametrize("published", packs.published_packs(), ids=lambda each: each.pack.path)
def test_the_published_packs_fit_together(published: packs.PublishedPack) -> None:
    if published.pack.path == "/rules/hnc-computing-2022/1":
        # Of the first format, which the schema of today does not describe.
        assert {each.code for each in look_at(published.data, KNOWN).problems} == {"pack_form_wrong"}
        return
    looked = look_at(published.data, KNOWN)
    assert (looked.pack, looked.problems, looked.warnings) == (published.pack, (), ())


WARNED: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "it leads to nothing": (
        lambda data: data.update(NEXT, leadsTo=["hnd-computing-network-2022", "none"]),
        "pack_leads_nowhere",
        "leadsTo[1]",
    ),
    "a unit is not in the catalogue": (
        lambda data: (data.update(NEXT), data["units"][2]["accepts"].append("hnc-computing-u99")),
        "pack_unit_not_in_catalogue",
        "units[2].accepts[3]",
    ),
    "a door is not in the catalogue": (
        lambda data: (data.update(NEXT), data["entry"][0]["anyOf"][5].append("tlevel-none")),
        "pack_unit_not_in_catalogue",
        "entry[0].anyOf[5][2]",
    ),
    "nobody can be awarded it": (
        lambda data: (data.update(id="other"), data["award"].update(qualification="hnc-of-nowhere")),
        "pack_award_not_in_catalogue",
        "award.qualification",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_what_points_to_nothing_is_a_warning_with_its_line(name: str) -> None:
    change, code, where = WARNED[name]
    data = changed(change)
    looked = look_at(data, KNOWN)
    assert looked.problems == ()
    assert looked.pack is not None
    [told] = looked.warnings
    assert (told.code, told.where) == (code, where)
    named = told.sentence.removeprefix("there is no published rule set ").split()[0].rstrip(".")
    assert named in data.decode().splitlines()[told.line - 1]


def test_an_award_that_no_pack_makes_is_warned_of() -> None:
    data = changed(lambda data: (data.update(version=2), data["bringsForward"][0].update(qualification="hnc-old")), HND)
    assert [(each.code, each.where) for each in look_at(data, KNOWN).warnings] == [
        ("pack_brings_unknown", "bringsForward[0].qualification")
    ]


def test_a_ring_over_published_packs_is_a_problem() -> None:
    ungraded = changed(lambda data: data.update(NEXT, bringsForward=[RING], grading=None))
    looked = look_at(ungraded, KNOWN)
    assert looked.pack is None
    [told] = looked.problems
    assert (told.code, told.where) == ("pack_cyclic", "bringsForward")
    for name in ("hnc-computing-2022", "hnd-computing-network-2022", "bsc-computing-topup"):
        assert name in told.sentence


def test_a_published_version_cannot_be_published_again_with_other_bytes() -> None:
    looked = look_at(HNC + b"\n", KNOWN)
    assert [each.code for each in looked.problems] == ["pack_version_taken"]
    assert look_at(HNC, KNOWN).problems == ()


def test_what_is_wrong_in_itself_comes_first() -> None:
    looked = look_at(b"{}", KNOWN)
    assert looked.pack is None
    assert {each.code for each in looked.problems} == {"pack_form_wrong"}
    assert looked.warnings == ()
