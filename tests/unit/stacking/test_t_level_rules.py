"""The rules of the overall result are read strictly, and a published file never changes."""

import json
from hashlib import sha256

import pytest

from app.catalogue.seed import load_seed
from app.errors import Refused
from app.stacking.t_level_rules import parse_rules, published_bytes, published_rules

# Never change this line: add a version in a file of its own.
PUBLISHED = "7dfde004ab50cc33ca573969f1f2e83403f8337771aeef1be8440dcf1bc29298"


def test_the_published_file_is_the_bytes_it_was():
    rules = published_rules()
    assert (rules.id, rules.version) == ("t-level-overall", 1)
    assert sha256(published_bytes()).hexdigest() == PUBLISHED


def test_every_table_says_for_whom_it_holds_and_where_it_was_read():
    assert [
        (
            table.id,
            table.first_intake,
            table.last_intake,
            table.qualifications,
            [source.key for source in table.sources],
        )
        for table in published_rules().tables
    ] == [
        ("standard", 2021, None, (), ["S01", "S07"]),
        ("landCreative", 2021, None, (), ["S01"]),
        ("starters2020a", 2020, 2020, ("603/5830/0", "603/5832/4"), ["S01", "S07"]),
        ("starters2020b", 2020, 2020, ("603/5829/4",), ["S01", "S07"]),
    ]


def test_grades_are_those_of_the_catalogue():
    units = [unit for entry in load_seed().qualifications if entry.kind == "T Level" for unit in entry.units]
    rules = published_rules()
    assert {unit.passing for unit in units if unit.kind == "core"} == {rules.core_grades}
    assert {unit.passing for unit in units if unit.kind == "occupational_specialism"} == {rules.specialism_grades}
    outcomes = {grade for unit in units if unit.kind == "industry_placement" for grade in unit.grade_scale}
    assert outcomes == {"Met", "Not met"}
    assert outcomes <= {*rules.placement_met, *rules.placement_not_met}


def test_sources_are_those_of_the_catalogue():
    known = {source.key: (source.title, source.url) for source in load_seed().sources}
    for source in published_rules().sources:
        assert known[source.key] == (source.title, source.url)


def changed(change):
    data = json.loads(published_bytes())
    change(data)
    return json.dumps(data).encode()


def table(data, number=0):
    return data["tables"][number]


FAULTS = {
    "a member is missing": lambda data: data.pop("pairs"),
    "a member is not known": lambda data: data.update(note="x"),
    "a text is a number": lambda data: data.update(title=7),
    "a text is empty": lambda data: data.update(label=" "),
    "a version is a truth value": lambda data: data.update(version=True),
    "a version is negative": lambda data: data.update(version=-1),
    "a date is not a date": lambda data: data.update(readOn="yesterday"),
    "a day of the year is not one": lambda data: data["provisional"].update(finalFrom="13-01"),
    "results are final before they are out": lambda data: data["provisional"].update(finalFrom="07-01"),
    "a list is empty": lambda data: data.update(tables=[]),
    "a list is an object": lambda data: data.update(sources={}),
    "an object is a list": lambda data: data.update(ucas=[]),
    "a grade is listed twice": lambda data: data["coreGrades"].append("A"),
    "a row is missing": lambda data: table(data)["rows"].pop("C"),
    "a row too many": lambda data: table(data)["rows"].update({"A\u2217": table(data)["rows"]["A*"]}),
    "a cell is missing": lambda data: table(data)["rows"]["C"].pop("Pass"),
    "a cell is no result": lambda data: table(data)["rows"]["C"].update(Pass="pass"),
    "a cell is no grade": lambda data: table(data)["rows"]["E"].update(Pass="Unclassified"),
    "a better core gives less": lambda data: table(data)["rows"]["A"].update(Pass="Pass"),
    "a better specialism gives less": lambda data: table(data)["rows"]["A*"].update(Merit="Merit"),
    "a table is of nothing": lambda data: table(data).update(catalogueTable=None),
    "a table is of two things": lambda data: table(data).update(qualifications=["603/5830/0"]),
    "two tables have one name": lambda data: table(data, 1).update(id="standard"),
    "two tables hold for one intake": lambda data: table(data, 1).update(catalogueTable="standard"),
    "two tables hold for one title": lambda data: table(data, 3).update(qualifications=["603/5832/4"]),
    "an intake ends before it begins": lambda data: table(data, 2)["intakes"].update({"from": 2021}),
    "an intake before there were T Levels": lambda data: table(data)["intakes"].update({"from": 2019}),
    "a source that is not listed": lambda data: table(data).update(sources=["S99"]),
    "three of two Unclassified": lambda data: table(data).update(unclassifiedWithoutPlacement=3),
    "a pair depends on its order": lambda data: data["pairs"]["Merit"].update(Pass="Merit"),
    "a pair is no grade": lambda data: data["pairs"]["Pass"].update(Pass="Met"),
    "a placement is met and not met": lambda data: data["placement"]["notMet"].append("Met"),
    "a result has no code": lambda data: data["ucas"]["codes"].pop("Merit"),
    "a document of no result": lambda data: data["documents"].update(Bronze="Certificate"),
    "a grade has no points": lambda data: data["ucas"]["points"].pop(),
    "points are stated twice": lambda data: data["ucas"]["points"].append(data["ucas"]["points"][0]),
    "points for no core grade": lambda data: data["ucas"]["points"][0]["core"].append("F"),
    "points are negative": lambda data: data["ucas"]["points"][0].update(points=-1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused(name):
    with pytest.raises(Refused) as caught:
        parse_rules(changed(FAULTS[name]))
    assert caught.value.code == "t_level_rules_invalid"
    assert caught.value.message.startswith("The rules of the T Level result cannot be used: ")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"id": "a", "id": "b"}', b"\xff"])
def test_bytes_that_are_no_rules_are_refused(data):
    with pytest.raises(Refused) as caught:
        parse_rules(data)
    assert caught.value.code == "t_level_rules_invalid"
