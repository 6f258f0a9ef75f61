"""What is done to a document after it was signed, in the differential test.

A change gets chance and the document, of which it may keep parts but changes none, and returns another document; None
= it does not apply to such a one. `HARMLESS` changes leave every statement as it was signed; after any other, nobody
may accept the document.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from app.standards import data_integrity, multikey, open_badge
from tests.unit.standards import sample
from tests.vectors.differential import publishers as by
from tests.vectors.differential.publishers import Document, Key, secured

Change = Callable[[Random, Document], Document | None]
Path = tuple[Any, ...]

_OTHER_VALUES: Sequence[Any] = (True, 0, -1, 1.5, "x", [], ["x", "y"], {}, {"id": "urn:x"})
_INLINE = {"name": "https://vocabulary.example/another-name"}


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every member and item, however deep."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*path, name)
        yield from places(inner, (*path, name))


def at(document: Any, path: Path) -> Any:
    for name in path:
        document = document[name]
    return document


def put(document: Document, path: Path, value: Any) -> Document:
    copy = deepcopy(document)
    at(copy, path[:-1])[path[-1]] = value
    return copy


def over_json(document: Document) -> bool:
    """Whether a signature is over the JSON as it stands."""
    return "-jcs-" in json.dumps(document["proof"])


def proofs(document: Document) -> list[Document]:
    return document["proof"] if isinstance(document["proof"], list) else [document["proof"]]


def content(document: Document) -> list[Path]:
    """The places outside the proofs."""
    return [path for path in places(document) if path[0] != "proof"]


# --- of what it says -----------------------------------------------------------------------------------------------


def one_character(chance: Random, document: Document) -> Document:
    """Anywhere; but of several proofs one may be false without harm to the others."""
    several = isinstance(document["proof"], list)
    copies = [copy for place, copy in sample.changed_leaves(document) if not (several and place.startswith("proof/"))]
    return chance.choice(copies)


def left_out(chance: Random, document: Document) -> Document:
    copy = deepcopy(document)
    path = chance.choice([path for path in content(document) if path[0] != "@context"])
    del at(copy, path[:-1])[path[-1]]
    return copy


def of_another_type(chance: Random, document: Document) -> Document:
    path = chance.choice(content(document))
    old = at(document, path)
    return put(document, path, chance.choice([value for value in _OTHER_VALUES if type(value) is not type(old)]))


def without_its_status(_: Random, document: Document) -> Document | None:
    return _without(document, "credentialStatus")


def without_its_end(_: Random, document: Document) -> Document | None:
    return _without(document, "validUntil")


def without_its_name(_: Random, document: Document) -> Document | None:
    return _without(document, "id")


def at_another_place_of_the_list(_: Random, document: Document) -> Document | None:
    return put(document, ("credentialStatus", "statusListIndex"), "8") if _has_status(document) else None


def of_another_list(_: Random, document: Document) -> Document | None:
    if not _has_status(document):
        return None
    return put(document, ("credentialStatus", "statusListCredential"), by.FAR_LIST)


def a_status_in_two_lists(_: Random, document: Document) -> Document | None:
    """JSON-LD makes one list of it, so every signature over RDF still holds."""
    return document | {"credentialStatus": [[document["credentialStatus"]]]} if _has_status(document) else None


def a_status_by_its_long_name(_: Random, document: Document) -> Document | None:
    """What JSON-LD reads as before, and no reader of JSON finds."""
    if not _has_status(document):
        return None
    renamed = {"https://www.w3.org/2018/credentials#credentialStatus": document["credentialStatus"]}
    return {name: value for name, value in document.items() if name != "credentialStatus"} | renamed


def identified_by_a_keyword(_: Random, document: Document) -> Document:
    return {("@id" if name == "id" else name): value for name, value in document.items()}


def with_more_words(chance: Random, document: Document) -> Document:
    """Words that the vocabulary knows."""
    name = chance.choice([name for name in ("description", "awardedDate", "evidence") if name not in document])
    value = {"id": "https://evidence.example/1", "type": ["Evidence"]} if name == "evidence" else "2026-01-01T00:00:00Z"
    return document | {name: value}


def with_a_word_that_is_dropped(chance: Random, document: Document) -> Document:
    """A word without a meaning says nothing in JSON-LD: whoever drops it in silence shows it as signed."""
    path = chance.choice([("invented",), ("credentialSubject", "invented"), ("proof", "invented")])
    if not isinstance(at(document, path[:-1]), dict):
        path = ("invented",)
    return put(document, path, "with distinction")


def dated_in_another_zone(_: Random, document: Document) -> Document:
    return document | {"validFrom": document["validFrom"].replace("Z", "+00:00")}


# --- of what its words mean ----------------------------------------------------------------------------------------


def with_an_unknown_context(_: Random, document: Document) -> Document:
    return document | {"@context": [*document["@context"], "https://vocabulary.example/v1"]}


def with_a_context_inside(_: Random, document: Document) -> Document:
    return document | {"@context": [*document["@context"], _INLINE]}


def without_a_context(_: Random, document: Document) -> Document:
    return document | {"@context": [url for url in document["@context"] if url != open_badge.EXTENSIONS]}


def with_its_contexts_in_another_order(_: Random, document: Document) -> Document:
    return document | {"@context": document["@context"][::-1]}


def a_subject_with_a_context_of_its_own(_: Random, document: Document) -> Document:
    return put(document, ("credentialSubject", "@context"), _INLINE)


# --- of its proof --------------------------------------------------------------------------------------------------


def _in_proof(**members: Any) -> Change:
    def change(_: Random, document: Document) -> Document | None:
        old = proofs(document)
        if any(one.get(name) == value for one in old for name, value in members.items()):
            return None
        new = [one | members for one in old]
        return document | {"proof": new if isinstance(document["proof"], list) else new[0]}

    return change


def _signed_anew(key: Key, name: str | None = None) -> Change:
    """Signed once more, by a key that is not for this."""

    def change(_: Random, document: Document) -> Document:
        method = {"verificationMethod": name} if name else {}
        return secured(document | {"name": "As somebody else would have it"}, key, **method)

    return change


def with_the_signature_of_another(_: Random, document: Document) -> Document:
    other = secured(data_integrity.unsecured(document) | {"name": "Another"})["proof"]["proofValue"]
    return _of(_in_proof(proofValue=other), document)


def with_a_signature_cut_short(_: Random, document: Document) -> Document:
    return _of(_in_proof(proofValue=proofs(document)[0]["proofValue"][:-2]), document)


def with_a_signature_in_other_letters(_: Random, document: Document) -> Document | None:
    """The same bytes in base 16, where the suites know base 58 alone."""
    if isinstance(document["proof"], list):
        return None
    raw = multikey.decode_base58btc(document["proof"]["proofValue"])
    return _of(_in_proof(proofValue="f" + raw.hex()), document)


def without_a_proof(_: Random, document: Document) -> Document:
    return data_integrity.unsecured(document)


def with_an_empty_list_of_proofs(_: Random, document: Document) -> Document:
    return document | {"proof": []}


def with_proofs_of_others_alone(_: Random, document: Document) -> Document:
    """Whoever counts "some proof holds" without asking whose takes this for genuine."""
    changed = document | {"name": "As somebody else would have it"}
    return changed | {"proof": [secured(changed, by.STRANGER)["proof"], *proofs(document)]}


# --- of nothing ----------------------------------------------------------------------------------------------------


def in_another_order(_: Random, document: Document) -> Document:
    return {name: document[name] for name in reversed(document)}


def one_thing_as_a_list(_: Random, document: Document) -> Document | None:
    subject = document["credentialSubject"]
    return None if over_json(document) else document | {"credentialSubject": [subject]}


def a_list_as_one_thing(_: Random, document: Document) -> Document | None:
    schema = document["credentialSchema"]
    return None if over_json(document) else document | {"credentialSchema": schema[0]}


def with_nothing_more(_: Random, document: Document) -> Document | None:
    return None if over_json(document) else document | {"evidence": [], "image": None}


def with_a_context_it_does_not_use(_: Random, document: Document) -> Document:
    return document | {"@context": [*document["@context"], "https://w3id.org/security/data-integrity/v2"]}


def with_its_proof_in_a_list(_: Random, document: Document) -> Document | None:
    return None if isinstance(document["proof"], list) else document | {"proof": [document["proof"]]}


def with_the_proof_of_another_before(_: Random, document: Document) -> Document:
    return document | {"proof": [secured(document, by.STRANGER)["proof"], *proofs(document)]}


def with_a_proof_nobody_knows_before(_: Random, document: Document) -> Document:
    unknown = proofs(document)[0] | {"cryptosuite": "made-up-2026", "proofValue": "z1"}
    unknown.pop("id", None)
    return document | {"proof": [unknown, *proofs(document)]}


HARMLESS: Mapping[str, Change] = {
    "its members in another order": in_another_order,
    "one thing as a list": one_thing_as_a_list,
    "a list as one thing": a_list_as_one_thing,
    "members that hold nothing": with_nothing_more,
    "a context it does not use": with_a_context_it_does_not_use,
    "its proof in a list": with_its_proof_in_a_list,
    "another's proof before it": with_the_proof_of_another_before,
    "a proof nobody knows before it": with_a_proof_nobody_knows_before,
}

HARMFUL: Mapping[str, Change] = {
    "one character": one_character,
    "a member left out": left_out,
    "a value of another type": of_another_type,
    "no status": without_its_status,
    "no end": without_its_end,
    "no name": without_its_name,
    "another place in the list": at_another_place_of_the_list,
    "another list": of_another_list,
    "its status in two lists": a_status_in_two_lists,
    "its status by its long name": a_status_by_its_long_name,
    "its name by a keyword": identified_by_a_keyword,
    "more words": with_more_words,
    "a word that is dropped": with_a_word_that_is_dropped,
    "a date in another zone": dated_in_another_zone,
    "an unknown context": with_an_unknown_context,
    "a context inside": with_a_context_inside,
    "no context for its schema": without_a_context,
    "its contexts in another order": with_its_contexts_in_another_order,
    "a context in its subject": a_subject_with_a_context_of_its_own,
    "another purpose": _in_proof(proofPurpose="authentication"),
    "a purpose of capabilities": _in_proof(proofPurpose="capabilityInvocation"),
    "a later signature": _in_proof(created="2026-11-22T09:00:00Z"),
    "an end of its proof": _in_proof(expires="2036-01-01T00:00:00Z"),
    "a nonce": _in_proof(nonce="1"),
    "another key of the issuer": _in_proof(verificationMethod=by.SECOND.id),
    "the key of another": _in_proof(verificationMethod=by.STRANGER.id),
    "a key that is not listed": _in_proof(verificationMethod=f"{sample.DID}#key-1999-01"),
    "another suite": _in_proof(cryptosuite=data_integrity.JCS),
    "a suite nobody knows": _in_proof(cryptosuite="made-up-2026"),
    "another type of proof": _in_proof(type="Ed25519Signature2020"),
    "signed by another": _signed_anew(by.STRANGER),
    "signed by another under a key named by itself": _signed_anew(
        by.STRANGER, f"{sample.DID}#{by.STRANGER.public.encode()}"
    ),
    "signed by another under the issuer's key": _signed_anew(by.STRANGER, by.COLLEGE.id),
    "signed with a key for another purpose": _signed_anew(by.LOGIN),
    "the signature of another": with_the_signature_of_another,
    "a signature cut short": with_a_signature_cut_short,
    "a signature in other letters": with_a_signature_in_other_letters,
    "no proof": without_a_proof,
    "an empty list of proofs": with_an_empty_list_of_proofs,
    "another's proof before a false one": with_proofs_of_others_alone,
}


def _of(change: Change, document: Document) -> Document:
    changed = change(Random(0), document)
    assert changed is not None
    return changed


def _without(document: Document, name: str) -> Document | None:
    return {other: value for other, value in document.items() if other != name} if name in document else None


def _has_status(document: Document) -> bool:
    return isinstance(document.get("credentialStatus"), dict)
