"""Cohort imports over the API."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.integration.web.test_api_credentials import assert_problem

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
HEADING = "learner_name,uln,email,qualification,component,grade,award_date\n"
ANNA = "Anna Müller,1234567899,anna@example.org,603/7595/4,{},Merit,2026-06-26\n"
CSV = {"Content-Type": "text/csv"}


async def test_dry_run_commit_and_progress(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    file = (HEADING + ANNA.format(1) + ANNA.format(2)).encode()
    tried = await client.post("/api/imports?dry_run=true", content=file, headers=headers | CSV)
    assert tried.status_code == 200, tried.text
    assert tried.json()["can_be_imported"] is True
    assert (tried.json()["rows_without_error"], tried.json()["learners"]) == (2, 1)
    # The file's two rows share one entry in the register, and it is this wallet's first.
    cost = tried.json()["cost"]
    assert (cost["gas"], cost["currency"], cost["pounds"]) == (70_000, "play money", None)
    assert int(cost["fee_wei"]) > 0
    assert cost["sentence"].startswith("one entry in the public register, 70,000 gas, at most 0.")
    assert (await client.get("/api/imports", headers=headers)).json() == {"imports": []}
    sent = {"file": ("../../results 2026.csv", file, "text/csv")}
    made = await client.post("/api/imports", files=sent, headers=headers | {"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    assert made.json()["file_name"] == "results 2026.csv"
    assert (made.json()["prepared"], made.json()["signed"], made.json()["anchored"]) == (2, 0, 0)
    again = await client.post("/api/imports", content=file, headers=headers | CSV)
    assert again.status_code == 200
    assert again.json()["id"] == made.json()["id"]
    await installation.work()
    shown = await client.get(made.headers["location"], headers=headers)
    assert (shown.json()["prepared"], shown.json()["signed"], shown.json()["anchored"]) == (0, 2, 2)
    assert len((await client.get("/api/imports", headers=headers)).json()["imports"]) == 1


async def test_problems_by_row_and_column(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue") | CSV
    file = (HEADING + ANNA.format(1) + ANNA.format(2).replace("1234567899", "1234567890")).encode()
    tried = (await client.post("/api/imports?dry_run=true", content=file, headers=headers)).json()
    assert tried["can_be_imported"] is False
    assert [(item["row"], item["column"], item["code"]) for item in tried["problems"]] == [(3, "uln", "uln_checksum")]
    assert tried["problem_counts"] == {"uln_checksum": 1}
    refused = await client.post("/api/imports", content=file, headers=headers)
    problem = assert_problem(refused, 422, "file_has_errors")
    assert problem["details"]["problems"][0]["row"] == 3
    assert "1234567890" not in refused.text
    listed = await client.get("/api/credentials", headers=installation.headers("issue"))
    assert listed.json()["credentials"] == []


async def test_requests_that_are_refused(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    one, two = (HEADING + ANNA.format(1)).encode(), (HEADING + ANNA.format(2)).encode()
    key = headers | CSV | {"Idempotency-Key": "k"}
    assert (await client.post("/api/imports", content=one, headers=key)).status_code == 201
    assert_problem(await client.post("/api/imports", content=two, headers=key), 409, "idempotency_key_reused")
    assert_problem(
        await client.post("/api/imports", content=one, headers=headers | {"Content-Type": "image/png"}),
        415,
        "media_type_unknown",
    )
    assert_problem(await client.post("/api/imports", files={"other": b"x"}, headers=headers), 422, "file_missing")
    broken = headers | {"Content-Type": "multipart/form-data; boundary=x"}
    assert_problem(await client.post("/api/imports", content=b"--y\r\n", headers=broken), 400, "form_malformed")
    assert_problem(await client.get(f"/api/imports/{uuid4()}", headers=headers), 404, "import_unknown")
    empty = await client.post("/api/imports", content=HEADING.encode(), headers=headers | CSV)
    assert_problem(empty, 422, "file_has_errors")


async def test_another_institutions_import_does_not_exist(installation: Any) -> None:
    made = await installation.client.post(
        "/api/imports", content=(HEADING + ANNA.format(1)).encode(), headers=installation.headers("issue") | CSV
    )
    stranger = {"Authorization": f"Bearer {installation.other_api_key['issue']}"}
    shown = await installation.client.get(made.headers["location"], headers=stranger)
    assert_problem(shown, 404, "import_unknown")


async def test_files_over_ten_megabytes(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue") | CSV
    over_the_files_own_limit = b"x" * (10 * 1024 * 1024 + 1)
    tried = await client.post("/api/imports?dry_run=true", content=over_the_files_own_limit, headers=headers)
    assert tried.json()["problem_counts"] == {"file_too_large": 1}
    far_over = b"x" * (10 * 1024 * 1024 + 200_000)
    assert_problem(await client.post("/api/imports", content=far_over, headers=headers), 413, "body_too_large")

    async def unannounced() -> Any:
        for _ in range(170):
            yield b"x" * 64 * 1024

    # Without a Content-Length the bytes themselves are counted.
    assert_problem(await client.post("/api/imports", content=unannounced(), headers=headers), 413, "body_too_large")


async def test_the_sample_cohort_can_be_imported(installation: Any) -> None:
    file = (SAMPLES / "hnc-computing-2026.csv").read_bytes()
    tried = await installation.client.post(
        "/api/imports?dry_run=true", content=file, headers=installation.headers("issue") | CSV
    )
    assert tried.json()["can_be_imported"] is True, tried.text[:500]
