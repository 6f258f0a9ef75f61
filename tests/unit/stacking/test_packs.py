"""Rule packs are read strictly, and a published one never changes."""

import json
from hashlib import sha256

import pytest

from app.catalogue.seed import load_seed
from app.errors import NotFound, Refused
from app.stacking import packs
from app.stacking.model import GroupKind

PUBLISHED = {
    # A published pack is named by digest in awards. Never change a line here: add a version.
    ("hnc-computing-2022", 1): "59719cecd094e589d5805dcb4223bc318766bd5dfac72b4a351c4f457a15f480",
}
HNC = packs.find_pack("hnc-computing-2022", 1)
QUALIFICATIONS = {entry.id: entry for entry in load_seed().qualifications}


def test_published_packs_are_the_bytes_they_were():
    found = {(entry.pack.id, entry.pack.version): sha256(entry.data).hexdigest() for entry in packs.published_packs()}
    assert found == PUBLISHED


def test_published_packs_agree_with_the_catalogue():
    for entry in packs.published_packs():
        pack = entry.pack
        qualification = QUALIFICATIONS[pack.qualification_id]
        units = {unit.id: unit for unit in qualification.units}
        assert (pack.qualification_title, pack.total_credits) == (
            qualification.title,
            qualification.total_credits,
        )
        for group in pack.groups:
            for unit in group.units:
                listed = units[unit.id]
                assert (unit.code, unit.title, unit.credits) == (listed.code, listed.title, listed.credits)
                assert listed.level == pack.level
                assert [grade.grade for grade in pack.grades] == list(listed.grade_scale)
                assert tuple(grade.grade for grade in pack.grades if grade.passes) == listed.passing


def test_hnc_computing():
    assert (HNC.minimum_credits_passed, HNC.total_credits, HNC.level) == (105, 120, 4)
    assert [(band.grade, band.from_points) for band in HNC.bands] == [
        ("Pass", 420),
        ("Merit", 600),
        ("Distinction", 840),
    ]
    assert [(group.kind, group.credits) for group in HNC.groups] == [
        (GroupKind.MANDATORY, 90),
        (GroupKind.PATHWAY, 15),
        (GroupKind.OPTIONAL, 15),
    ]
    assert HNC.path == "/rules/hnc-computing-2022/1"
    assert all((HNC.sources, HNC.attribution, HNC.verified, HNC.unverified))


def test_bytes_are_found_by_id_and_version():
    assert packs.pack_bytes("hnc-computing-2022") == packs.pack_bytes("hnc-computing-2022", 1)
    assert packs.parse_pack(packs.pack_bytes("hnc-computing-2022")) == HNC
    for pack_id, version in (("hnc-computing-2022", 99), ("../hnc", None), ("", None)):
        with pytest.raises(NotFound) as caught:
            packs.pack_bytes(pack_id, version)
        assert caught.value.code == "rule_pack_unknown"


def changed(change):
    data = json.loads(packs.pack_bytes("hnc-computing-2022"))
    change(data)
    return json.dumps(data).encode()


FAULTS = {
    "a member is missing": lambda data: data.pop("bands"),
    "a member is not known": lambda data: data.update(note="x"),
    "an unknown member below": lambda data: data["groups"][0]["units"][0].update(level=4),
    "a text is a number": lambda data: data.update(title=7),
    "a text is empty": lambda data: data.update(title=" "),
    "a number is a text": lambda data: data.update(minimumCreditsPassed="105"),
    "a number is a truth value": lambda data: data.update(version=True),
    "a number is negative": lambda data: data["grades"][0].update(pointsPerCredit=-1),
    "a truth value is a number": lambda data: data["grades"][0].update(passes=1),
    "a group is of no known kind": lambda data: data["groups"][0].update(kind="elective"),
    "a list is empty": lambda data: data.update(groups=[]),
    "a list is an object": lambda data: data.update(groups={}),
    "an object is a list": lambda data: data.update(qualification=[]),
    "a date is not a date": lambda data: data["effective"].update({"from": "yesterday"}),
    "it ends before it starts": lambda data: data["effective"].update({"until": "2021-12-31"}),
    "a unit is in two groups": lambda data: data["groups"][1]["units"].append(data["groups"][0]["units"][0]),
    "groups do not add up": lambda data: data["qualification"].update(totalCredits=135),
    "a mandatory group asks for less": lambda data: (
        data["groups"][0].update(credits=75),
        data["qualification"].update(totalCredits=105),
    ),
    "a group cannot be filled": lambda data: data["groups"][2]["units"][0].update(credits=20),
    "more passed than there are": lambda data: data.update(minimumCreditsPassed=121),
    "bands are out of order": lambda data: data["bands"].reverse(),
    "complete without a grade": lambda data: data["bands"].pop(0),
    "a grade is repeated": lambda data: data["grades"].append(data["grades"][0]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused(name):
    with pytest.raises(Refused) as caught:
        packs.parse_pack(changed(FAULTS[name]))
    assert caught.value.code == "rule_pack_invalid"
    assert caught.value.message.startswith("The rule set cannot be used: ")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"id": "a", "id": "b"}', b"\xff"])
def test_bytes_that_are_no_pack_are_refused(data):
    with pytest.raises(Refused) as caught:
        packs.parse_pack(data)
    assert caught.value.code == "rule_pack_invalid"
