"""Every disagreement of the differential test, and who is right: data, each rule as narrow as what it explains.

A rule is about certain verifiers and one answer of theirs that is not ours. Where they accept, it names what was
wrong with the document; where they refuse, it says which documents and in which words of theirs. The test fails on a
disagreement without a rule, and on a rule without a disagreement.

None of the rules says that we are wrong: what was found of that kind was mended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.standards import data_integrity
from tests.vectors.differential.cases import Case
from tests.vectors.differential.changes import proofs
from tests.vectors.differential.judges import Judgement

OPENVC, DCC, CORE, BAZAAR = (
    "openvc-core",
    "@digitalcredentials/vc",
    "@digitalcredentials/verifier-core",
    "@digitalbazaar/vc",
)
EVERYBODY = (OPENVC, DCC, CORE, BAZAAR)
JAVASCRIPT = (DCC, CORE, BAZAAR)


@dataclass(frozen=True)
class Accepts:
    """These accept documents of this kind, or that were changed in this way, and we do not."""

    judges: Sequence[str]
    what: str
    because: str

    def explains(self, judge: str, case: Case, judgement: Judgement) -> bool:
        return judge in self.judges and judgement.accepts and self.what == (case.change or case.kind)


@dataclass(frozen=True)
class Refuses:
    """These refuse such documents, with words that begin or go on like this, and we do not."""

    judges: Sequence[str]
    of: Callable[[Case], bool]
    says: str
    because: str

    def explains(self, judge: str, case: Case, judgement: Judgement) -> bool:
        return judge in self.judges and not judgement.accepts and self.of(case) and self.says in judgement.why


Rule = Accepts | Refuses


def _suites(case: Case) -> set[str]:
    return {proof["cryptosuite"] for proof in proofs(case.document)}


def _not_eddsa(case: Case) -> bool:
    """Made by the issuer with other suites alone; a stranger may have added one of that suite."""
    return case.kind.startswith(("signed with P-", "signed over JSON"))


def _over_json(case: Case) -> bool:
    return case.kind.startswith("signed over JSON")


def _has_list_of_proofs(case: Case) -> bool:
    return isinstance(case.document["proof"], list)


def _by_p384(case: Case) -> bool:
    return case.kind == "signed with P-384"


def _is_record(case: Case) -> bool:
    return "ClrCredential" in case.document["type"]


def _with_nothing_more(case: Case) -> bool:
    return case.change == "members that hold nothing"


def _over_json_with_more_context(case: Case) -> bool:
    return case.change == "a context it does not use" and bool(
        _suites(case) & {data_integrity.JCS, data_integrity.ECDSA_JCS}
    )


def _has_type_in_list(case: Case) -> bool:
    return case.kind == "with a status whose type is in a list"


def _has_list_of_purposes(case: Case) -> bool:
    return case.kind == "with a list of two purposes"


def _has_proof_of_another(case: Case) -> bool:
    return _not_eddsa(case) and case.change == "another's proof before it"


RULES: Sequence[Rule] = (
    # --- they accept, we do not ---
    Accepts(
        (OPENVC, DCC, BAZAAR),
        "by an issuer nobody knows",
        "They keep no list of issuers: whether anybody should believe this one is left to whoever asks them.",
    ),
    Accepts(
        EVERYBODY,
        "with a key lost long before",
        "They do not look at `revoked` of a key (CID 1.0, section 2.2): a thief could sign for ever.",
    ),
    Accepts(
        EVERYBODY,
        "with a key out of use",
        "They do not look at `expires` of a key (CID 1.0, section 2.2).",
    ),
    Accepts(
        (OPENVC,),
        "with a key of somebody else's",
        "It takes any method of the issuer's document, whoever controls it (CID 1.0, section 3.3).",
    ),
    Accepts(
        EVERYBODY,
        "signed for one occasion",
        "They ask for no domain and no challenge, and so let pass a proof that was made for both (Data Integrity 1.0, "
        "section 2.1). Ours takes a credential with such a proof for one that is being replayed.",
    ),
    Accepts(
        JAVASCRIPT,
        "with a proof that ran out",
        "They do not look at `expires` of a proof (Data Integrity 1.0, section 2.1).",
    ),
    Accepts(
        EVERYBODY,
        "signed in the future",
        "They do not compare `created` with the clock.",
    ),
    Accepts(
        JAVASCRIPT,
        "a record over a forged badge",
        "They check the record alone. Its issuer vouched for the copy as it is; nobody asked who signed what is inside.",
    ),
    Accepts(
        JAVASCRIPT,
        "a record over a revoked badge",
        "They check the status of the record alone.",
    ),
    Accepts(
        JAVASCRIPT,
        "its status by its long name",
        "The member means the same to JSON-LD, so the signature holds; but they look for `credentialStatus` in the "
        "JSON, find none, and never ask whether it was withdrawn. We refuse words by any but their plain names.",
    ),
    Accepts(
        (DCC, BAZAAR),
        "its name by a keyword",
        "`@id` means the same as `id` to JSON-LD. We refuse it as every word that can be written in two ways: see "
        "above for what the second way is good for.",
    ),
    Accepts(
        (CORE,),
        "that has not begun",
        "It has no step for `validFrom`: the error of the library below is put aside because it carries a log.",
    ),
    Accepts(
        (CORE,),
        "a status of an unknown type",
        "It gives the library below nothing to check such a status with, and puts the error aside as above: the log "
        "then lacks the step, and nothing in it is false.",
    ),
    Accepts(
        (CORE,),
        "its status in two lists",
        "As with a status of an unknown type: of a list in a list it reads no type.",
    ),
    Accepts(
        (CORE,),
        "a status list of another issuer",
        "It asks for lists with `verifyMatchingIssuers: false`: a list counts whoever signed it.",
    ),
    Accepts(
        (CORE,),
        "its contexts in another order",
        "It wants the context of the data model anywhere in the list, and puts the error of the library below aside "
        "as above (VCDM 2.0, section 4.3: it must be the first).",
    ),
    # --- they refuse, we do not ---
    Refuses(
        (OPENVC,),
        _has_list_of_proofs,
        "UnknownCredentialFormat: dict has no `proof`",
        "It reads no list of proofs (Data Integrity 1.0, sections 2.1.1 and 2.1.2).",
    ),
    Refuses(
        (OPENVC,),
        _by_p384,
        "SignatureInvalid: ecdsa-rdfc-2019 proof does not verify",
        "It names blank nodes by SHA-256 with P-384 too, where the suite wants SHA-384 all through (Data Integrity "
        "ECDSA 1.0, section 3.2.3). The vectors of the W3C agree with us, and so does Digital "
        "Bazaar's library.",
    ),
    Refuses(
        (OPENVC,),
        _is_record,
        "not in compacted form under its @context (at /credentialSubject",
        "It wants what compaction would have made, which no record is (tests/vectors/test_record_vectors.py).",
    ),
    Refuses(
        (OPENVC,),
        _with_nothing_more,
        "not in compacted form under its @context (at /image)",
        "As with records: compaction leaves out what is null.",
    ),
    Refuses(
        (OPENVC,),
        _over_json_with_more_context,
        "proof does not verify",
        "It hashes the document's own contexts, where the suites say to put those of the proof in their place (Data "
        "Integrity EdDSA 1.0 and ECDSA 1.0, section 3.3.2).",
    ),
    Refuses(
        (DCC,),
        _not_eddsa,
        "insufficient proofs matched the acceptable suite(s)",
        "DCC's packages hold one suite, eddsa-rdfc-2022.",
    ),
    Refuses(
        (CORE,),
        _not_eddsa,
        "The signature is not valid.",
        "DCC's packages hold one suite, eddsa-rdfc-2022; it calls a suite that it does not know a false signature.",
    ),
    Refuses(
        (BAZAAR,),
        _over_json,
        "insufficient proofs matched the acceptable suite(s)",
        "It knows the suites that it is given, and the packages of the oracles hold none over JSON.",
    ),
    Refuses(
        (DCC, BAZAAR),
        _has_type_in_list,
        '"credentialStatus.type" must be "BitstringStatusListEntry".',
        "A list of one and the one are the same in JSON-LD (and a type may be a list, VCDM 2.0, section 4.5); they "
        "compare the JSON.",
    ),
    Refuses(
        (OPENVC,),
        _has_list_of_purposes,
        "StatusListError: status-list purpose a list",
        "A list may have several purposes (Bitstring Status List 1.0, section 2.2); it compares the two as they stand.",
    ),
    Refuses(
        (DCC, BAZAAR),
        _has_list_of_purposes,
        "of the status list credential does not match the status purpose",
        "As openvc-core.",
    ),
    Refuses(
        (CORE,),
        _has_list_of_purposes,
        "The status list couldn't be verified.",
        "As the library below it.",
    ),
    Refuses(
        (DCC, BAZAAR),
        _has_proof_of_another,
        "Credential issuer must match the verification method controller.",
        "The proof of a stranger is the only one whose suite they know here.",
    ),
)


def explaining(judge: str, case: Case, judgement: Judgement) -> list[Rule]:
    """The rules that say why `judge` came to another answer on `case` than we did."""
    return [rule for rule in RULES if rule.explains(judge, case, judgement)]
