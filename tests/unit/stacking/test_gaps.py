"""Dead ends in a region's ladders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.seed import load_seed
from app.errors import Refused
from app.stacking.explorer import build
from app.stacking.gaps import Gap, GapCode, Offer, find_gaps
from app.stacking.packs import newest_packs
from app.stacking.paths_published import published_paths
from app.stacking.region_reading import read_region

SEED = load_seed()
PACKS = newest_packs()
GRAPH = build(SEED, PACKS, published_paths())
QUALIFICATIONS = {each.id: each for each in SEED.qualifications}
LADDER = ("tlevel-61058014", "hnc-computing", "hnd-computing-england-network", "bsc-computing-topup")


def found(*offered: str) -> list[Gap]:
    offers = [Offer("10000001", "Northgate College", name) for name in offered]
    return [gap for gap in find_gaps(GRAPH, SEED, PACKS, offers) if gap.code is not GapCode.KSBS_OPEN]


def told(*offered: str) -> list[tuple[str, str]]:
    return [(gap.code.value, gap.qualification_id) for gap in found(*offered)]


def test_a_whole_ladder_has_no_dead_end() -> None:
    assert told(*LADDER) == []


def test_a_t_level_from_which_nothing_follows() -> None:
    assert told("tlevel-61058014") == [("t_level_leads_to_no_level_4", "tlevel-61058014")]
    assert told("tlevel-61058014", "hnc-computing") == []


def test_an_htq_that_no_degree_builds_on() -> None:
    assert told(*LADDER[:3]) == [("htq_leads_to_no_degree", "hnd-computing-england-network")]


def test_a_level_that_is_left_out() -> None:
    [gap] = found("tlevel-61058014", "hnc-computing", "bsc-computing-topup")
    assert (gap.code, gap.qualification_id, gap.details) == (
        GapCode.LEVEL_SKIPPED,
        "hnc-computing",
        ("bsc-computing-topup",),
    )
    assert gap.sentence.startswith("Level 5 is left out on the way to ")
    assert gap.providers == ("Northgate College",)


def test_an_hnd_holds_level_4_itself() -> None:
    assert told("tlevel-61058014", "hnd-computing-england-network", "bsc-computing-topup") == []


def test_a_unit_that_no_rule_set_counts() -> None:
    [gap] = [gap for gap in find_gaps(GRAPH, SEED, PACKS) if gap.code is GapCode.UNIT_UNCOUNTED]
    assert gap.details == ("hnd-computing-england-cyber-cyber-security",)
    assert "1 unit that no rule set counts." in gap.sentence


def test_statements_that_no_unit_evidences() -> None:
    [gap] = [
        gap
        for gap in find_gaps(GRAPH, SEED, PACKS, [Offer("10000001", "Northgate College", LADDER[2])])
        if gap.code is GapCode.KSBS_OPEN
    ]
    occupation = next(each for each in SEED.occupations if each.id == "OCC0127")
    evidenced = {mapping.ksb_id for unit in QUALIFICATIONS[LADDER[2]].units for mapping in unit.ksbs}
    assert set(gap.details) == {ksb.id for ksb in occupation.ksbs} - evidenced
    assert gap.sentence.startswith(f"{len(gap.details)} of {len(occupation.ksbs)} statements of Network engineer")


@given(st.lists(st.sampled_from(sorted(QUALIFICATIONS)), unique=True), st.sampled_from(sorted(QUALIFICATIONS)))
def test_more_on_offer_never_makes_a_dead_end_of_what_led_on(offered: list[str], more: str) -> None:
    ends = {GapCode.T_LEVEL_ENDS, GapCode.HTQ_ENDS}
    before = {(gap.code, gap.qualification_id) for gap in found(*offered)}
    after = {(gap.code, gap.qualification_id) for gap in found(*offered, more)}
    assert {each for each in after - before if each[0] in ends and each[1] != more} == set()
    assert {gap.qualification_id for gap in found(*offered)} <= set(offered)


REGION = "ukprn,name,qualification\n10000020,Northgate College,hnc-computing\n10000020,Northgate College,{}\n"


def test_a_region_is_read() -> None:
    offers = read_region(REGION.format("aat-l4-pat").encode(), QUALIFICATIONS)
    assert offers == (
        Offer("10000020", "Northgate College", "hnc-computing"),
        Offer("10000020", "Northgate College", "aat-l4-pat"),
    )
    assert read_region(b"\xef\xbb\xbf" + REGION.format("aat-l4-pat").encode(), QUALIFICATIONS) == offers


def test_faults_of_a_region_are_told_by_row_and_column() -> None:
    data = "ukprn,name,qualification\n1,Northgate,hnc-computing\n10000020,,hnc-computing\n10000020,Northgate,none\n"
    with pytest.raises(Refused) as caught:
        read_region(data.encode(), QUALIFICATIONS)
    assert caught.value.code == "region_file_has_errors"
    assert [(each["row"], each["column"]) for each in caught.value.details["problems"]] == [
        (1, "ukprn"),
        (2, "name"),
        (3, "qualification"),
    ]


@pytest.mark.parametrize("data", [b"", b"\xff", b"a,b\n1,2\n", b"ukprn,name\n1,2\n"])
def test_what_is_no_region_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_region(data, QUALIFICATIONS)
    assert caught.value.code == "region_file_unreadable"
