"""Results files against a real database: dry run, all or nothing, idempotence, every bad sample."""

import json
from datetime import date

import pytest
from sqlalchemy import text

from app.credentials import cohort_import
from app.credentials import service as credentials
from app.database import transaction
from app.errors import AppError, Conflict, Refused
from app.wiring import now
from tests.integration.conftest import ROOT, Installation

HEADINGS = "learner_name,uln,email,qualification,component,grade,award_date\n"
GOOD = HEADINGS + (
    "Anna Müller,1234567899,anna@example.org,603/7595/4,1,Merit,2026-06-26\n"
    "Anna Müller,1234567899,anna@example.org,603/7595/4,2,Pass,26/06/2026\n"
    "Seán Ó Briain,5000000039,sean@example.org,603/7595/4,1,Unclassified,2026-06-26\n"
)
BAD = json.loads((ROOT / "samples" / "bad" / "expected.json").read_text())


async def commit(installation: Installation, data: bytes, key: str | None = None) -> tuple[object, bool]:
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await cohort_import.commit(conn, issuer, data, file_name="results.csv", idempotency_key=key, now=now())


async def count(installation: Installation, table: str) -> int:
    async with transaction(installation.wiring.engine) as conn:
        return int((await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_dry_run_writes_nothing_and_commit_signs_everything(installation: Installation) -> None:
    async with transaction(installation.wiring.engine) as conn:
        checked = await cohort_import.dry_run(conn, installation.issuer, GOOD.encode(), date(2026, 11, 22))
    assert (checked.row_count, checked.learner_count, checked.errors) == (3, 2, ())
    assert await count(installation, "credentials") == 0
    cohort, is_new = await commit(installation, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert is_new
    assert await count(installation, "credentials") == 3
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        progress = await credentials.import_progress(conn, cohort)  # type: ignore[arg-type]
    assert (progress.prepared, progress.signed, progress.anchored) == (0, 3, 3)


async def test_the_same_file_again_makes_nothing_new(installation: Installation) -> None:
    first, is_new = await commit(installation, GOOD.encode())
    again, is_new_again = await commit(installation, GOOD.encode())
    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert await count(installation, "credentials") == 3


async def test_the_same_key_for_another_file_is_refused(installation: Installation) -> None:
    first, _ = await commit(installation, GOOD.encode(), "summer-1")
    again, is_new = await commit(installation, GOOD.encode(), "summer-1")
    assert again == first
    assert not is_new
    with pytest.raises(Conflict) as refused:
        await commit(installation, GOOD.replace("Pass", "Merit").encode(), "summer-1")
    assert refused.value.code == "idempotency_key_reused"


async def test_another_file_with_a_result_already_issued_is_refused_whole(installation: Installation) -> None:
    await commit(installation, GOOD.encode())
    more = GOOD.replace(",2,Pass", ",3,Pass").encode()
    with pytest.raises(Conflict) as refused:
        await commit(installation, more)
    assert refused.value.code == "award_duplicate"
    assert await count(installation, "credentials") == 3
    assert await count(installation, "cohort_imports") == 1


async def test_one_bad_row_refuses_the_whole_file(installation: Installation) -> None:
    with pytest.raises(Refused) as refused:
        await commit(installation, GOOD.replace("5000000039", "5000000038").encode())
    assert refused.value.code == "file_has_errors"
    assert refused.value.details["problems"][0]["row"] == 4
    assert "5000000038" not in str(refused.value.details)
    for table in ("credentials", "cohort_imports", "learners"):
        assert await count(installation, table) == 0


async def test_an_institution_without_accreditation_is_refused(installation: Installation) -> None:
    file = HEADINGS + "Anna Müller,1234567899,anna@example.org,603/7595/4,1,Merit,2019-06-26\n"
    with pytest.raises(Refused) as refused:
        await commit(installation, file.encode())
    assert [problem["code"] for problem in refused.value.details["problems"]] == ["not_accredited"]


@pytest.mark.parametrize("name", sorted(BAD))
async def test_every_bad_sample_is_refused_and_leaves_nothing(installation: Installation, name: str) -> None:
    data = (ROOT / "samples" / "bad" / name).read_bytes()
    async with transaction(installation.wiring.engine) as conn:
        checked = await cohort_import.dry_run(conn, installation.issuer, data, date(2026, 11, 22))
    expected = {entry["code"] for entry in BAD[name]}
    assert expected <= {problem.code for problem in checked.problems}
    if checked.errors or not checked.file.rows:
        with pytest.raises(AppError):
            await commit(installation, data)
        assert await count(installation, "credentials") == 0
    else:
        assert {problem.severity for problem in checked.problems} == {"warning"}
