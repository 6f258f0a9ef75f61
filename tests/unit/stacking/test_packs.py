"""Published rule packs never change and agree with the catalogue; a faulty one is refused with the line to mend."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import jsonschema
import pytest

from app.catalogue.seed import load_seed
from app.errors import NotFound, Refused
from app.stacking import packs
from app.stacking.pack import BroughtForward, GroupKind, Measure, RulePack
from app.stacking.pack_checking import check_pack, cycles, schema_bytes
from tests.unit.stacking.making import group, pack, unit

PUBLISHED = {
    # A published pack is named by digest in awards. Never change a line here: add a version.
    ("aat-l4-pat-2026", 1): "5c256c046572861eb42da77f280c24e391091ff3cfd8b4926cb499b10dc63efe",
    ("bsc-computing-topup", 1): "2add22d1adaac30c6face95d06ff96efc2d6504d3d5ddacd261091c7c437e718",
    ("hnc-computing-2022", 1): "59719cecd094e589d5805dcb4223bc318766bd5dfac72b4a351c4f457a15f480",
    ("hnc-computing-2022", 2): "c8ae73de3000a40bbd817b406dc445291ca8eb5efde71a8f30adf46795385c82",
    ("hnc-computing-partnership", 1): "486cfed667894937e09c7833022bdcfb6509c62db23b40f6c1a06783df1bd5ed",
    ("hnc-electrical-electronic-2022", 1): "673b0799dccdf36b0d908ca4d70b09591bf07bc7f6561d7d856036bc93cf9cc1",
    ("hnc-mechanical-2022", 1): "7847f0873eb164f39b71fd6e8dda6c533367fedc4463f2efc8f4485642c4b4ed",
    ("hnd-computing-network-2022", 1): "bc108a53d7b38b1735d2ae4e3bfbbe195d43d153539bf46db9ee048900f367a1",
    ("hnd-healthcare-practice", 1): "ece4ee42313bb58d182bab62d937f63b72884d15400c8a6e4d9e0f43fcd35159",
    ("mc-cloud-netsec", 1): "13b9695c8da8a398cacba5a949680277b97e15a43865f34f454b88ffe831b422",
    ("mc-networking-security", 1): "e700ffda02bd8903ef41a22d7fbba0dc40fcfdaba9e60ae76d0f7e951d4c0080",
    ("mc-professional-project", 1): "6af0b876d408c68ffe3c4554c4bf646b5558af2c36a9ff4e0538a98b5c48c584",
    ("mc-programming-database", 1): "936af08cf14cc503e662fff0dcc9d330093999d14626961159ed9118103ae89a",
}
HNC = packs.find_pack("hnc-computing-2022", 1)
SEED = load_seed()
QUALIFICATIONS = {entry.id: entry for entry in SEED.qualifications}
UNITS = {unit.id: unit for entry in SEED.qualifications for unit in entry.units}
EVERY = [entry.pack for entry in packs.published_packs()]


def test_published_packs_are_the_bytes_they_were() -> None:
    found = {(entry.pack.id, entry.pack.version): sha256(entry.data).hexdigest() for entry in packs.published_packs()}
    assert found == PUBLISHED


@pytest.mark.parametrize("rules", EVERY, ids=lambda rules: f"{rules.id}.v{rules.version}")
def test_published_packs_agree_with_the_catalogue(rules: RulePack) -> None:
    for each in rules.units:
        for name in each.accepts:
            listed = UNITS[name]
            assert (each.code, each.title, each.credits) == (listed.code, listed.title, listed.credits or 0)
            assert each.level == listed.level
            if rules.grades:
                assert [grade.grade for grade in rules.grades] == list(listed.grade_scale)
                assert tuple(grade.grade for grade in rules.grades if grade.passes) == listed.passing
    if rules.qualification_id in QUALIFICATIONS:
        qualification = QUALIFICATIONS[rules.qualification_id]
        assert (rules.qualification_title, rules.level) == (qualification.title, qualification.level)
        # A top-up is the last part of a degree; the pack is of the whole.
        if qualification.total_credits is not None and not rules.brings_forward:
            assert rules.total_credits == qualification.total_credits
    else:
        bundle = next(bundle for bundle in SEED.bundles if bundle.id == rules.qualification_id)
        assert (rules.qualification_title, rules.total_credits) == (bundle.title, bundle.credits)


def test_published_packs_lead_to_packs_there_are() -> None:
    known = {rules.id for rules in EVERY}
    qualifications = {rules.qualification_id for rules in EVERY}
    for rules in EVERY:
        assert set(rules.leads_to) <= known
        assert {each.qualification_id for each in rules.brings_forward} <= qualifications
        for names in (names for entry in rules.entry for names in entry.any_of):
            assert set(names) <= set(UNITS)
    assert list(cycles(EVERY)) == []


def test_the_first_published_pack_reads_as_it_did() -> None:
    assert (HNC.credits_to_pass, HNC.total_credits, HNC.level, HNC.framework) == (105, 120, 4, "RQF")
    assert [(band.grade, band.from_points) for band in HNC.bands] == [
        ("Pass", 420),
        ("Merit", 600),
        ("Distinction", 840),
    ]
    assert [(each.kind, each.needed, each.measure) for each in HNC.groups] == [
        (GroupKind.MANDATORY, 90, Measure.CREDITS),
        (GroupKind.PATHWAY, 15, Measure.CREDITS),
        (GroupKind.OPTIONAL, 15, Measure.CREDITS),
    ]
    assert HNC.path == "/rules/hnc-computing-2022/1"
    assert all((HNC.sources, HNC.attribution, HNC.verified, HNC.unverified))


def test_bytes_are_found_by_id_and_version() -> None:
    assert packs.pack_bytes("hnc-computing-2022") == packs.pack_bytes("hnc-computing-2022", 2)
    assert packs.parse_pack(packs.pack_bytes("hnc-computing-2022", 1)) == HNC
    for pack_id, version in (("hnc-computing-2022", 99), ("../hnc", None), ("", None)):
        with pytest.raises(NotFound) as caught:
            packs.pack_bytes(pack_id, version)
        assert caught.value.code == "rule_pack_unknown"


def test_the_schema_is_a_schema_and_the_packs_keep_to_it() -> None:
    schema = json.loads(schema_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    for entry in packs.published_packs():
        if (entry.pack.id, entry.pack.version) != ("hnc-computing-2022", 1):
            jsonschema.Draft202012Validator(schema).validate(json.loads(entry.data))


HND = packs.pack_bytes("hnd-computing-network-2022", 1)


def _line_of(text: str, data: bytes = HND) -> int:
    return data.decode().split(text)[0].count("\n") + 1


Change = Callable[[dict[str, Any]], object]
# What is changed -> code, the member that is named, a word of the sentence.
FAULTS: dict[str, tuple[Change, str, str, str]] = {
    "a member is missing": (lambda data: data.pop("groups"), "pack_form_wrong", "", "groups"),
    "a member is not known": (lambda data: data.update(note="x"), "pack_form_wrong", "", "note"),
    "one below is not known": (
        lambda data: data["units"][0].update(size=4),
        "pack_form_wrong",
        "units[0]",
        "size",
    ),
    "a text is a number": (lambda data: data.update(title=7), "pack_form_wrong", "title", "a text"),
    "a text is empty": (lambda data: data.update(title=" "), "pack_form_wrong", "title", "written"),
    "a number is a text": (
        lambda data: data["minimums"][0].update(credits="105"),
        "pack_form_wrong",
        "minimums[0].credits",
        "a whole number",
    ),
    "a number is a truth value": (lambda data: data.update(version=True), "pack_form_wrong", "version", "whole number"),
    "credits are negative": (
        lambda data: data["units"][2].update(credits=-15),
        "pack_form_wrong",
        "units[2].credits",
        "at least 0",
    ),
    "points are negative": (
        lambda data: data["grading"]["points"][0].update(perCredit=-1),
        "pack_form_wrong",
        "grading.points[0].perCredit",
        "at least 0",
    ),
    "a group is of no known kind": (
        lambda data: data["groups"][0].update(kind="elective"),
        "pack_form_wrong",
        "groups[0].kind",
        "mandatory",
    ),
    "a group is chosen by two measures": (
        lambda data: data["groups"][0]["choose"].update(units=6),
        "pack_form_wrong",
        "groups[0].choose",
        "one thing",
    ),
    "a list is empty": (lambda data: data.update(groups=[]), "pack_form_wrong", "groups", "empty"),
    "a list is an object": (lambda data: data.update(groups={}), "pack_form_wrong", "groups", "a list"),
    "a day is not a day": (
        lambda data: data["effective"].update({"from": "yesterday"}),
        "pack_form_wrong",
        "effective.from",
        "written",
    ),
    "a day is not in the calendar": (
        lambda data: data["effective"].update({"from": "2026-02-30"}),
        "pack_day_wrong",
        "",
        "calendar",
    ),
    "it ends before it starts": (
        lambda data: data["effective"].update({"until": "2021-12-31"}),
        "pack_days_wrong",
        "effective.until",
        "before it starts",
    ),
    "a unit is named twice": (
        lambda data: data["units"].append(data["units"][0]),
        "pack_name_repeated",
        "units[16].id",
        "u01",
    ),
    "a unit is not known": (
        lambda data: data["groups"][0]["units"].append("u99"),
        "pack_unit_unknown",
        "groups[0].units[6]",
        "u99",
    ),
    "a unit stands in no group": (
        lambda data: data["groups"][5].update(units=data["groups"][5]["units"][:1], choose={"credits": 15}),
        "pack_unit_unused",
        "units[15]",
        "application-development",
    ),
    "one credential could be two units": (
        lambda data: data["units"][1]["accepts"].append(data["units"][0]["accepts"][0]),
        "pack_ambiguous",
        "units[1].accepts[3]",
        "count twice",
    ),
    "a group cannot be filled": (
        lambda data: data["groups"][5].update(choose={"credits": 20}),
        "pack_unsatisfiable",
        "groups[5].choose",
        "20 credits",
    ),
    "a mandatory group asks for less": (
        lambda data: data["groups"][0].update(choose={"credits": 75}),
        "pack_unsatisfiable",
        "groups[0].choose",
        "75",
    ),
    "more passed than there are": (
        lambda data: data["minimums"][1].update(credits=121),
        "pack_unsatisfiable",
        "",
        "Credits passed at level 5",
    ),
    "more earned here than the limit leaves": (
        lambda data: data["limits"].append(
            {
                "id": "none",
                "title": "credit of level 5",
                "of": {"levels": [5]},
                "credits": 100,
                "in": {"from": "2020-01-01", "until": None},
                "source": "S",
            }
        ),
        "pack_unsatisfiable",
        "",
        "nobody can complete it",
    ),
    "two mandatory units bar each other": (
        lambda data: data.update(barred=[["u01", "u02"]]),
        "pack_unsatisfiable",
        "barred[0]",
        "both needed",
    ),
    "a unit is above the award": (
        lambda data: data["units"][0].update(level=6),
        "pack_level_above",
        "units[0].level",
        "higher level",
    ),
    "bands are out of order": (
        lambda data: data["grading"]["bands"].reverse(),
        "pack_bands_wrong",
        "grading.bands",
        "low to high",
    ),
    "complete without a grade": (
        lambda data: data["grading"]["bands"].pop(0),
        "pack_bands_wrong",
        "grading.bands",
        "no band",
    ),
    "a grade is named twice": (
        lambda data: data["grading"]["points"].append(data["grading"]["points"][0]),
        "pack_name_repeated",
        "grading.points",
        "twice",
    ),
    "an award is made of itself": (
        lambda data: data["bringsForward"][0].update(qualification="hnd-computing-england-network"),
        "pack_cyclic",
        "bringsForward[0]",
        "itself",
    ),
    "what comes forward does not fill its groups": (
        lambda data: data["bringsForward"][0].update(credits=105),
        "pack_unsatisfiable",
        "bringsForward[0].credits",
        "105",
    ),
    "what comes forward would need a grade": (
        lambda data: data["grading"].pop("levels"),
        "pack_ambiguous",
        "bringsForward[0]",
        "brings none",
    ),
    "an exemption by what counts itself": (
        lambda data: data.update(exemptions=[{"unit": "u01", "holding": ["hnc-computing-u02"], "grade": "Pass"}]),
        "pack_ambiguous",
        "exemptions[0].holding[0]",
        "counts already",
    ),
    "an exemption at a grade that does not pass": (
        lambda data: data.update(exemptions=[{"unit": "u01", "holding": ["other"], "grade": "Unclassified"}]),
        "pack_grade_unknown",
        "exemptions[0].grade",
        "Unclassified",
    ),
    "a unit that was never offered meanwhile": (
        lambda data: data["units"][0].update(live={"from": "2010-01-01", "until": "2015-12-31"}),
        "pack_unsatisfiable",
        "",
        "never offered",
    ),
    "the name of a rule is used twice": (
        lambda data: data["limits"][0].update(id="passed-4"),
        "pack_name_repeated",
        "limits[0].id",
        "passed-4",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found_and_named(name: str) -> None:
    change, code, where, says = FAULTS[name]
    data = json.loads(HND)
    change(data)
    text = json.dumps(data, indent=1).encode()
    checked = check_pack(text)
    assert checked.pack is None
    # One fault may be the reason for another: the one that has to be mended is among them.
    told = {(problem.code, problem.where): problem.sentence for problem in checked.problems}
    assert says in told[code, where]
    with pytest.raises(Refused) as caught:
        packs.parse_pack(text)
    assert caught.value.code == "rule_pack_invalid"
    assert caught.value.message.startswith("The rule set cannot be used, line ")


def test_a_problem_names_the_line_that_has_to_be_mended() -> None:
    wrong = HND.replace(b'"credits": 45}', b'"credits": 46}', 1)
    [problem] = check_pack(wrong).problems
    assert problem.line == _line_of('"credits": 45}')
    assert str(problem).startswith(f"line {problem.line}: the units of ")


def test_every_problem_is_told_at_once() -> None:
    wrong = HND.replace(b'"credits": 15,', b'"credits": -1,').replace(b'"version": 1', b'"version": 0')
    found = check_pack(wrong).problems
    assert len(found) == HND.count(b'"credits": 15,') + 1
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"id": "a", "id": "b"}', b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_pack_are_refused(data: bytes) -> None:
    [problem] = check_pack(data).problems
    assert problem.code == "pack_not_json"


def test_a_pack_that_leaves_too_many_ways_is_refused_when_it_is_read() -> None:
    data = json.loads(HND)
    names = [each["id"] for each in data["units"]]
    for number, each in enumerate(data["units"]):
        each["credits"] = 11 + number
    for member in ("bringsForward", "minimums", "limits"):
        data[member] = []
    data["grading"] = None
    data["groups"] = [
        {"id": f"g{number}", "title": "G", "kind": "optional", "choose": {"credits": 40 + number}, "units": names}
        for number in range(9)
    ]
    [problem] = check_pack(json.dumps(data).encode()).problems
    assert problem.code == "pack_too_wide"


def test_awards_made_of_each_other_are_found() -> None:
    def made_of(name: str, *below: str) -> RulePack:
        brought = tuple(BroughtForward(each, each, ("one",), 15, 15, 4) for each in below)
        return replace(pack(group("one", 15, unit("a"))), id=name, qualification_id=name, brings_forward=brought)

    chain = [made_of("hnc"), made_of("hnd", "hnc"), made_of("degree", "hnd", "hnc")]
    assert list(cycles(chain)) == []
    ring = [made_of("hnc", "degree"), *chain[1:]]
    assert {frozenset(found) for found in cycles(ring)} == {
        frozenset({"hnc", "hnd", "degree"}),
        frozenset({"hnc", "degree"}),
    }
