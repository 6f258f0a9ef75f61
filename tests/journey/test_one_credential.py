"""One credential, one way: from a results file to a verdict by programs that nobody here wrote."""

import json
from typing import Any

import httpx
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy, verify_credential

from tests.integration.conftest import Installation
from tests.vectors.test_foreign_verifiers import ask

RESULTS = (
    "learner_name,uln,email,qualification,component,grade,award_date\r\n"
    "Zoë O’Neill-Łukasz,1234567899,zoe@example.org,603/7595/4,1,Distinction,26/06/2026\r\n"
    "Zoë O’Neill-Łukasz,1234567899,zoe@example.org,610/5799/X,ZTLOS094,Merit,2026-08-12\r\n"
)


async def published(client: httpx.AsyncClient, url: str) -> Any:
    response = await client.get(url, headers={"Accept": "application/json"})
    assert response.status_code == 200, url
    return response.json()


def openvc_says(credential: dict[str, Any], did_document: dict[str, Any]) -> bool:
    try:
        verify_credential(
            credential,
            policy=VerificationPolicy(require_status=False),
            resolver=DidResolverRegistry([DidWebResolver(lambda _: did_document)]),
            extra_contexts=bundled_contexts(),
        )
    except OpenvcError:
        return False
    return True


async def test_what_a_results_file_became_is_accepted_by_others_and_refused_when_changed(
    installation: Installation,
) -> None:
    client = installation.client
    taken = await client.post(
        "/api/imports?dry_run=false",
        content=RESULTS.encode("utf-8-sig"),
        headers={**installation.headers("issue"), "Content-Type": "text/csv"},
    )
    assert taken.status_code == 201, taken.text
    await installation.work()
    listed = (await client.get("/api/credentials", headers=installation.headers("issue"))).json()["credentials"]
    assert len(listed) == 2

    did_url = f"/i/{installation.issuer.institution.slug}/did.json"
    did_document = await published(client, did_url)
    issued = []
    for one in listed:
        number = one["id"].removeprefix("urn:uuid:")
        issued.append(await published(client, f"/credentials/{number}"))
        report = await published(client, f"/verify/{number}")
        assert (report["verdict"], report["anchor"]) == ("valid", "anchored")

    # A changed character in each: the name, the grade, a digit of the place in the status list, the signature.
    def spoilt(credential: dict[str, Any], old: str, new: str) -> dict[str, Any]:
        text = json.dumps(credential, ensure_ascii=False)
        assert text.count(old) >= 1
        changed: dict[str, Any] = json.loads(text.replace(old, new, 1))
        return changed

    proof_value = issued[0]["proof"]["proofValue"]
    changed = [
        spoilt(issued[0], "Zoë", "Zoe"),
        spoilt(issued[0], '"Distinction"}', '"Merit"}'),
        spoilt(issued[0], '"creditsEarned": 15', '"creditsEarned": 16'),
        spoilt(issued[0], proof_value, proof_value[:-1] + ("2" if proof_value[-1] != "2" else "3")),
        spoilt(issued[1], "ZTLOS094", "ZTLOS093"),
    ]
    given = {did_document["id"]: did_document}
    theirs = ask("verify.mjs", [{"credential": one, "documents": given} for one in issued + changed])
    assert [answer["verified"] for answer in theirs] == [True] * 2 + [False] * 5
    assert [openvc_says(one, did_document) for one in issued + changed] == [True] * 2 + [False] * 5
    for one in changed:
        answer = await client.post("/verify", json=one, headers={"Accept": "application/json"})
        assert answer.json()["verdict"] == "not valid"
