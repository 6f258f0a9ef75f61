"""What each published document must come to here: data, by file, with the reason where its publisher says otherwise.

The publishers are 1EdTech (Open Badges 3.0, Comprehensive Learner Records 2.0) and Blockcerts. Their fixtures name
each key by itself; whoever reads this table lets them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.verification.report import Verdict

HOLDS = ""


@dataclass(frozen=True)
class Outcome:
    """`verdict` of the full check (None = the file is refused unread) with the code that must be among its findings.

    `proof` is the code by which the check of proofs alone fails; `HOLDS` = it does not.
    """

    verdict: Verdict | None
    code: str = ""
    proof: str = HOLDS


@dataclass(frozen=True)
class Group:
    """Files that come to the same for the same reason."""

    outcome: Outcome
    because: str
    files: Sequence[str]


_TERM = Outcome(Verdict.NOT_VALID, "term_undefined", "term_undefined")
_KEY_OF_OTHER = Outcome(Verdict.NOT_VALID, "key_of_other", "key_not_listed")


def _older(proof: str) -> Outcome:
    """Of version 1.1, which the full check does not take; the VC API does, for the proof alone."""
    return Outcome(Verdict.NOT_VALID, "context_not_v2", proof)


GROUPS: Sequence[Group] = (
    Group(
        Outcome(Verdict.VALID),
        "Valid, as published.",
        (
            "clr20/simple.json",
            "ob30/bit-string-list/testlist",
            "ob30/endorsement-valid.json",
            "ob30/simple-context-alias.json",
            "ob30/simple-context-version.json",
            "ob30/simple-did-web-method.json",
            "ob30/simple-json.png",
            "ob30/simple-json.svg",
            "ob30/simple.1ob",
            "ob30/simple.json",
        ),
    ),
    Group(
        Outcome(Verdict.VALID, proof="proof_type_unknown"),
        "Valid, as published: one proof of several is the issuer's and holds. Asked for its proofs alone, all must.",
        ("ob30/simple-multiple-proofs.json",),
    ),
    Group(
        Outcome(Verdict.CANNOT_TELL, "status_entry_unknown"),
        "Valid to its publisher, who reads 1EdTechRevocationList: a list of identifiers without a signature, which "
        "whoever serves it can cut short. A status that is not read is never green.",
        ("ob30/complete.json",),
    ),
    Group(
        Outcome(Verdict.CANNOT_TELL, "status_entry_unknown"),
        "Revoked to its publisher, but its place is a JSON number, where Bitstring Status List 1.0 (section 2.1) wants "
        "a text; and the list at that address says that it is the list of another. Not green either way.",
        (
            "ob30/bit-string-list/credential-status-revoked.json",
            "ob30/bit-string-list/credential-status-revoked-blank-nodes.json",
        ),
    ),
    Group(
        Outcome(Verdict.CANNOT_TELL, "status_hidden"),
        "Valid to its publisher. It is shown in part, so an end or a status may have been left out.",
        ("ob30/sd/derivedcredential.json",),
    ),
    Group(Outcome(Verdict.WAS_VALID, "expired"), "Expired, as published.", ("ob30/simple-err-expired.json",)),
    Group(Outcome(Verdict.NOT_VALID, "not_yet_valid"), "Not begun, as published.", ("ob30/simple-err-issued.json",)),
    Group(
        Outcome(Verdict.NOT_VALID, "signature_wrong", "signature_wrong"),
        "A false signature, as published.",
        ("ob30/simple-err-proof-value.json",),
    ),
    Group(
        Outcome(Verdict.NOT_VALID, "issuer_missing", "issuer_missing"),
        "No issuer, as published.",
        ("ob30/simple-err-issuer.json",),
    ),
    Group(
        Outcome(Verdict.NOT_VALID, "context_not_v2", "context_not_v2"),
        "Its contexts are wrong, as published.",
        ("ob30/simple-err-context.json",),
    ),
    Group(
        _TERM,
        "A type is wrong, as published: its members then have no meaning, and nothing is signed of them.",
        (
            "ob30/simple-err-credential-subject-achievement-result-description-type.json",
            "ob30/simple-err-credential-subject-identifier-type.json",
            "ob30/simple-err-credential-subject-profile-type.json",
            "ob30/simple-err-credential-subject-result-type.json",
            "ob30/simple-err-credential-subject-type.json",
            "ob30/simple-err-evidence-type.json",
            "ob30/simple-err-issuer-otheridentifier-type.json",
            "ob30/simple-err-issuer-parentorg-type.json",
            "ob30/simple-err-issuer-type.json",
            "ob30/simple-err-type.json",
        ),
    ),
    Group(
        Outcome(Verdict.NOT_VALID, "key_not_listed", "key_not_listed"),
        "The name of its key is none, as published.",
        ("ob30/simple-err-proof-method.json",),
    ),
    Group(
        _KEY_OF_OTHER,
        "The name of its key is none of the issuer's, as published.",
        (
            "ob30/simple-err-proof-method-no-scheme.json",
            "ob30/simple-err-proof-method-unknown-did-method.json",
            "ob30/simple-err-proof-method-unknown-scheme.json",
        ),
    ),
    Group(
        _KEY_OF_OTHER,
        "Valid to its publisher, who takes any did:key for the issuer's key. The issuer is a urn, which publishes no "
        "keys: anybody could have signed it. And a bare DID is no name of a key (CID 1.0, section 2.2).",
        ("ob30/simple-did-key-method.json",),
    ),
    Group(
        _older("proof_type_unknown"),
        "Of version 1.1, with Ed25519Signature2020 or the draft eddsa-2022: suites that Data Integrity EdDSA 1.0 no "
        "longer has. Their contexts (ob/v3p0/context.json, the draft of CLR) were changed since at the same address.",
        (
            "clr20/complex.json",
            "clr20/simple_old_safesigned.json",
            "clr20/simple_v1.json",
            "ob30/complete_v1.json",
            "ob30/credential-status-revoked.json",
            "ob30/endorsement-err-schema-status-refresh.json",
            "ob30/simple-eddsa-2022.json",
            "ob30/simple_v1.json",
            "blockcerts/proof-chain-example-ed25519.json",
        ),
    ),
    Group(
        _older("proof_missing"),
        "Of version 1.1, and nobody signed it, as published.",
        ("clr20/simple-noproof.json", "ob30/simple-noproof.json"),
    ),
    Group(
        _older("key_not_listed"),
        "Of version 1.1, by a key on a page that is no DID document.",
        ("blockcerts/ecdsa-sd-2023-derived-credential.json",),
    ),
    Group(
        Outcome(Verdict.CANNOT_TELL, "proof_type_unknown", "proof_type_unknown"),
        "Valid to its publisher, whose suite (merkle-proof-2019) is no standard of the W3C: the proof is a place in a "
        "tree on a chain. What we do not know is never called false.",
        (
            "blockcerts/mocknet-vc-v2-data-integrity-proof-multiple-signatures-non-chained.json",
            "blockcerts/mocknet-vc-v2-data-integrity-proof.json",
        ),
    ),
    Group(
        Outcome(None, "jwt_not_supported"),
        "Signed as a token. Open Badges 3.0 has both forms; we say which we read.",
        (
            "clr20/simple.jwt",
            "ob30/simple-jwt.png",
            "ob30/simple-jwt.svg",
            "ob30/simple-jwt_v1.png",
            "ob30/simple-jwt_v1.svg",
            "ob30/simple.jwt",
            "ob30/velocity.jwt",
        ),
    ),
)

OUTCOMES: Mapping[str, Outcome] = {name: group.outcome for group in GROUPS for name in group.files}
