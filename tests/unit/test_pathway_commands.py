"""`stackmark pathway`: what curriculum staff read, and the exit codes programs go by."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.errors import NotFound, Refused
from app.stacking.packs import pack_bytes

HND = pack_bytes("hnd-computing-network-2022", 1)
HELD = "unit,grade,awardedOn\nhnc-computing-u01,Merit,2026-01-05\nhnc-computing-u01,Pass,2025-01-05\n"


def said(*words: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["pathway", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code
    return result.stdout


def test_a_good_pack_is_told_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "pack.json"
    file.write_bytes(HND)
    assert said("check", file).splitlines()[-1].endswith("can be used: 0 problems, 0 warnings.")
    assert json.loads(said("check", file, "--json")) == {
        "file": str(file),
        "usable": True,
        "pack": {"id": "hnd-computing-network-2022", "version": 1},
        "found": [],
    }


def test_each_problem_has_its_file_line_member_and_sentence(tmp_path: Path) -> None:
    file = tmp_path / "pack.json"
    file.write_bytes(HND.replace(b'"credits": 45}', b'"credits": 46}', 1))
    line = HND.decode().split('"credits": 45}')[0].count("\n") + 1
    told = said("check", file, code=1).splitlines()
    assert told[0].startswith(f"{file}:{line}: problem: groups[3].choose: the units of ")
    assert told[0].endswith("(pack_unsatisfiable)")
    assert told[-1] == "This pack cannot be used: 1 problems, 0 warnings."
    [found] = json.loads(said("check", file, "--json", code=1))["found"]
    assert (found["severity"], found["code"], found["line"], found["where"]) == (
        "problem",
        "pack_unsatisfiable",
        line,
        "groups[3].choose",
    )


def test_a_warning_does_not_stop_a_pack(tmp_path: Path) -> None:
    file = tmp_path / "pack.json"
    file.write_bytes(HND.replace(b'"version": 1', b'"version": 2').replace(b"bsc-computing-topup", b"nowhere"))
    told = said("check", file).splitlines()
    assert told[0].endswith("leadsTo[0]: there is no published rule set nowhere. (pack_leads_nowhere)")
    assert told[-1].endswith("can be used: 0 problems, 1 warnings.")


def test_a_pack_is_shown_by_its_name_its_version_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "pack.json"
    file.write_bytes(HND)
    by_file = said("show", file)
    assert by_file == said("show", "hnd-computing-network-2022") == said("show", "hnd-computing-network-2022/1")
    assert "Not confirmed by a source" in by_file
    for name in ("none", "hnd-computing-network-2022/9", "hnd-computing-network-2022/x"):
        with pytest.raises(NotFound) as caught:
            said("show", name)
        assert caught.value.code == "rule_pack_unknown"


def test_trying_a_pack_tells_every_addition_and_refusal(tmp_path: Path) -> None:
    file = tmp_path / "held.csv"
    file.write_text(HELD)
    told = said("try", "hnc-computing-2022", file, "--as-of", "2026-07-01").splitlines()
    assert told[0] == "HNC in Computing (2022): combination and grade, version 2, on 1 July 2026"
    rows = [line.split() for line in told[2:4]]
    assert [row[:5] for row in rows] == [
        ["2", "2025-01-05", "-", "-", "refused_duplicate_unit"],
        ["1", "2026-01-05", "+15", "core", "counted"],
    ]
    assert told[4].split() == ["Together", "15", "of", "120", "credits"]
    earlier = said("try", "hnc-computing-2022", file, "--as-of", "2025-07-01")
    assert "refused_not_yet_awarded" in earlier


def test_a_file_with_faults_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "held.csv"
    file.write_text(HELD.replace("u01", "u77"))
    with pytest.raises(Refused) as caught:
        said("try", "hnc-computing-2022", file)
    assert [each["row"] for each in caught.value.details["problems"]] == [1, 2]


def test_gaps_of_a_region_as_a_table_and_as_json(tmp_path: Path) -> None:
    file = tmp_path / "region.csv"
    file.write_text("ukprn,name,qualification\n10000020,Northgate College,tlevel-61058014\n")
    result = CliRunner().invoke(app, ["pathways", "gaps", "--region", str(file)])
    assert result.exit_code == 0
    [line] = [line for line in result.stdout.splitlines() if "Northgate College" in line]
    assert line.startswith("t_level_leads_to_no_level_4   tlevel-61058014 ")
    [gap] = json.loads(CliRunner().invoke(app, ["pathways", "gaps", "--region", str(file), "--json"]).stdout)["gaps"]
    assert (gap["code"], gap["qualification"], gap["providers"]) == (
        "t_level_leads_to_no_level_4",
        "tlevel-61058014",
        ["Northgate College"],
    )
