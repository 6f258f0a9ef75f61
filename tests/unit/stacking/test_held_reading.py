"""Files of held credentials to try a pack on: both forms say the same; every fault is named by row and column."""

import json
from datetime import date
from uuid import UUID

import pytest

from app.catalogue.seed import load_seed
from app.errors import Refused
from app.stacking.held import HeldKind, Origin, Standing
from app.stacking.held_reading import read_held
from app.stacking.packs import find_pack
from app.stacking.rules import evaluate

SEED = load_seed()
HND = find_pack("hnd-computing-network-2022")
ROWS = [
    {"unit": "hnc-computing-u01", "grade": "Merit", "awardedOn": "2026-01-05", "origin": "transfer"},
    {"qualification": "hnc-computing", "grade": "Pass", "awardedOn": "2025-07-01", "framework": "RQF"},
    {"unit": "tlevel-61058014-placement", "grade": "Met", "awardedOn": "2024-07-01", "hours": "315"},
    {
        "unit": "hnc-computing-u02",
        "grade": "Unclassified",
        "awardedOn": "2026-01-05",
        "standing": "revoked",
        "endedOn": "2026-02-01",
    },
]
COLUMNS = ["unit", "qualification", "grade", "awardedOn", "origin", "framework", "hours", "standing", "endedOn"]
CSV = "\n".join([",".join(COLUMNS), *(",".join(row.get(name, "") for name in COLUMNS) for row in ROWS)])


def test_both_forms_say_the_same() -> None:
    from_csv = read_held(CSV.encode(), HND, SEED)
    assert from_csv == read_held(json.dumps(ROWS).encode(), HND, SEED)
    assert from_csv == read_held(json.dumps({"credentials": ROWS}).encode(), HND, SEED)
    assert from_csv == read_held(b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode(), HND, SEED)
    unit, award, placement, withdrawn = from_csv
    assert (unit.id, unit.title, unit.credits, unit.origin) == (UUID(int=1), "Programming", 15, Origin.TRANSFER)
    assert (award.kind, award.qualification_kind, award.credits) == (HeldKind.AWARD, "HNC", 120)
    assert (placement.qualification_kind, placement.hours, placement.passed) == ("T Level", 315, True)
    assert (withdrawn.passed, withdrawn.standing_on(date(2026, 1, 31))) == (False, Standing.IN_FORCE)
    assert withdrawn.standing_on(date(2026, 2, 1)) is Standing.REVOKED


def test_what_is_read_can_be_evaluated() -> None:
    outcome = evaluate(HND, read_held(CSV.encode(), HND, SEED), date(2026, 7, 1))
    assert [reason.code for reason in outcome.reasons] == [
        "refused_no_credit",
        "counted_brought_forward",
        "refused_group_full",
        "refused_revoked",
    ]


def test_every_fault_is_told_with_its_row_and_column() -> None:
    rows = [
        {"unit": "none", "grade": "Pass", "awardedOn": "2026-01-05"},
        {"grade": "Pass", "awardedOn": "2026-01-05"},
        {"unit": "hnc-computing-u01", "grade": "Pass"},
        {"unit": "hnc-computing-u01", "grade": "Pass", "awardedOn": "5 January"},
        {"unit": "hnc-computing-u01", "grade": 7, "awardedOn": "2026-01-05"},
        {"unit": "hnc-computing-u01", "awardedOn": "2026-01-05", "origin": "abroad"},
        {"unit": "hnc-computing-u01", "awardedOn": "2026-01-05", "standing": "lost"},
        {"unit": "hnc-computing-u01", "awardedOn": "2026-01-05", "framework": "NVQ"},
        {"unit": "hnc-computing-u01", "awardedOn": "2026-01-05", "hours": -1},
        {"unit": "hnc-computing-u01", "awardedOn": "2026-01-05", "mark": "70"},
        {"qualification": "none", "awardedOn": "2026-01-05"},
    ]
    with pytest.raises(Refused) as caught:
        read_held(json.dumps(rows).encode(), HND, SEED)
    assert caught.value.code == "held_file_has_errors"
    assert [(each["row"], each["column"]) for each in caught.value.details["problems"]] == list(
        enumerate(
            [
                "unit",
                "unit",
                "awardedOn",
                "awardedOn",
                "grade",
                "origin",
                "standing",
                "framework",
                "hours",
                "mark",
                "qualification",
            ],
            1,
        )
    )


@pytest.mark.parametrize("data", [b"\xff", b"{", b"[", b'{"credentials": 1}', b"[1]", b"{}"])
def test_what_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_held(data, HND, SEED)
    assert caught.value.code == "held_file_unreadable"


def test_more_credentials_than_one_learner_can_hold_are_refused() -> None:
    rows = "unit,grade,awardedOn\n" + "hnc-computing-u01,Pass,2026-01-05\n" * 10_001
    with pytest.raises(Refused, match="10,000"):
        read_held(rows.encode(), HND, SEED)
