"""From a JSON document to what is to be verified: a credential, a bundle, a presentation, or a record of several.

Only the shape is read here; nothing is believed. One level of embedding, no more: what is embedded deeper is refused
rather than left unchecked, for a page that shows it would vouch for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from app.errors import Refused, TooLarge
from app.standards import clr, strict_json
from app.standards.open_badge import digest_sri
from app.verification import carriers
from app.verification.evidence import Submission

MAX_BYTES = 1_000_000
"""Of the document. A bundle brings a status list, which alone may hold tens of kilobytes."""

MAX_EMBEDDED = clr.MAX_CREDENTIALS
"""Credentials inside one document. A record of ours never holds more."""

_OBJECTS = ("anchorReceipt", "didDocument", "statusListCredential", "parts", "rules", "published")
_LISTS = ("accreditation", "didDocumentHistory")
_EITHER = ("statusReasons",)


def read(payload: bytes) -> Submission:
    """What `payload` (strict JSON, at most `MAX_BYTES`) asks to verify.

    A presentation is its own `credential` here: whoever overlooks `embedded` verifies something that is not a
    credential, and says so, rather than the first of several. Raises `TooLarge("document_too_large")` and `Refused`:
    the codes of `NotStrictJson`, bundle_malformed, presentation_malformed, presentation_empty, presentation_nested,
    clr_malformed, embedded_too_many, embedded_too_deep, and those of `carriers` for tokens and envelopes.
    """
    try:
        document = strict_json.parse_object(payload, MAX_BYTES)
    except strict_json.NotStrictJson as error:
        family = TooLarge if error.code == "document_too_large" else Refused
        raise family(error.code, str(error)) from None
    if document.get("type") == "CredentialBundle":
        return _bundle(document)
    types = _types(document)
    if "VerifiablePresentation" in types:
        return _presentation(document, types)
    if "EnvelopedVerifiablePresentation" in types:
        carriers.refuse_envelope(document.get("id"))
    return _credential(document)


def read_submission(data: bytes) -> tuple[Submission, Mapping[str, Any]]:
    """As `read`, and the bundle's members (empty where there is no bundle)."""
    found = read(data)
    return found, found.bundle or {}


def is_record(document: Mapping[str, Any]) -> bool:
    """Whether it says that it is a comprehensive record (CLR 2.0), a credential that holds others whole."""
    return clr.TYPE in _types(document)


def embedded_in(document: Mapping[str, Any]) -> tuple[Submission, ...]:
    """The credentials inside a record; none in any other document. Raises `Refused` as `read` does for them."""
    if not is_record(document):
        return ()
    subjects = _several(document.get("credentialSubject"))
    found = [item for one in subjects if isinstance(one, dict) for item in _several(one.get("verifiableCredential"))]
    return _embedded(found, "clr_malformed")


def _credential(document: Mapping[str, Any]) -> Submission:
    _refuse_signed_elsewhere(document)
    return Submission(document, None, embedded=embedded_in(document))


def _bundle(document: Mapping[str, Any]) -> Submission:
    """Members that are not known are left alone: a later bundle may bring more."""
    credential = document.get("credential")
    if not isinstance(credential, dict):
        raise Refused("bundle_malformed", "The bundle does not hold a credential.")
    for names, kinds in ((_OBJECTS, (dict,)), (_LISTS, (list,)), (_EITHER, (dict, list))):
        for name in names:
            if document.get(name) is not None and not isinstance(document[name], kinds):
                raise Refused("bundle_malformed", f'The bundle is damaged: "{name}" is not what it should be.')
    if "VerifiablePresentation" in _types(credential):
        raise Refused("bundle_malformed", "The bundle holds a presentation where one credential should be.")
    return replace(
        _credential(credential), receipt=document.get("anchorReceipt"), bundle=document, beside=_beside(document)
    )


def _beside(bundle: Mapping[str, Any]) -> dict[tuple[str, str], bytes]:
    """The parts and the rules that the bundle of an award brings, by name and digest: as texts, so that they have one.

    What has another digest than the award names is not taken from here.
    """
    parts = {name: one.get("document") for name, one in (bundle.get("parts") or {}).items() if isinstance(one, dict)}
    texts = {**parts, **(bundle.get("rules") or {})}
    brought = [(name, text.encode("utf-8", "replace")) for name, text in texts.items() if isinstance(text, str)]
    return {(name, digest_sri(data)): data for name, data in brought}


def _presentation(document: Mapping[str, Any], types: tuple[str, ...]) -> Submission:
    if "VerifiableCredential" in types:
        _malformed("presentation_malformed", "The document says that it is a credential and a presentation at once.")
    found = _several(document.get("verifiableCredential"))
    if not found:
        raise Refused("presentation_empty", "This presentation holds no credential, so there is nothing to check.")
    embedded = _embedded(found, "presentation_malformed")
    return Submission(document, None, presentation=document, embedded=embedded)


def _embedded(found: list[Any], malformed: str) -> tuple[Submission, ...]:
    if len(found) > MAX_EMBEDDED:
        raise Refused(
            "embedded_too_many",
            f"The document holds {len(found)} credentials; at most {MAX_EMBEDDED} are checked at once.",
            {"most": MAX_EMBEDDED},
        )
    return tuple(_member(item, malformed) for item in found)


def _member(item: Any, malformed: str) -> Submission:
    if isinstance(item, str):
        carriers.refuse_token(item)
    if not isinstance(item, dict):
        _malformed(malformed, "One of the credentials inside this document is not a credential.")
    types = _types(item)
    if "VerifiablePresentation" in types or "EnvelopedVerifiablePresentation" in types:
        raise Refused("presentation_nested", "A presentation inside another document is not read.")
    if is_record(item):
        raise Refused(
            "embedded_too_deep",
            "One of the credentials inside this document itself holds credentials. Check that one as a file of its "
            "own, so that all of them are looked at.",
        )
    _refuse_signed_elsewhere(item)
    return Submission(item, None)


def _refuse_signed_elsewhere(document: Mapping[str, Any]) -> None:
    """Envelopes, and JWS in its JSON form (RFC 7515, section 7.2)."""
    if "EnvelopedVerifiableCredential" in _types(document):
        carriers.refuse_envelope(document.get("id"))
    if isinstance(document.get("payload"), str) and ("signature" in document or "signatures" in document):
        carriers.refuse("jwt_not_supported")


def _types(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item for item in _several(document.get("type")) if isinstance(item, str))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _malformed(code: str, message: str) -> NoReturn:
    raise Refused(code, message)
