"""What is signed in the differential test: each kind of document as issuers sign it, sound or with one fault.

A kind is a function from chance and a number to a signed document, different in every part that learners and colleges
fill in. `FAULT` says what a verifier must have found in it; a kind that is not named there is genuine and in force.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from app.standards import data_integrity, open_badge, vc
from tests.unit.standards import sample
from tests.vectors.differential import publishers as by
from tests.vectors.differential.publishers import Document, Key, secured, status

NAMES = [
    "Zoë Ångström-Núñez",
    "Gwenllïan ŵŷ e\u0301",
    "👩🏽\u200d🎓 \U0001d518",
    "שלום مرحبا",
    'Robert "Bobby" \\ Tables\n\r\t',
    'x" . <urn:a> <urn:b> "',
    "\u2028\ufeff\u00a0",
    "&amp; < > &#39; %41",
    "",
]
SOME_LETTERS = "Aé\u03b1\u05d0\U0001f600"
REVOKED_PLACE, FREE_PLACE = by.REVOKED_PLACES[17], 17

Make = Callable[[Random, int], Document]


def unsigned(chance: Random, number: int, issuer: str = sample.DID, **members: Any) -> Document:
    """A badge of the issuer; `members` replace members of it, None leaves one out."""
    document = open_badge.achievement_credential(
        open_badge.Profile(issuer, "Example College"),
        sample.achievement(chance.choice([0, 1, 3, 9])),
        sample.award(
            number,
            learner_name=chance.choice(NAMES) + "".join(chance.choices(SOME_LETTERS, k=5)),
            grade=chance.choice([None, "Pass", "Distinction*", "A*", " "]),
            credits_earned=chance.choice([None, 0, 15, 20.0, 7.5, 120]),
            status=status(place=chance.choice([FREE_PLACE, 0, 131_071, 59_999])),
        ),
    )
    if chance.random() < 0.3:
        document["description"] = chance.choice(["", "\t\n", "x" * 500, '"\\'])
    if chance.random() < 0.2:
        document["issuer"] = issuer
    return {name: value for name, value in (document | members).items() if value is not None}


def badge(key: Key = by.COLLEGE, suite: str | None = None, **members: Any) -> Make:
    def make(chance: Random, number: int) -> Document:
        return secured(unsigned(chance, number, key.issuer, **members), key, suite)

    return make


def with_status(**changes: Any) -> Make:
    """A badge whose entry in a list has other members than usual."""
    return badge(credentialStatus=status(**changes))


def with_options(**options: Any) -> Make:
    def make(chance: Random, number: int) -> Document:
        return secured(unsigned(chance, number), **options)

    return make


def with_both_keys(chance: Random, number: int) -> Document:
    """A set: each proof signs the document alone."""
    document = unsigned(chance, number)
    return {**document, "proof": [secured(document, key)["proof"] for key in (by.COLLEGE, by.SECOND)]}


def with_both_suites(chance: Random, number: int) -> Document:
    document = unsigned(chance, number)
    return {**document, "proof": [secured(document, key)["proof"] for key in (by.P256, by.COLLEGE)]}


def chain(chance: Random, number: int) -> Document:
    return by.chained(unsigned(chance, number), by.COLLEGE, by.SECOND)


def endorsement(place: int = FREE_PLACE) -> Make:
    def make(chance: Random, number: int) -> Document:
        comment = chance.choice(NAMES) + f" endorses no. {number}."
        document = sample.endorsed(comment=comment, id=f"urn:uuid:7c0e2d4b-0a1a-4a0d-8d0a-{number:012x}")
        return secured({**document, "credentialStatus": status(place=place)})

    return make


def record(*inside: Make) -> Make:
    """A signed record (CLR 2.0) that holds one badge of each of these makes."""

    def make(chance: Random, number: int) -> Document:
        held = [one(chance, number * 10 + place) for place, one in enumerate(inside)]
        document = sample.record(held, id=f"urn:uuid:9d0e2d4b-0a1a-4a0d-8d0a-{number:012x}")
        return secured({**document, "credentialStatus": status()})

    return make


def forged_inside(chance: Random, number: int) -> Document:
    return badge()(chance, number) | {"name": "Another name than was signed"}


def _day(days: int) -> str:
    return vc.timestamp(by.NOW + timedelta(days=days))


KINDS: Mapping[str, Make] = {
    "a badge": badge(),
    "without a status": badge(credentialStatus=None),
    "that ends some day": badge(validUntil=_day(400)),
    "in Welsh": badge(name={"@value": "Hanfodion Diogelwch Rhwydwaith", "@language": "cy"}),
    "with one type": badge(type="VerifiableCredential", awardedDate=None),
    "with a list of two purposes": with_status(url=by.BOTH_PURPOSES),
    "with a status whose type is in a list": with_status(type=["BitstringStatusListEntry"]),
    "signed over JSON": badge(suite=data_integrity.JCS),
    "signed with P-256": badge(by.P256),
    "signed with P-384": badge(by.P384),
    "signed over JSON with P-256": badge(by.P256, data_integrity.ECDSA_JCS),
    "with two proofs": with_both_keys,
    "with proofs of two suites": with_both_suites,
    "with a chain of proofs": chain,
    "an endorsement": endorsement(),
    "a record": record(badge(), badge(by.P256)),
    # Signed by whom they name, and yet not good.
    "that ended": badge(validUntil=_day(-1)),
    "that has not begun": badge(validFrom=_day(1)),
    "revoked": with_status(place=REVOKED_PLACE),
    "an endorsement, revoked": endorsement(REVOKED_PLACE),
    "suspended": with_status(url=by.SUSPENSIONS, place=REVOKED_PLACE, statusPurpose="suspension"),
    "revoked, as its second status": badge(credentialStatus=[status(), status(place=REVOKED_PLACE)]),
    "a status of an unknown type": badge(credentialStatus={"id": by.LIST, "type": "1EdTechRevocationList"}),
    "a status list that is away": with_status(url=by.NO_LIST),
    "a status list of another issuer": with_status(url=by.FOREIGN_LIST),
    "a status list of another purpose": with_status(url=by.OTHER_PURPOSE),
    "a status list nobody signed": with_status(url=by.UNSIGNED_LIST),
    "a status list that ran out": with_status(url=by.STALE_LIST),
    "a status list cut short": with_status(url=by.CUT_LIST),
    "a place outside the status list": with_status(place=131_072),
    "by an issuer nobody knows": badge(by.STRANGER, credentialStatus=None),
    "with a key lost long before": badge(by.LOST, credentialStatus=None),
    "with a key out of use": badge(by.RETIRED, credentialStatus=None),
    "with a key for another purpose": badge(by.LOGIN),
    "with a key of somebody else's": badge(by.BORROWED, credentialStatus=None),
    "by an issuer with another's page": badge(by.TWO_FACED, credentialStatus=None),
    "by an issuer who is away": badge(by.AWAY, credentialStatus=None),
    "signed for authentication": with_options(proofPurpose="authentication"),
    "signed for one occasion": with_options(domain="elsewhere.example", challenge="of somebody else"),
    "with a proof that ran out": with_options(expires=_day(-1)),
    "signed in the future": with_options(created=_day(2)),
    "a record over a forged badge": record(badge(), forged_inside),
    "a record over a revoked badge": record(with_status(place=REVOKED_PLACE)),
}

FAULT: Mapping[str, str] = {
    "that ended": "expired",
    "that has not begun": "not_yet_valid",
    "revoked": "revoked",
    "an endorsement, revoked": "revoked",
    "suspended": "status_entry_unknown",
    "revoked, as its second status": "status_entry_unknown",
    "a status of an unknown type": "status_entry_unknown",
    "a status list that is away": "publication_unreachable",
    "a status list of another issuer": "status_list_unsigned",
    "a status list of another purpose": "status_list_foreign",
    "a status list nobody signed": "proof_missing",
    "a status list that ran out": "status_list_stale",
    "a status list cut short": "status_list_malformed",
    "a place outside the status list": "status_index_out_of_range",
    "by an issuer nobody knows": "issuer_unknown",
    "with a key lost long before": "key_revoked",
    "with a key out of use": "key_expired",
    "with a key for another purpose": "key_not_listed",
    "with a key of somebody else's": "key_not_listed",
    "by an issuer with another's page": "did_document_unreadable",
    "by an issuer who is away": "publication_unreachable",
    "signed for authentication": "purpose_wrong",
    "signed for one occasion": "proof_not_lasting",
    "with a proof that ran out": "proof_expired",
    "signed in the future": "signed_later",
    "a record over a forged badge": "signature_wrong",
    "a record over a revoked badge": "revoked",
}
"""Kind -> the code of the finding that must be among ours."""

GENUINE: Sequence[str] = [kind for kind in KINDS if kind not in FAULT]
