"""Verifiable Credentials Data Model 1.1: the shape of documents from before version 2.0, sections 4 and 5.

Conformance suites and older programs still send them. They are read and made for the VC API alone
(`app.web.vc_api`); everything else here is version 2.0.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.standards import vc

CONTEXT = "https://www.w3.org/2018/credentials/v1"
DATES = ("issuanceDate", "expirationDate")
"""What became `vc.DATES` (sections 4.6 and 4.8)."""

PROOF_CONTEXT = "https://w3id.org/security/data-integrity/v2"
"""What version 1.1 lacks and a Data Integrity proof needs; version 2.0 has it built in."""


def is_1_1(document: Mapping[str, Any]) -> bool:
    """Whether the document says that it is of this version: its first context decides (section 4.1)."""
    contexts = document.get("@context")
    return isinstance(contexts, list) and bool(contexts) and contexts[0] == CONTEXT


def with_proof_context(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document`, which `is_1_1`, with the context that defines a Data Integrity proof, added last if it is not there.

    Must be done before signing: the contexts decide what every word means.
    """
    contexts = document["@context"]
    return {**document, "@context": contexts if PROOF_CONTEXT in contexts else [*contexts, PROOF_CONTEXT]}


def structure_problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each way in which `document`, which `is_1_1`, is not a credential of this version, as (code, sentence).

    A date without a time zone, which XML Schema allows, is refused: it names no moment.
    """
    # What the versions have in common; the first context and the names of the dates are not among it.
    yield from vc.structure_problems({**document, "@context": [vc.CONTEXT]})
    moments = {}
    for name in DATES:
        if name in document:
            moments[name] = vc.parse_timestamp(document[name])
            if moments[name] is None:
                yield "date_malformed", f'The date in "{name}" is not a date and time with a time zone.'
    if "issuanceDate" not in document:
        yield "issuance_date_missing", "The document does not say since when it holds (issuanceDate)."
    start, end = moments.get("issuanceDate"), moments.get("expirationDate")
    if start and end and end < start:
        yield "dates_reversed", "The document ends before it begins."
    status = document.get("credentialStatus")
    for entry in status if isinstance(status, list) else [status] if status is not None else []:
        if isinstance(entry, dict) and not vc.is_url(entry.get("id")):
            yield "status_malformed", "The document's status entry has no identifier."
