"""The verifiers of the differential test: ours, one in Python and three in JavaScript, all without a network.

Each gets the same documents and the same web (`publishers.PUBLISHED`), and the same moment for now. Those that keep a
list of issuers get the same list; those that do not say nothing of who the issuer is.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from openbadgeslib.ob3.clr import bundled_clr_contexts
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc.did.base import DidResolutionError, DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.resolvers import default_status_list_resolver
from openvc.verify import VerificationPolicy, verify_credential

from app.adapters.registry import NoRegistry
from app.errors import Refused
from app.standards import vc
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.report import Outcome, Report, Verdict
from tests.fakes import MemoryList, MemoryPublications
from tests.oracles.javascript import ask
from tests.vectors.differential.publishers import FORM, KNOWN, NOW, PUBLISHED, REGISTER, Document

BESIDE_THE_VERDICT = ("inclusion", "checkpoint", "chain")


@dataclass(frozen=True)
class Judgement:
    """What one verifier says of one document: whether it accepts it, and if not, why, in its own words."""

    accepts: bool
    why: str = ""


# --- ours ----------------------------------------------------------------------------------------------------------

_PUBLICATIONS = MemoryPublications({name: json.dumps(one).encode() for name, one in PUBLISHED.items()})


def stackmark(documents: Sequence[Document]) -> list[Judgement]:
    """As a file that was handed in is read and checked, with each credential inside it; why = the codes."""

    async def each() -> list[Judgement]:
        return [await _judged(document) for document in documents]

    return asyncio.run(each())


async def _judged(document: Document) -> Judgement:
    try:
        handed_in, _ = verify.read_submission(json.dumps(document).encode())
    except Refused as refusal:
        return Judgement(False, refusal.code)
    reports = [await _report(one) for one in (handed_in, *handed_in.embedded)]
    codes = [
        one.code
        for report in reports
        for one in report.findings
        if one.outcome in (Outcome.INVALID, Outcome.ERROR) and one.check not in BESIDE_THE_VERDICT
    ]
    return Judgement(all(report.verdict is Verdict.VALID for report in reports), " ".join(codes))


async def _report(submission: Submission) -> Report:
    return await verify.verify(
        submission,
        publications=_PUBLICATIONS,
        registry=NoRegistry(),
        recogniser=MemoryList(dict(KNOWN)),
        canonicaliser=FORM,
        now=NOW,
    )


# --- openvc-core, in Python ----------------------------------------------------------------------------------------


def openvc(documents: Sequence[Document]) -> list[Judgement]:
    resolver = DidResolverRegistry([DidWebResolver(_fetched)])
    contexts = {**bundled_contexts(), **bundled_clr_contexts()}
    policy = VerificationPolicy(now=NOW, require_status_issuer_binding=True)

    # It remembers nothing by itself, and its canonicaliser is slow.
    @cache
    def status_list(url: str) -> Any:
        return default_status_list_resolver(
            resolver=resolver, extra_contexts=contexts, fetch=lambda url: json.dumps(_fetched(url))
        )(url)

    def judged(document: Document) -> Judgement:
        try:
            verify_credential(
                document,
                policy=policy,
                resolver=resolver,
                resolve_status_list=status_list,
                extra_contexts=contexts,
            )
        except OpenvcError as error:
            return Judgement(False, f"{type(error).__name__}: {error}")
        return Judgement(True)

    return [judged(document) for document in documents]


def _fetched(url: str) -> Document:
    if url not in PUBLISHED:
        raise DidResolutionError(f"not given: {url}")
    return PUBLISHED[url]


# --- JavaScript ----------------------------------------------------------------------------------------------------


def _javascript(oracle: str) -> Callable[[Sequence[Document]], list[Judgement]]:
    """One process for all documents."""
    given = {"documents": PUBLISHED, "now": vc.timestamp(NOW), "status": True, "registry": REGISTER}

    def judge(documents: Sequence[Document]) -> list[Judgement]:
        answers = ask(oracle, [{"credential": document, **given} for document in documents])
        return [Judgement(answer["verified"], answer.get("error", "")) for answer in answers]

    return judge


JUDGES: Mapping[str, Callable[[Sequence[Document]], list[Judgement]]] = {
    "stackmark": stackmark,
    "openvc-core": openvc,
    "@digitalcredentials/vc": _javascript("verify.mjs"),
    "@digitalcredentials/verifier-core": _javascript("verify_core.mjs"),
    "@digitalbazaar/vc": _javascript("verify_bazaar.mjs"),
}


def judge_all(documents: Sequence[Document]) -> dict[str, list[Judgement]]:
    """Verifier -> its judgement on each document. The JavaScript ones run beside ours, in processes of their own."""
    with ThreadPoolExecutor(len(JUDGES)) as pool:
        asked = {name: pool.submit(judge, documents) for name, judge in JUDGES.items()}
        return {name: answer.result() for name, answer in asked.items()}
