"""The statements that the W3C suites test, put to the conformance tenant over its API as the suites put them."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from app.standards import data_integrity, vc
from tests.integration.web.suite_statements import BEYOND, DATA_MODEL, Statement
from tests.integration.web.tenant import Suite, a_suite, unsigned


@pytest.fixture
async def suite() -> AsyncIterator[Suite]:
    async with a_suite() as made:
        yield made


def by(issuer: str, value: Any) -> Any:
    """`value` with the issuer's name where the table leaves it open."""
    if isinstance(value, dict):
        return {name: by(issuer, inner) for name, inner in value.items()}
    return issuer if value == "ISSUER" else value


# Issuing: the data model -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", DATA_MODEL, ids=lambda one: f"{one.section} {one.words}")
async def test_the_data_model(suite: Suite, statement: Statement) -> None:
    issuer = suite.keys[0].did
    for document in statement.takes:
        answer = await suite.issue(by(issuer, document))
        assert answer.status_code == 201, (answer.text, document)
        signed = answer.json()["verifiableCredential"]
        assert {name: signed[name] for name in document} == by(issuer, document)
        answer = await suite.verify(signed, checks=["proof"])
        assert (answer.status_code, answer.json()["verified"]) == (200, True), (answer.text, document)
    for document in statement.refuses:
        answer = await suite.issue(by(issuer, document))
        assert (answer.status_code, "code" in answer.json()) == (400, True), (answer.text, document)


@pytest.mark.parametrize("statement", DATA_MODEL, ids=lambda one: f"{one.section} {one.words}")
async def test_a_verifier_refuses_what_no_issuer_may_sign(suite: Suite, statement: Statement) -> None:
    """Signed over JSON, which anybody can do to any document, by the issuer itself."""
    key = suite.keys[0]
    for document in statement.refuses:
        plain = {"issuer": key.did, **by(key.did, document)}
        signed = data_integrity.sign_jcs(plain, key.id, datetime(2026, 1, 1, tzinfo=UTC), key.sign)
        for options in ({}, {"checks": ["proof"]}):
            answer = await suite.verify(signed, **options)
            if options and answer.status_code == 200:
                # A proof over JSON asks for no meaning of the words.
                assert all(code.startswith(NOT_OF_FORM) for code in await codes(suite, signed))
            else:
                assert (answer.status_code, answer.json()["verified"]) == (400, False), (answer.text, document)


NOT_OF_FORM = ("term_", "context_", "not_json_ld", "keyword_", "reference_", "control_")


async def codes(suite: Suite, signed: Mapping[str, Any]) -> list[str]:
    return [one["code"] for one in (await suite.verify(signed)).json()["errors"]]


async def test_what_is_beyond_this_tenant_it_does_as_said(suite: Suite) -> None:
    answered = {}
    hebrew = {"@value": "x", "@language": "he", "@direction": "rtl"}
    answered["4.6 direction"] = (await suite.issue(unsigned(name=hebrew))).json()["code"]
    false = {"id": "https://example.org/1", "digestSRI": "sha384-AAAA"}
    answered["5.3 digests"] = (await suite.issue(unsigned(relatedResource=false))).status_code
    envelope = {
        "@context": [vc.CONTEXT],
        "id": "data:application/vc+jwt,eyJ.eyJ.x",
        "type": "EnvelopedVerifiableCredential",
    }
    answered["4.13 envelopes"] = (await suite.verify(envelope, checks=["proof"])).json()["verified"]
    assert answered == {"4.6 direction": "keyword_not_allowed", "5.3 digests": 201, "4.13 envelopes": False}
    assert answered.keys() == BEYOND.keys()
