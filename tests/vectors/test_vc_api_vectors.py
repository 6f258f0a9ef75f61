"""The signed vectors of the W3C suites as a conformance suite posts them: to the API, for their proofs alone."""

from pathlib import Path
from typing import Any

from pyld import jsonld

from app.adapters.contexts import conformance_canonicaliser, pinned_contexts
from app.conformance.vocabulary import all_contexts
from app.standards import data_integrity, did, vc_1_1
from tests.integration.web.tenant import a_suite, unsigned
from tests.unit.standards import sample
from tests.vectors import published
from tests.vectors.test_foreign_verifiers import ask

EDDSA, ECDSA = published.folder("di-eddsa"), published.folder("di-ecdsa")
SIGNED = sorted(
    path
    for folder, pattern in ((EDDSA, "signed*.json"), (ECDSA, "signed*.json"), (ECDSA, "derivedRevealDocument.json"))
    for path in folder.rglob(pattern)
)
BASE = sorted(ECDSA.rglob("addSignedSDBase.json"))


def named(path: Path) -> str:
    return path.relative_to(EDDSA.parent).as_posix()


def over_json(path: Path) -> bool:
    return "jcs" in named(path)


def known(signed: dict[str, Any]) -> bool:
    return set(signed["@context"]) <= set(all_contexts())


async def test_signatures_over_json_hold() -> None:
    vectors = [path for path in SIGNED if over_json(path)]
    assert len(vectors) == 3
    async with a_suite() as suite:
        for path in vectors:
            signed = published.read(path)
            answer = await suite.verify(signed, checks=["proof"])
            assert (answer.status_code, answer.json()["verified"]) == (200, True), named(path)
            for place, changed in sample.changed_leaves(signed):
                answer = await suite.verify(changed, checks=["proof"])
                assert (answer.status_code, answer.json()["verified"]) == (400, False), (named(path), place)


async def test_signatures_over_meaning_hold_where_the_vocabulary_is_known() -> None:
    """Some vectors use a vocabulary that nobody here knows (of citizens): it cannot tell, and says which."""
    vectors = [path for path in SIGNED if not over_json(path) and path.parent.name != "Ed25519Signature2020"]
    assert len(vectors) >= 10
    async with a_suite() as suite:
        for path in vectors:
            signed = published.read(path)
            report = (await suite.verify(signed, checks=["proof"])).json()
            codes = [one["code"] for one in report["errors"]]
            expected = (True, []) if known(signed) else (False, ["context_unknown"])
            assert ((report["verified"], codes), report["verdict"]) == (expected, "cannot tell"), named(path)


async def test_no_vector_is_verified_unless_it_is_asked_for_by_name() -> None:
    """Bound by default: nobody here knows these issuers."""
    async with a_suite() as suite:
        for path in SIGNED:
            answer = await suite.verify(published.read(path))
            assert (answer.status_code, answer.json()["verified"]) == (400, False), named(path)
            assert answer.json()["verdict"] in ("not valid", "cannot tell")


async def test_what_no_verifier_may_take() -> None:
    async with a_suite() as suite:
        older = await suite.verify(
            published.read(EDDSA / "Ed25519Signature2020" / "signedEdSig.json"), checks=["proof"]
        )
        assert [one["code"] for one in older.json()["errors"]] == ["proof_type_unknown"]
        assert BASE
        for path in BASE:
            answer = await suite.verify(published.read(path), checks=["proof"])
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "proof_is_base")


async def test_what_the_tenant_signs_others_verify() -> None:
    """Both versions of the data model, in JavaScript; and what was changed they refuse as we do."""
    async with a_suite() as suite:
        key = suite.keys[0]
        older = {"@context": [vc_1_1.CONTEXT], "issuanceDate": "2020-03-16T22:37:26Z"}
        signed = [await suite.issued(unsigned(**changes)) for changes in ({}, older)]
        changed = [one | {"credentialSubject": {"id": "did:example:another"}} for one in signed]
        ours = [(await suite.verify(one, checks=["proof"])).json()["verified"] for one in (*signed, *changed)]
    given = {key.did: did.key_document(key.did)}
    answers = ask("verify.mjs", [{"credential": one, "documents": given} for one in (*signed, *changed)])
    assert [answer["verified"] for answer in answers] == ours == [True, True, False, False], answers


def by_pyld(document: dict[str, Any], contexts: dict[str, Any]) -> bytes:
    """The canonical N-Quads of a library that nobody here wrote."""

    def load(url: str, _: Any) -> dict[str, Any]:
        context = {"@context": contexts[url]}
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": context}

    options = {"documentLoader": load, "algorithm": "URDNA2015", "format": "application/n-quads"}
    made: str = jsonld.normalize(document, options)
    return made.encode()


def test_the_vocabulary_of_version_1_1_is_the_published_one() -> None:
    contexts = pinned_contexts() | {vc_1_1.CONTEXT: published.context("credentials-v1.jsonld")}
    document = vc_1_1.with_proof_context(
        unsigned(
            **{"@context": [vc_1_1.CONTEXT]},
            issuer={"id": "did:example:issuer"},
            issuanceDate="2020-03-16T22:37:26.544Z",
            expirationDate="2030-03-16T22:37:26.544Z",
            termsOfUse=[{"id": "https://college.example/terms"}],
            evidence={"id": "https://college.example/evidence"},
        )
    )
    options = data_integrity.proof_options("eddsa-rdfc-2022", "did:example:issuer#key", sample.SIGNED_ON)
    for one in (document, {**options, "@context": document["@context"]}):
        assert conformance_canonicaliser().n_quads(one) == by_pyld(one, contexts)
