"""Everything a verification relies on, gathered before any check runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.standards.accreditation import Accreditation, AccreditationProblem
from app.verification.report import Report


@dataclass(frozen=True, slots=True)
class Fetched:
    """A published document as received at `at`, or why there is none. `code` and `failure` go together.

    `at` None = nobody knows how old it is: it came with the document itself. `source` says where it came from, in
    words for people.
    """

    at: datetime | None
    data: bytes | None = None
    code: str = ""
    failure: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """What the registry says of a root: Unix time it was recorded at, 0 = never, None = could not be asked."""

    at: datetime
    anchored_at: int | None = None
    final: bool = False
    code: str = ""
    failure: str = ""


SILENT = frozenset(
    {
        "chain_not_asked",
        "chain_other",
        "chain_wrong",
        "chain_unreachable",
        "chain_timeout",
        "chain_error",
        "chain_failed",
        "chain_answer_unreadable",
    }
)
"""Codes of a `ChainAnswer` behind which nobody said anything about the record: neither that it is there, nor that it is
not. With any other, somebody spoke, and not for it."""


@dataclass(frozen=True, slots=True)
class RecognisedIssuer:
    """An entry in the verifier's own list of issuers. `keys` are the public keys (Multikey) it vouches for.

    `is_root`: the verifier trusts this one to accredit others (the scheme operator).
    """

    did: str
    name: str
    ukprn: str
    keys: tuple[str, ...] = ()
    is_root: bool = False


@dataclass(frozen=True, slots=True)
class Recognition:
    """`known` False = there is no list to be had, so nobody can be recognised; `code` and `failure` say why, if known.

    `has_root`: somebody on the list is trusted to accredit, so an issuer is expected to show that it is accredited.
    """

    known: bool
    issuer: RecognisedIssuer | None = None
    has_root: bool = False
    code: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """What was handed in: a credential, perhaps with its receipt, as parsed from the bytes received.

    `embedded`: the credentials inside a presentation or a CLR. `presentation` is set where it is one, and is then
    the `credential` too, so that it can never pass as one. `bundle`: the file all of it came in, with what it brings.
    `beside`: the bytes of what an award may be made of that came in the same file, by name and digest (`digestSRI`).
    """

    credential: Mapping[str, Any]
    receipt: Mapping[str, Any] | None
    presentation: Mapping[str, Any] | None = None
    embedded: tuple["Submission", ...] = ()
    bundle: Mapping[str, Any] | None = None
    beside: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccreditationEvidence:
    """What the question rests on, who let the issuer issue this.

    `found` False = the issuer publishes no list, or an empty one; `is_expected` = and the verifier knows who accredits,
    so that an issuer without is one that hides something or lacks it. `problem` = the list itself could not be had or
    read; `is_false` = and that is a lie. `recognised` are the accreditors on the verifier's own list and `documents`
    the DID documents of accreditors, by DID. `lists` are status lists of today, by address; `past_lists` those in force
    when the credential may have been issued, by address and moment.
    """

    found: bool
    is_expected: bool = False
    edges: tuple[Accreditation, ...] = ()
    problem: AccreditationProblem | None = None
    is_false: bool = False
    unreadable: tuple[AccreditationProblem, ...] = ()
    recognised: Mapping[str, RecognisedIssuer] = field(default_factory=dict)
    documents: Mapping[str, Fetched] = field(default_factory=dict)
    lists: Mapping[str, Fetched] = field(default_factory=dict)
    past_lists: Mapping[tuple[str, datetime], Fetched] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartEvidence:
    """A part that an award names: its bytes as received, and the report on them where they are a credential."""

    fetched: Fetched
    document: Mapping[str, Any] | None = None
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class StackEvidence:
    """What it takes to run an award's rules again. `rules` None = it names none, or several.

    `parts` are in the order in which the award names them, and none were asked for where the rules could not be had.
    `is_too_large`: there are more of them, with theirs, than are looked at.
    """

    rules: Fetched | None
    parts: tuple[PartEvidence, ...] = ()
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it. None = not gathered, because nothing named it or nothing needed it.

    `chain` answers for the receipt's first record, `chain_further` for those on other chains, in the receipt's order;
    `seen_on_chain` is the time of the record by which the rest was gathered. The checks find out which one counts.
    `did_document_then` is the version of the issuer's document that was in force at the time that counts: the one
    asked about, or the one at which a key withdrawn since was used.
    """

    submission: Submission
    did_document: Fetched | None
    status_list: Fetched | None
    chain: ChainAnswer | None
    recognition: Recognition
    did_document_then: Fetched | None = None
    status_reasons: Fetched | None = None
    checkpoints: Fetched | None = None
    accreditation: AccreditationEvidence | None = None
    chain_further: tuple[ChainAnswer, ...] = ()
    seen_on_chain: datetime | None = None
