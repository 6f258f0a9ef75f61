"""The tenant: it signs what is a credential, and keeps in memory what was withdrawn. No college, and says so."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from app.adapters.publications import PUBLISHED, HttpPublications
from app.adapters.registry import NoRegistry
from app.conformance.keys import TenantKey
from app.conformance.vocabulary import OpenCanonicaliser, all_contexts
from app.errors import Conflict, NotAllowed, NotFound, OutsideFailed, Refused
from app.standards import data_integrity, proof_sets, status_list, vc, vc_1_1
from app.standards.data_integrity import KEY_TYPES, CanonicalForm, Proof, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.standards.multikey import KeyType
from app.verification import verify
from app.verification.evidence import Fetched, RecognisedIssuer, Recognition, Submission
from app.verification.report import Report
from app.verification.verifier import Verifier
from app.web.vc_api import ChangeStatus, IssueOptions, StatusWish

NAME, UKPRN = "Stackmark conformance tenant, not a college", "00000000"
STATUS_PATH = "/conformance/status"
REVOCATION = "revocation"

# The suite of each key where none is asked for.
_USUAL = {
    KeyType.ED25519: data_integrity.RDFC,
    KeyType.P256: data_integrity.ECDSA_RDFC,
    KeyType.P384: data_integrity.ECDSA_RDFC,
}
_MADE = tuple(suite for suite in KEY_TYPES if suite != data_integrity.ECDSA_SD)


@dataclass(slots=True)
class _StatusList:
    """The list of one issuer. `places`: the name of a credential -> its place."""

    url: str
    key: TenantKey
    bits: bytearray = field(default_factory=lambda: bytearray(status_list.LENGTH // 8))
    places: dict[str, int] = field(default_factory=dict)

    def take(self, credential_id: str) -> int:
        """A place at random, as neighbours in a list tell who was issued to together."""
        if len(self.places) >= status_list.LENGTH // 2:
            raise Refused("status_list_full", "The test tenant's list is full; start it again.")
        taken = set(self.places.values())
        index = secrets.randbelow(status_list.LENGTH)
        while index in taken:
            index = secrets.randbelow(status_list.LENGTH)
        self.places[credential_id] = index
        return index


class Tenant:
    """Three issuers, one for each key, behind one token. `base_url` is where its status lists are served."""

    def __init__(self, keys: Sequence[TenantKey], token: str, base_url: str, now: Callable[[], datetime]) -> None:
        self.keys = tuple(keys)
        self.base_url = base_url
        self._token = token
        self._now = now
        self._lists = {
            key.did: _StatusList(f"{base_url}{STATUS_PATH}/{number}", key) for number, key in enumerate(self.keys, 1)
        }

    @cached_property
    def _canonicaliser(self) -> OpenCanonicaliser:
        return OpenCanonicaliser(all_contexts())

    @cached_property
    def verifier(self) -> Verifier:
        """The checks are those of any verifier of ours; its list of issuers names this tenant alone."""
        publications = _Publications(self)

        async def in_full(submission: Submission) -> Report:
            return await verify.verify(
                submission,
                publications=publications,
                registry=NoRegistry(),
                recogniser=_OwnList(self.keys),
                canonicaliser=self._canonicaliser,
                now=self._now(),
                older=True,
            )

        return Verifier(in_full, publications, self._canonicaliser, self._now)

    def admit(self, token: str) -> None:
        """Raises `NotAllowed("api_key_invalid")`."""
        if not secrets.compare_digest(token.encode("utf-8", "surrogatepass"), self._token.encode()):
            raise NotAllowed("api_key_invalid", "The test tenant's token is missing or wrong.")

    def issue(self, credential: Mapping[str, Any], options: IssueOptions) -> dict[str, Any]:
        """`credential` with a proof, and what else was asked for.

        The issuer may be left out, and chooses among the keys where it is named (VCALM, IssuerRequest). Raises
        `Refused`: proof_present, cryptosuite_unknown, cryptosuite_not_made, issuer_other, key_type_wrong,
        status_unknown, status_present, credential_id_missing, the codes of `structure_problems` and of
        `NotCanonicalisable`; `Conflict("credential_id_known")`.
        """
        if "proof" in credential:
            raise Refused("proof_present", "The document carries a signature; this tenant adds none to another.")
        key, suite = self._choose(credential, options)
        document = {**credential, **({} if "issuer" in credential else {"issuer": key.did})}
        if vc_1_1.is_1_1(document):
            document = vc_1_1.with_proof_context(document)
        for code, sentence in _problems(document):
            raise Refused(code, sentence)
        return self._sign(self._with_status(document, options, key), suite, key)

    def set_status(self, change: ChangeStatus) -> None:
        """Withdraw a credential of this tenant.

        Raises `NotFound("credential_unknown")`, `Refused` (status_unknown, status_other, status_permanent).
        """
        found = next((one for one in self._lists.values() if change.credentialId in one.places), None)
        if found is None:
            raise NotFound("credential_unknown", "No credential with a status was issued here under this name.")
        index = found.places[change.credentialId]
        _require_revocation(change.credentialStatus)
        entry = status_list.entry(found.url, index)
        for name in ("id", "statusListIndex", "statusListCredential"):
            if getattr(change.credentialStatus, name) not in (None, entry[name]):
                raise Refused("status_other", "The credential has another place than the one named.")
        if change.status:
            status_list.set_bit(found.bits, index)
        elif status_list.is_set(found.bits, index):
            raise Refused("status_permanent", "A credential that was withdrawn stays withdrawn.")

    def status_list(self, url: str) -> dict[str, Any] | None:
        """The list at `url`, signed as of now; None where there is none."""
        found = next((one for one in self._lists.values() if one.url == url), None)
        if found is None:
            return None
        document = status_list.unsigned_list(found.url, {"id": found.key.did}, bytes(found.bits), self._now())
        return self._sign(document, _USUAL[found.key.public.type], found.key)

    def _choose(self, credential: Mapping[str, Any], options: IssueOptions) -> tuple[TenantKey, str]:
        suite = _suite(options)
        if "issuer" in credential:
            named = vc.issuer_id(credential)
            key = next((one for one in self.keys if one.did == named), None)
            if key is None:
                raise Refused("issuer_other", "The issuer named is none of this tenant's; leave it out, or name one.")
        else:
            key = next(one for one in self.keys if one.public.type in KEY_TYPES[suite or data_integrity.RDFC])
        suite = suite or _USUAL[key.public.type]
        if key.public.type not in KEY_TYPES[suite]:
            raise Refused("key_type_wrong", "This issuer's key is of another kind than the signature asked for.")
        return key, suite

    def _with_status(self, document: dict[str, Any], options: IssueOptions, key: TenantKey) -> dict[str, Any]:
        """With a place in the issuer's list where that is asked for; taken only once the rest is known to be sound."""
        wishes = _wishes(options)
        if not wishes:
            self._require_sound(document)
            return document
        if len(wishes) > 1 or {wishes[0].id, wishes[0].statusListIndex, wishes[0].statusListCredential} != {None}:
            raise Refused("status_unknown", "One status, at a place that the issuer chooses, can be asked for.")
        _require_revocation(wishes[0])
        if "credentialStatus" in document:
            raise Refused("status_present", "The document brings a status of its own, and another is asked for.")
        name = options.credentialId or document.get("id")
        if not isinstance(name, str):
            raise Refused("credential_id_missing", "A credential without a name could never be withdrawn.")
        if any(name in one.places for one in self._lists.values()):
            raise Conflict("credential_id_known", "A credential with a status was issued here under this name.")
        own = self._lists[key.did]
        self._require_sound({**document, "credentialStatus": status_list.entry(own.url, 0)})
        return {**document, "credentialStatus": status_list.entry(own.url, own.take(name))}

    def _require_sound(self, document: Mapping[str, Any]) -> None:
        """Every word must have a meaning, for suites too that sign the JSON as it stands."""
        try:
            self._canonicaliser.n_quads(document)
        except NotCanonicalisable as error:
            raise Refused(error.code, str(error)) from None

    def _sign(self, document: Mapping[str, Any], suite: str, key: TenantKey) -> dict[str, Any]:
        signed = data_integrity.secure(
            document, suite, key.id, self._now(), key.sign, key.public.type, self._canonicaliser
        )
        (proof,) = proof_sets.read_proofs(signed)
        if not isinstance(proof, Proof) or not _holds(proof, signed, key, self._canonicaliser):
            raise OutsideFailed("signature_not_verified", "The signature just made does not hold; nothing was issued.")
        return signed


class _Publications(HttpPublications):
    """The web, but for the tenant's own lists: what it serves on localhost nobody else could fetch."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(allow_localhost=False)
        self._tenant = tenant

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        found = self._tenant.status_list(url) if at is None else None
        if found is None:
            return await super().status_list(url, at)
        made = vc.parse_timestamp(found["validFrom"])
        return Fetched(made, json.dumps(found).encode(), source=PUBLISHED)


class _OwnList:
    """The list of issuers of a verifier that knows the test tenant and nobody else."""

    def __init__(self, keys: Sequence[TenantKey]) -> None:
        self._dids = {key.did for key in keys}

    async def recognise(self, did: str) -> Recognition:
        return Recognition(True, RecognisedIssuer(did, NAME, UKPRN) if did in self._dids else None)


def _suite(options: IssueOptions) -> str | None:
    """The cryptosuite that was asked for, under either of its names. Raises `Refused`."""
    asked = {options.cryptosuite, options.type} - {None, data_integrity.TYPE}
    if data_integrity.ECDSA_SD in asked or options.mandatoryPointers:
        raise Refused("cryptosuite_not_made", "Signatures for showing parts are checked here, but not made.")
    if len(asked) > 1 or not asked <= set(_MADE):
        raise Refused("cryptosuite_unknown", f"Ask for one of these cryptosuites: {', '.join(_MADE)}.")
    return next(iter(asked), None)


def _wishes(options: IssueOptions) -> list[StatusWish]:
    wish = options.credentialStatus
    return wish if isinstance(wish, list) else [] if wish is None else [wish]


def _require_revocation(wish: StatusWish) -> None:
    if wish.statusPurpose != REVOCATION:
        raise Refused("status_unknown", f'The one purpose of a status here is "{REVOCATION}".')


def _problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rules = vc_1_1.structure_problems if vc_1_1.is_1_1(document) else vc.structure_problems
    return rules(document)


def _holds(proof: Proof, signed: Mapping[str, Any], key: TenantKey, form: CanonicalForm) -> bool:
    try:
        return proof_sets.check_proof(proof, signed, key.public, form).holds
    except (ProofProblem, NotCanonicalisable):
        return False
