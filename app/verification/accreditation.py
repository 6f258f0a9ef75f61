"""Whether the issuer was accredited for what it issued: gathering the evidence, and the finding."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.standards import accreditation, proof_sets, status_list, strict_json, vc
from app.standards.accreditation import Accreditation, AccreditationProblem, Action, Claim
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.did import DidDocument
from app.standards.status_list import StatusListProblem
from app.verification.accreditation_walk import (
    MAX_EDGES,
    MAX_STATUS_LIST,
    Standing,
    Walk,
)
from app.verification.checks.proofs import of_issuer
from app.verification.evidence import AccreditationEvidence, Fetched, Recognition
from app.verification.ports import Publications, Recogniser
from app.verification.reader import Reader
from app.verification.report import Finding, Outcome

CHECK = "accreditation"
_OUT_OF_FORCE = ("accreditation_dates", "accreditation_withdrawn")


@dataclass(frozen=True, slots=True)
class AccreditationResult:
    """The two questions, and the finding they add up to."""

    at_issue: Standing
    today: Standing
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """For those who show both answers and the path."""
        return {
            name: {
                "outcome": standing.outcome,
                "code": standing.code,
                "sentence": standing.sentence,
                "path": [{"did": step.did, "name": step.name, "role": step.role} for step in standing.path],
            }
            for name, standing in (("atIssue", self.at_issue), ("today", self.today))
        }


def time_of_issue(
    credential: Mapping[str, Any], anchored_at: datetime | None, holding: Sequence[Proof] | None = None
) -> datetime | None:
    """When a credential was issued: as the chain proves where it does, else as the issuer says. UTC; None = unsaid.

    `holding` are the issuer's signatures that were found good: the earliest tells, as the document was there by then.
    None = nobody looked, so what is claimed is taken; anybody could have added such a claim.
    """
    if anchored_at is not None:
        return anchored_at
    made = [proof.created for proof in (_claimed(credential) if holding is None else holding) if proof.created]
    return min(made, default=None) or vc.parse_timestamp(credential.get("validFrom"))


def _claimed(credential: Mapping[str, Any]) -> tuple[Proof, ...]:
    """The signatures made in the issuer's name, whoever made them."""
    try:
        return of_issuer(proof_sets.read_proofs(credential), vc.issuer_id(credential) or "")
    except ProofProblem:
        return ()


def _possible_times(credential: Mapping[str, Any], anchored_at: datetime | None) -> tuple[datetime, ...]:
    """Every answer that `time_of_issue` can give once it is known which signatures hold."""
    said = [proof.created for proof in _claimed(credential)] or [vc.parse_timestamp(credential.get("validFrom"))]
    return tuple(dict.fromkeys(one for one in (anchored_at, *said) if one is not None))


async def gather_accreditation(
    credential: Mapping[str, Any],
    issuer_document: Fetched | None,
    *,
    publications: Publications,
    recogniser: Recogniser,
    anchored_at: datetime | None,
    now: datetime,
    brought: object = None,
    at: datetime | None = None,
    reader: Reader | None = None,
) -> AccreditationEvidence:
    """Fetch what stands behind an issuer: its list of accreditations, then the accreditors' keys and status lists.

    Only what could lie on a path from a root the verifier trusts is fetched, everything at once and each once, so a
    list made by a stranger sends the verifier nowhere. `anchored_at` is the chain's time where it is known already, and
    must be the one that the check is given. `brought` is the "accreditation" member of a bundle, used where
    the published list cannot be had. `at` asks for the evidence as of a time (None = of today).
    """
    reader = reader or Reader()
    document: Mapping[str, Any] = {}
    with suppress(strict_json.NotStrictJson):
        document = reader.document(issuer_document.data) if issuer_document and issuer_document.data else {}
    issuer_id = document.get("id")
    if not isinstance(issuer_id, str):
        return AccreditationEvidence(found=False, is_expected=True)
    times = _possible_times(credential, anchored_at)
    url = accreditation.list_url(document)
    fetched = await publications.accreditations(url) if url is not None else None
    try:
        raw = _listed(fetched, brought, issuer_id, reader)
    except AccreditationProblem as problem:
        is_false = problem.code == "accreditation_of_other"
        return AccreditationEvidence(True, problem=problem, is_false=is_false)
    if not raw:
        return AccreditationEvidence(found=False, is_expected=_is_expected(await recogniser.recognise(issuer_id)))
    edges, unreadable = _read(raw, fetched, reader)
    names = sorted({edge.parent for edge in edges})
    if len(names) > MAX_EDGES:
        many = AccreditationProblem("accreditation_too_many", "The issuer names more accreditors than are looked up.")
        return AccreditationEvidence(True, problem=many)
    known = await asyncio.gather(*(recogniser.recognise(name) for name in names))
    recognised = {name: one.issuer for name, one in zip(names, known, strict=True) if one.issuer is not None}
    wanted = _could_count(edges, accreditation.claims(credential), issuer_id, (*times, now))
    # More than the walk follows at two moments: nothing is fetched for them.
    wanted = wanted if len(wanted) <= 2 * MAX_EDGES else []
    wanted = _on_paths(wanted, [name for name, one in recognised.items() if one.is_root], issuer_id)
    parents = sorted({edge.parent for edge in wanted})
    urls = sorted({edge.status_list for edge in wanted})
    documents, lists = await asyncio.gather(
        asyncio.gather(*(publications.did_document(name, at) for name in parents)),
        asyncio.gather(*(publications.status_list(address, at) for address in urls)),
    )
    found = dict(zip(urls, lists, strict=True))
    withdrawn = sorted({edge.status_list for edge in wanted if _is_set(edge, found[edge.status_list], reader)})
    wanted_past = [(address, moment) for address in withdrawn for moment in times]
    past = await asyncio.gather(*(publications.status_list(address, moment) for address, moment in wanted_past))
    return AccreditationEvidence(
        found=True,
        edges=edges,
        unreadable=unreadable,
        recognised=recognised,
        documents=dict(zip(parents, documents, strict=True)),
        lists=found,
        past_lists=dict(zip(wanted_past, past, strict=True)),
    )


def check_accreditation(
    evidence: AccreditationEvidence | None,
    credential: Mapping[str, Any],
    issuer: DidDocument | None,
    *,
    anchored_at: datetime | None,
    now: datetime,
    canonicaliser: CanonicalForm,
    holding: Sequence[Proof] | None = None,
    reader: Reader | None = None,
) -> Finding:
    """Without it: a genuine college issues for a qualification nobody let it teach, or goes on after it was stopped.

    `issuer` is the issuer's DID document once established; `anchored_at` is when the chain recorded the credential
    (None = not proven, so that only the issuer's word says when it was issued); `holding` as `time_of_issue`. An
    issuer that shows no accreditation is SKIPPED only where the verifier trusts nobody to accredit: a list is not
    signed as a whole, so whoever handles it, the issuer first, could empty it to hide what it would show.
    """
    return accreditation_result(
        evidence,
        credential,
        issuer,
        anchored_at=anchored_at,
        now=now,
        canonicaliser=canonicaliser,
        holding=holding,
        reader=reader,
    ).finding


def accreditation_result(
    evidence: AccreditationEvidence | None,
    credential: Mapping[str, Any],
    issuer: DidDocument | None,
    *,
    anchored_at: datetime | None,
    now: datetime,
    canonicaliser: CanonicalForm,
    holding: Sequence[Proof] | None = None,
    reader: Reader | None = None,
) -> AccreditationResult:
    """Both standings and the finding; arguments as `check_accreditation`."""
    if evidence is None or issuer is None:
        return _alike(
            Standing(
                Outcome.SKIPPED, "not_reached", "Accreditation was not looked up, because the issuer is not known."
            )
        )
    if accreditation.claims_none(credential):
        return _alike(
            Standing(Outcome.SKIPPED, "not_needed", "It awards nothing of its own, so nobody need have approved that.")
        )
    if not evidence.found and evidence.is_expected:
        return _alike(
            Standing(
                Outcome.ERROR,
                "accreditation_missing",
                "Nothing shows that the issuer was accredited, and this verifier knows who accredits: it may be left "
                "out, or never have been given.",
            )
        )
    if not evidence.found:
        return _alike(Standing(Outcome.SKIPPED, "accreditation_none", "The issuer publishes no accreditations."))
    if evidence.problem is not None:
        outcome = Outcome.INVALID if evidence.is_false else Outcome.ERROR
        return _alike(Standing(outcome, evidence.problem.code, str(evidence.problem)))
    walk = Walk(issuer, accreditation.claims(credential), evidence, now, canonicaliser, reader or Reader())
    today = walk.standing(now)
    issued_at = time_of_issue(credential, anchored_at, holding)
    at_issue = (
        walk.standing(issued_at)
        if issued_at is not None
        else Standing(Outcome.ERROR, "accreditation_time_unknown", "The document does not say when it was issued.")
    )
    at_issue, today = _told(at_issue, "when this was issued"), _told(today, "today")
    return AccreditationResult(at_issue, today, _finding(at_issue, today, anchored_at is not None))


def _finding(at_issue: Standing, today: Standing, is_proven: bool) -> Finding:
    """At issue decides; today is told beside it. What cannot be told today is not shown as good.

    `is_proven` False = the time of issue is the issuer's own word. One that was stopped could date back what it signs,
    so that word does not carry over the end of its accreditation.
    """
    if at_issue.outcome is Outcome.INVALID:
        if at_issue.code not in _OUT_OF_FORCE:
            return _as_finding(at_issue)
        later = " It is accredited today." if today.outcome is Outcome.VALID else ""
        sentence = f"The issuer was not accredited for this when it was issued.{later}"
        return Finding(CHECK, Outcome.INVALID, "not_accredited_at_issue", sentence)
    if at_issue.outcome is not Outcome.VALID:
        return _as_finding(at_issue)
    way = _way(at_issue)
    if today.outcome is Outcome.VALID:
        sentence = f"The issuer was accredited for this when it was issued, and is today, {way}."
        relied_on = min((one for one in (at_issue.relied_on, today.relied_on) if one is not None), default=None)
        return Finding(CHECK, Outcome.VALID, "accreditation_ok", sentence, relied_on)
    if today.outcome is Outcome.INVALID and not is_proven:
        return Finding(
            CHECK,
            Outcome.ERROR,
            "accreditation_time_unproven",
            "The issuer is not accredited for this today; that it was when this was issued, only it says itself.",
        )
    if today.outcome is Outcome.INVALID:
        sentence = f"The issuer was accredited for this when it was issued, {way}; it is not today."
        return Finding(CHECK, Outcome.VALID, "accreditation_lapsed_today", sentence, at_issue.relied_on)
    return _as_finding(today)


def _as_finding(standing: Standing) -> Finding:
    return Finding(CHECK, standing.outcome, standing.code, standing.sentence, standing.relied_on)


def _alike(standing: Standing) -> AccreditationResult:
    return AccreditationResult(standing, standing, _as_finding(standing))


def _told(standing: Standing, when: str) -> Standing:
    if standing.outcome is Outcome.VALID:
        return replace(standing, sentence=f"The issuer is accredited for this {when}, {_way(standing)}.")
    return standing


def _way(standing: Standing) -> str:
    """In words, from whom the accreditation comes. Whom an installation trusts to begin it is no regulator."""
    root, *between = (step.name for step in standing.path[:-1])
    by = f"by {' and '.join(reversed(between))}, under " if between else "by "
    return f"{by}{root}, the scheme operator of this installation (not Ofqual)"


def _listed(fetched: Fetched | None, brought: object, issuer_id: str, reader: Reader) -> list[Any]:
    if fetched is not None and fetched.data is not None:
        try:
            return accreditation.read_list(reader.document(fetched.data, MAX_STATUS_LIST), issuer_id)
        except strict_json.NotStrictJson as error:
            raise AccreditationProblem("accreditation_list_malformed", str(error)) from None
    if brought is not None and brought != []:
        return accreditation.bounded_edges(brought)
    if fetched is not None:
        raise AccreditationProblem("accreditation_unreachable", fetched.failure)
    return []


_Edges = tuple[tuple[Accreditation, ...], tuple[AccreditationProblem, ...]]


def _read(raw: Iterable[Any], fetched: Fetched | None, reader: Reader) -> _Edges:
    """`raw` is of the list that was fetched, or where there is none, of the bundle."""
    if fetched is None or fetched.data is None:
        return _read_edges(raw)
    # An edge that cannot be read is read again each time.
    made_of = ("edges", sha256(fetched.data).digest())
    return reader.once(made_of, lambda: _read_edges(raw), lambda edges: not edges[1], len(fetched.data))


def _read_edges(raw: Iterable[Any]) -> _Edges:
    edges, problems = [], []
    for one in raw:
        try:
            edges.append(accreditation.read_accreditation(one))
        except AccreditationProblem as problem:
            problems.append(problem)
    return tuple(edges), tuple(problems)


def _is_expected(own: Recognition) -> bool:
    """Whether an issuer so known must show an accreditation. Who begins them needs none; without a list, who knows."""
    is_root = own.issuer is not None and own.issuer.is_root
    return (own.has_root or not own.known) and not is_root


def _could_count(
    edges: Iterable[Accreditation], claims: Sequence[Claim], issuer_id: str, moments: Sequence[datetime]
) -> list[Accreditation]:
    return [
        edge
        for edge in edges
        if any(edge.covers(moment) for moment in moments)
        and edge.permits_all(Action.ISSUE if edge.child.did == issuer_id else Action.ACCREDIT, claims)
    ]


def _on_paths(edges: Sequence[Accreditation], roots: Iterable[str], issuer_id: str) -> list[Accreditation]:
    """The edges that can be reached from a root and lead on to the issuer."""
    below, above = set(roots), {issuer_id}
    for _ in edges:
        below |= {edge.child.did for edge in edges if edge.parent in below}
        above |= {edge.parent for edge in edges if edge.child.did in above}
    return [edge for edge in edges if edge.parent in below and edge.child.did in above]


def _is_set(edge: Accreditation, fetched: Fetched, reader: Reader) -> bool:
    """Whether the list seems to hold a withdrawal; its signature is checked later, by the walk."""
    try:
        listed = reader.document(fetched.data or b"", MAX_STATUS_LIST)
        return status_list.read_bit(listed, edge.status_list, edge.parent, edge.status_index, reader.bits)
    except (StatusListProblem, strict_json.NotStrictJson):
        return False
