"""Sample credentials of a made-up college, for tests of the standards."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.standards import clr, data_integrity, endorsement, multikey, open_badge, status_list

DID = "did:web:college.example.ac.uk"
KEY_ID = f"{DID}#key-2026-09"
# The published test key of the anchor receipt vectors: never a secret.
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY = multikey.PublicKey(multikey.KeyType.ED25519, KEY.public_key().public_bytes_raw())
SIGNED_ON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

COLLEGE = open_badge.Profile(DID, "Example College", (("ext:UKPRN", "10000000"),), "https://college.example.ac.uk")
AWARDING_BODY = open_badge.Profile("did:web:awards.example", "Example Awards", (("ext:recognitionNumber", "RN1"),))


def achievement(alignments: int = 3, **changes: Any) -> open_badge.Achievement:
    """A unit with credit, a grade scale and that many alignments."""
    whole = open_badge.Achievement(
        id="https://awards.example/a/603-0001-2/u1",
        name="Network Security Fundamentals",
        description="Plan, build and defend a small network.",
        criteria='Pass every outcome of the project "Office".',
        achievement_type="ext:HTQ",
        credits=15,
        code="U1",
        creator=AWARDING_BODY,
        grades=("Pass", "Merit", "Distinction"),
        alignments=tuple(
            open_badge.Alignment(
                f"Knowledge {number}", f"https://standards.example/ST0000/K{number}", f"K{number}", "ST0000 v1.2"
            )
            for number in range(1, alignments + 1)
        ),
        identifiers=(("ext:QAN", "603/0001/2"),),
    )
    return replace(whole, **changes)


def award(number: int = 1, **changes: Any) -> open_badge.Award:
    """The award of learner `number`; `changes` replace fields."""
    whole = open_badge.Award(
        id=f"urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-{number:012x}",
        valid_from=datetime(2026, 11, 20, 9, 30, number % 60, tzinfo=UTC),
        awarded_on=date(2026, 11, 20),
        learner_name=f"Learner {number}",
        email_hash=open_badge.hash_email(f"learner{number}@example.ac.uk", f"salt-{number}"),
        email_salt=f"salt-{number}",
        award_reference=f"AR-{number:06d}",
        grade=("Pass", "Merit", "Distinction")[number % 3],
        credits_earned=15,
        status=status_list.entry("https://college.example.ac.uk/status/1", number),
    )
    return replace(whole, **changes)


def credential(number: int = 1, alignments: int = 3, **changes: Any) -> dict[str, Any]:
    """An unsigned credential of learner `number`."""
    return open_badge.achievement_credential(COLLEGE, achievement(alignments), award(number, **changes))


def record(credentials: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
    """An unsigned record of learner 1 over signed `credentials`; `changes` replace fields."""
    whole = clr.Record(
        id="urn:uuid:9d0e2d4b-0a1a-4a0d-8d0a-000000000001",
        name="Learner record of Example College",
        valid_from=SIGNED_ON,
        learner_name="Learner 1",
        email_hash=open_badge.hash_email("learner1@example.ac.uk", "salt-record"),
        email_salt="salt-record",
        record_reference="RR-000001",
        credentials=credentials,
        status=status_list.entry("https://college.example.ac.uk/status/1", 94_567),
    )
    return clr.clr_credential(COLLEGE, replace(whole, **changes))


def endorsed(**changes: Any) -> dict[str, Any]:
    """An unsigned endorsement of the sample unit; `changes` replace fields."""
    whole = endorsement.Endorsement(
        id="urn:uuid:7c0e2d4b-0a1a-4a0d-8d0a-000000000001",
        name="Endorsement of Network Security Fundamentals",
        endorsed_id="https://awards.example/a/603-0001-2/u1",
        comment="We teach our first year with it.",
        valid_from=SIGNED_ON,
        status=status_list.entry("https://college.example.ac.uk/status/1", 94_568),
    )
    return endorsement.endorsement_credential(COLLEGE, replace(whole, **changes))


def signed(document: Mapping[str, Any], canonicaliser: data_integrity.CanonicalForm) -> dict[str, Any]:
    """`document` with an eddsa-rdfc-2022 proof by the test key."""
    options = data_integrity.proof_options(data_integrity.RDFC, KEY_ID, SIGNED_ON)
    hashed = data_integrity.hash_rdfc(canonicaliser, document, options)
    return data_integrity.secured(document, options, KEY.sign(hashed))


def did_document(**changes: Any) -> dict[str, Any]:
    """The college's DID document; `changes` replace members."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": DID,
        "verificationMethod": [
            {"id": KEY_ID, "type": "Multikey", "controller": DID, "publicKeyMultibase": PUBLIC_KEY.encode()}
        ],
        "assertionMethod": [KEY_ID],
        **changes,
    }


def changed_leaves(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, copy) for each text, number and truth value of the document, with one character of it changed."""

    def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, inner in pairs:
            yield from places(inner, (*path, name))
        if isinstance(value, str | int | float):
            yield path

    for path in places(document, ()):
        copy = deepcopy(document)
        holder: Any = copy
        for name in path[:-1]:
            holder = holder[name]
        old = holder[path[-1]]
        if isinstance(old, bool):
            holder[path[-1]] = not old
        elif isinstance(old, str):
            last = old[-1:]
            holder[path[-1]] = old[:-1] + ("1" if last != "1" else "2")
        else:
            holder[path[-1]] = old + 1
        yield "/".join(map(str, path)), copy
