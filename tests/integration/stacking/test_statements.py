"""An institution's signed statement on a rule set: it names the bytes, is served, and is checked like any credential."""

import json

import pytest

from app.database import transaction
from app.errors import NotFound
from app.stacking import packs, statements
from app.standards.open_badge import digest_sri
from app.verification import verify
from app.verification.report import Outcome
from app.wiring import now
from tests.integration.conftest import PUBLIC_URL, Installation

PUBLISHED = next(each for each in packs.published_packs() if each.pack.path == "/rules/hnc-computing-2022/2")
ADDRESS = PUBLISHED.pack.path + "/statements/northgate"


async def signed(installation: Installation) -> bytes:
    async with transaction(installation.wiring.engine) as conn:
        return await statements.sign(conn, installation.issuer, PUBLISHED, now())


async def outcomes(installation: Installation, document: bytes) -> dict[str, Outcome]:
    submission, _ = verify.read_submission(document)
    report = await installation.wiring.verify(submission)
    return {finding.check: finding.outcome for finding in report.findings}


async def test_a_statement_names_the_bytes_and_who_wrote_them_down(installation: Installation) -> None:
    document = await signed(installation)
    served = await installation.client.get(ADDRESS)
    assert served.content == document
    assert served.headers["content-type"] == "application/vc"
    told = json.loads(document)
    assert told["id"] == PUBLIC_URL + ADDRESS
    assert told["relatedResource"] == [
        {
            "id": PUBLIC_URL + PUBLISHED.pack.path,
            "digestSRI": digest_sri(PUBLISHED.data),
            "mediaType": "application/json",
        }
    ]
    assert told["issuer"]["id"] == installation.issuer.institution.did
    assert "version 2; the rules are those of Pearson" in told["credentialSubject"]["description"]
    assert told["description"].endswith(
        "It was written by the Stackmark project from the sources it names, and was not reviewed by Pearson."
    )


async def test_the_verifier_checks_a_statement_and_finds_a_change(installation: Installation) -> None:
    document = await signed(installation)
    assert (await outcomes(installation, document))["signature"] is Outcome.VALID
    other = document.replace(b"was not reviewed by Pearson", b"was reviewed by Pearson")
    assert (await outcomes(installation, other))["signature"] is Outcome.INVALID
    swapped = document.replace(digest_sri(PUBLISHED.data).encode(), digest_sri(b"other rules").encode())
    assert (await outcomes(installation, swapped))["signature"] is Outcome.INVALID


async def test_a_later_statement_takes_the_place_of_an_earlier_one(installation: Installation) -> None:
    await signed(installation)
    again = await signed(installation)
    assert (await installation.client.get(ADDRESS)).content == again


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/rules/hnc-computing-2022/1/statements/northgate", "rule_statement_unknown"),
        ("/rules/none/1/statements/northgate", "rule_statement_unknown"),
        ("/rules/hnc-computing-2022/2/statements/nobody", "institution_unknown"),
    ],
)
async def test_a_statement_that_was_not_made_is_not_there(installation: Installation, path: str, code: str) -> None:
    answer = await installation.client.get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_an_owner_says_that_the_rules_are_its_own(installation: Installation) -> None:
    institution = installation.issuer.institution
    owned = next(each.pack for each in packs.published_packs() if each.pack.path == PUBLISHED.pack.path)
    assert "not reviewed by Pearson" in statements.written_by(owned, institution)
    with pytest.raises(NotFound) as caught:
        async with transaction(installation.wiring.engine) as conn:
            await statements.find(conn, institution, owned.id, 9)
    assert caught.value.code == "rule_statement_unknown"
