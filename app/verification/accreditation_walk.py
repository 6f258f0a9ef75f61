"""The walk along accreditations, from a root the verifier trusts down to the issuer; pure.

It starts at the root and follows only what those already reached have signed, so that an issuer gains nothing by
listing accreditations of its own making: nobody reached has signed them. Each edge is judged for one moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.standards import data_integrity, multikey, remembered, status_list, strict_json, vc
from app.standards.accreditation import Accreditation, Action, Claim
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable
from app.standards.status_list import StatusListProblem
from app.verification.evidence import AccreditationEvidence, Fetched
from app.verification.reader import Reader
from app.verification.report import Outcome

MAX_DEPTH = 4
MAX_EDGES = 20
"""Edges that could count for one credential at one moment; a list may hold more that have ended or are for others."""
MAX_STATUS_LIST = 1_000_000
_NOT_FOR_THIS = ("accreditation_action", "accreditation_scope")


@dataclass(frozen=True, slots=True)
class Step:
    """One institution on the path. The root's role and name come from the verifier's own list."""

    did: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the issuer was accredited at one moment. VALID has the path, root first."""

    outcome: Outcome
    code: str
    sentence: str
    path: tuple[Step, ...] = ()
    relied_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    outcome: Outcome
    code: str = ""
    sentence: str = ""
    made: datetime | None = None


_FINE = _Judged(Outcome.VALID)
_WAYS: tuple[Callable[[_Judged], bool], ...] = (
    lambda judged: judged.outcome is Outcome.VALID,
    lambda judged: judged.outcome in (Outcome.VALID, Outcome.ERROR),
    lambda judged: judged.code not in _NOT_FOR_THIS,
    lambda judged: True,
)
_Path = tuple[tuple[Accreditation, _Judged], ...]


@dataclass(slots=True)
class Walk:
    """One issuer, one set of claims, one set of evidence; `standing` may be asked for several moments."""

    issuer: DidDocument
    claims: Sequence[Claim]
    evidence: AccreditationEvidence
    now: datetime
    canonicaliser: CanonicalForm
    reader: Reader = field(default_factory=Reader)
    _judgements: dict[tuple[int, datetime], _Judged] = field(default_factory=dict)
    _signatures: dict[int, _Judged] = field(default_factory=dict)
    _lists: dict[tuple[str, str, bool, datetime], Mapping[str, Any] | _Judged] = field(default_factory=dict)

    def standing(self, at: datetime) -> Standing:
        """Whether a path of edges in force at `at` leads from a root to the issuer."""
        roots = [name for name, one in self.evidence.recognised.items() if one.is_root]
        if self.evidence.unreadable and not self.evidence.edges:
            problem = self.evidence.unreadable[0]
            return Standing(Outcome.ERROR, problem.code, str(problem))
        if not roots:
            return Standing(
                Outcome.ERROR,
                "accreditation_root_unknown",
                "Nobody whom this verifier trusts to accredit stands behind the issuer's accreditations.",
            )
        if sum(self._could_count(edge, at) for edge in self.evidence.edges) > MAX_EDGES:
            return Standing(
                Outcome.ERROR, "accreditation_too_many", "The issuer lists more accreditations than are followed."
            )
        # The best path first: one that holds, else one that only cannot be told, else one that tells most of why not.
        for follows in _WAYS:
            path = self._path(roots, at, follows)
            if path:
                return self._concluded(path)
        if self.evidence.unreadable:
            problem = self.evidence.unreadable[0]
            return Standing(Outcome.ERROR, problem.code, str(problem))
        return Standing(
            Outcome.INVALID,
            "accreditation_of_other",
            "None of the accreditations that the issuer shows leads from a scheme operator to this issuer.",
        )

    def _could_count(self, edge: Accreditation, at: datetime) -> bool:
        return edge.covers(at) and any(edge.permits_all(action, self.claims) for action in edge.permits)

    def _path(self, roots: Sequence[str], at: datetime, follows: Callable[[_Judged], bool]) -> _Path:
        """The shortest path over edges that `follows` accepts; empty when there is none of at most `MAX_DEPTH`."""
        reached: dict[str, _Path] = {root: () for root in roots}
        frontier = list(roots)
        for _ in range(MAX_DEPTH):
            grown = []
            for parent in frontier:
                for edge in self.evidence.edges:
                    child = edge.child.did
                    if edge.parent != parent or child in reached:
                        continue
                    judgement = self._judged(edge, at)
                    if not follows(judgement):
                        continue
                    reached[child] = (*reached[parent], (edge, judgement))
                    if child == self.issuer.id:
                        return reached[child]
                    grown.append(child)
            frontier = grown
        return ()

    def _concluded(self, path: _Path) -> Standing:
        for outcome in (Outcome.INVALID, Outcome.ERROR):
            for _, judgement in path:
                if judgement.outcome is outcome:
                    return Standing(outcome, judgement.code, judgement.sentence)
        root = self.evidence.recognised[path[0][0].parent]
        steps = [Step(root.did, root.name, "scheme operator")]
        for edge, _ in path:
            known = self.evidence.recognised.get(edge.child.did)
            role = "provider" if edge.child.did == self.issuer.id else "awarding organisation"
            steps.append(Step(edge.child.did, known.name if known else edge.child.name, role))
        made = [judgement.made for _, judgement in path if judgement.made is not None]
        return Standing(Outcome.VALID, "accreditation_ok", "", tuple(steps), min(made, default=None))

    def _judged(self, edge: Accreditation, at: datetime) -> _Judged:
        if (id(edge), at) not in self._judgements:
            self._judgements[id(edge), at] = self._judge(edge, at)
        return self._judgements[id(edge), at]

    def _judge(self, edge: Accreditation, at: datetime) -> _Judged:
        """One edge at one moment; what costs nothing is looked at first."""
        action = Action.ISSUE if edge.child.did == self.issuer.id else Action.ACCREDIT
        if action not in edge.permits:
            return _invalid("accreditation_action", f"An accreditation on the way does not permit to {action}.")
        if not edge.permits_all(action, self.claims):
            return _invalid(
                "accreditation_scope", "The issuer's accreditation is for other qualifications than this one."
            )
        if not edge.covers(at):
            return _invalid("accreditation_dates", "An accreditation on the way was not in force at that time.")
        for judgement in (self._signature(edge), self._wallet(edge)):
            if judgement.outcome is not Outcome.VALID:
                return judgement
        return self._status(edge, at)

    def _signature(self, edge: Accreditation) -> _Judged:
        if id(edge) not in self._signatures:
            self._signatures[id(edge)] = self._signed_by(edge.parent, edge.document, (data_integrity.JCS,))
        return self._signatures[id(edge)]

    def _signed_by(self, signer: str, document: Mapping[str, Any], suites: Sequence[str]) -> _Judged:
        """Whether `signer` signed `document` for making statements; that it did is remembered."""
        content = remembered.content(document)
        published, recognised = self.evidence.documents.get(signer), self.evidence.recognised.get(signer)
        if content is None or published is None or published.data is None:
            return self._check_signature(signer, document, suites)
        vouched = recognised.keys if recognised else ()
        keys = sha256(published.data).digest()
        made_of = ("edge signature", content, signer, keys, tuple(vouched), tuple(suites), self.canonicaliser)
        return self.reader.once(
            made_of,
            lambda: self._check_signature(signer, document, suites),
            keep=lambda judged: judged.outcome is Outcome.VALID,
        )

    def _check_signature(self, signer: str, document: Mapping[str, Any], suites: Sequence[str]) -> _Judged:
        unsigned = _invalid("accreditation_unsigned", "An accreditation is not signed by the one it names.")
        try:
            proof = data_integrity.read_proof(document)
        except ProofProblem as problem:
            return unsigned if problem.checkable else _error(problem.code, str(problem))
        if proof.purpose != "assertionMethod" or proof.verification_method.partition("#")[0] != signer:
            return unsigned
        if proof.cryptosuite not in suites:
            return _error("proof_type_unknown", "An accreditation is signed in a way that is not known here.")
        keys = self._keys(signer, proof)
        if isinstance(keys, _Judged):
            return keys
        try:
            hash_data = data_integrity.hash_for(proof, document, self.canonicaliser)
        except (ProofProblem, NotCanonicalisable):
            return unsigned
        fits = any(data_integrity.verify_signature(key, proof.signature, hash_data) for key in keys)
        return _FINE if fits else unsigned

    def _keys(self, signer: str, proof: data_integrity.Proof) -> Sequence[multikey.PublicKey] | _Judged:
        """The keys that may have made `proof`: published by the signer and, where the verifier's list names keys,
        among those. Where only the list can be had, its keys."""
        recognised = self.evidence.recognised.get(signer)
        vouched = recognised.keys if recognised else ()
        published = self._document(signer)
        if isinstance(published, _Judged):
            return _decoded(vouched) if vouched else published
        key = published.signing_key(proof.verification_method)
        if key is None or key.revoked is not None:
            # Nothing proves when an accreditation was signed, so a key withdrawn at any time counts for nothing.
            return _invalid("accreditation_unsigned", "An accreditation is signed with a key that is not published.")
        if key.expires is not None and (proof.created is None or proof.created > key.expires):
            return _invalid("accreditation_unsigned", "An accreditation is signed with a key that had run out.")
        if vouched and key.key.encode() not in vouched:
            return _invalid(
                "accreditation_root_key",
                "An accreditation is signed with a key that this verifier's own list does not name.",
            )
        return (key.key,)

    def _document(self, name: str) -> DidDocument | _Judged:
        fetched = self.evidence.documents.get(name)
        if fetched is None or fetched.data is None:
            return _error("accreditation_unreachable", "The keys of an accreditor could not be fetched.")
        try:
            return self.reader.did_document(fetched.data, name)
        except ValueError:
            return _error("accreditation_unreachable", "The page of keys of an accreditor is wrong.")

    def _wallet(self, edge: Accreditation) -> _Judged:
        if edge.child.wallet is None:
            return _FINE
        child = self.issuer if edge.child.did == self.issuer.id else self._document(edge.child.did)
        if isinstance(child, _Judged):
            return child
        if edge.child.wallet not in child.wallets:
            return _invalid(
                "accreditation_wallet", "The wallet that was accredited is not the one that the institution publishes."
            )
        return _FINE

    def _status(self, edge: Accreditation, at: datetime) -> _Judged:
        """A withdrawal is for ever: what stands in today's list was in force before. What does not needs the list of
        that time."""
        today = self._standing_in(edge, self.evidence.lists.get(edge.status_list), self.now, past=False)
        if today.outcome is not Outcome.INVALID or at == self.now:
            return today
        then = self._standing_in(edge, self.evidence.past_lists.get((edge.status_list, at)), at, past=True)
        if then.outcome is Outcome.ERROR:
            return _error(
                "accreditation_history_missing",
                "An accreditation was withdrawn, and whether before or after that time cannot be told.",
            )
        return then

    def _standing_in(self, edge: Accreditation, fetched: Fetched | None, on: datetime, *, past: bool) -> _Judged:
        name = (edge.parent, edge.status_list, past, on)
        if name not in self._lists:
            self._lists[name] = self._read_list(edge.parent, fetched, on)
        listed = self._lists[name]
        if isinstance(listed, _Judged):
            return listed
        try:
            withdrawn = status_list.read_bit(listed, edge.status_list, edge.parent, edge.status_index, self.reader.bits)
        except StatusListProblem as problem:
            return _unknown_status(str(problem))
        if withdrawn:
            return _invalid("accreditation_withdrawn", "An accreditation on the way was withdrawn.")
        return _Judged(Outcome.VALID, made=vc.parse_timestamp(listed.get("validFrom")))

    def _read_list(self, signer: str, fetched: Fetched | None, on: datetime) -> Mapping[str, Any] | _Judged:
        """A status list that `signer` signed and that was the one to go by on `on`."""
        if fetched is None or fetched.data is None:
            return _unknown_status("The list of withdrawn accreditations could not be fetched.")
        try:
            listed = self.reader.document(fetched.data, MAX_STATUS_LIST)
        except strict_json.NotStrictJson as problem:
            return _unknown_status(str(problem))
        for _, sentence in vc.structure_problems(listed):
            return _unknown_status(f"The list of withdrawn accreditations is wrong. {sentence}")
        signature = self._signed_by(signer, listed, (data_integrity.RDFC, data_integrity.JCS))
        if signature.outcome is not Outcome.VALID:
            return _unknown_status("The list of withdrawn accreditations is not signed by the accreditor.")
        start, end = (vc.parse_timestamp(listed.get(name)) for name in ("validFrom", "validUntil"))
        if start is None or start > on or (end is not None and end < on):
            return _unknown_status("The list of withdrawn accreditations is not the one of that time.")
        return listed


def _decoded(keys: Sequence[str]) -> Sequence[multikey.PublicKey]:
    found = []
    for key in keys:
        try:
            found.append(multikey.decode_multikey(key))
        except ValueError:
            continue
    return found


def _unknown_status(sentence: str) -> _Judged:
    return _error("accreditation_status_unknown", sentence)


def _invalid(code: str, sentence: str) -> _Judged:
    return _Judged(Outcome.INVALID, code, sentence)


def _error(code: str, sentence: str) -> _Judged:
    return _Judged(Outcome.ERROR, code, sentence)
