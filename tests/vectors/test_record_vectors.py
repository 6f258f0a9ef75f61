"""Records and endorsements against what others published: JSON Schemas, a fixture of 1EdTech, three other verifiers."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft201909Validator, Draft202012Validator
from openbadgeslib.ob3.clr import bundled_clr_contexts
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy, verify_credential

from app.adapters.contexts import canonicaliser
from app.credentials.associations import relate
from app.standards import clr, data_integrity, open_badge, status_list
from app.standards.clr import Association, AssociationType
from app.web.open_badges_api import UNSUPPORTED
from tests.unit.credentials import catalogued
from tests.unit.standards import sample
from tests.vectors import published
from tests.vectors.test_foreign_verifiers import ask

SCHEMAS = published.folder("schemas")
CLR_CONTEXT = {"@context": published.context("clr-2.0.1.json")}
FULL = canonicaliser()


def validator(name: str) -> Draft201909Validator:
    return Draft201909Validator(published.read(SCHEMAS / name))


CLR_SCHEMA = validator("clr_v2p0_clrcredential_schema.json")
ENDORSEMENT_SCHEMAS = [
    validator("ob_v3p0_endorsementcredential_schema.json"),
    validator("clr_v2p0_endorsementcredential_schema.json"),
]
VC_SCHEMA = Draft202012Validator(published.read(SCHEMAS / "verifiable-credential-schema.json"))


def faults(schema: Any, document: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in schema.iter_errors(document)]


def badges(count: int) -> list[dict[str, Any]]:
    """Signed credentials of one learner, each for a unit of its own."""
    made = []
    for number in range(1, count + 1):
        unit = sample.achievement(id=f"https://awards.example/a/603-0001-2/u{number}", code=f"U{number}")
        award = sample.award(number, learner_name="Learner 1")
        made.append(sample.signed(open_badge.achievement_credential(sample.COLLEGE, unit, award), FULL))
    return made


def full_record() -> dict[str, Any]:
    held = badges(3)
    units = [document["credentialSubject"]["achievement"]["id"] for document in held]
    programme = sample.achievement(
        0, id="https://awards.example/a/603-0001-2", name="Networks", grades=(), credits=None
    )
    return sample.record(
        held,
        partial=True,
        achievements=[programme],
        associations=[
            *(Association(AssociationType.IS_PART_OF, unit, programme.id) for unit in units),
            Association(AssociationType.PRECEDES, units[0], units[1]),
            Association(AssociationType.IS_CHILD_OF, units[2], units[1]),
        ],
    )


def from_the_catalogue() -> dict[str, Any]:
    """A record over real units: an award and its parts, one built on it, a T Level, both years of an HND."""
    parts = [catalogued.held(catalogued.HNC, unit) for unit in catalogued.HNC.units]
    others = [
        catalogued.held(each, unit)
        for each in (catalogued.T_LEVEL, catalogued.HND)
        for unit in each.units
        if unit.passing
    ]
    hnc = catalogued.held_award(catalogued.HNC, *parts)
    hnd = catalogued.held_award(catalogued.HND, *parts, others[-1])
    everything = [*parts, hnc, hnd, *others]
    programmes, associations = relate(catalogued.COLLEGE, everything, catalogued.QUALIFICATIONS)
    assert {one.type for one in associations} == set(AssociationType)
    assert Association(AssociationType.PRECEDES, hnc.achievement_id, hnd.achievement_id) in associations
    inside = [sample.signed(one.document, FULL) for one in everything]
    return sample.record(inside, achievements=programmes, associations=associations)


RECORDS = [
    pytest.param(sample.record(badges(1)), id="one credential"),
    pytest.param(full_record(), id="everything"),
    pytest.param(sample.signed(full_record(), FULL), id="signed"),
    pytest.param(from_the_catalogue(), id="from the catalogue"),
]
ENDORSEMENTS = [
    pytest.param(sample.endorsed(), id="of a unit"),
    pytest.param(sample.endorsed(endorsed_id="did:web:other.example.ac.uk"), id="of an institution"),
    pytest.param(sample.endorsed(endorsed_id="urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000001"), id="of a credential"),
    pytest.param(sample.signed(sample.endorsed(comment="Good.\n\n*Très bien* 😀"), FULL), id="signed"),
]


@pytest.mark.parametrize("document", RECORDS)
def test_a_record_is_valid_against_the_published_schema(document: dict[str, Any]) -> None:
    assert faults(CLR_SCHEMA, document) == []


@pytest.mark.parametrize("document", ENDORSEMENTS)
def test_an_endorsement_is_valid_against_both_published_schemas(document: dict[str, Any]) -> None:
    assert [faults(schema, document) for schema in ENDORSEMENT_SCHEMAS] == [[], []]


@pytest.mark.parametrize("name", ["@context", "id", "type", "name", "issuer", "validFrom", "credentialSubject"])
def test_the_schemas_would_notice_what_is_missing(name: str) -> None:
    record, endorsement = full_record(), sample.endorsed()
    del record[name]
    del endorsement[name]
    assert not CLR_SCHEMA.is_valid(record)
    assert [schema.is_valid(endorsement) for schema in ENDORSEMENT_SCHEMAS] == [False, False]


@pytest.mark.parametrize(
    "change",
    [
        {"verifiableCredential": []},
        {"verifiableCredential": None},
        {"type": ["AchievementSubject"]},
        {
            "association": [
                {"type": "Association", "associationType": "isFriendOf", "sourceId": "a:b", "targetId": "a:c"}
            ]
        },
        {"association": [{"type": "Association", "associationType": "isPartOf", "sourceId": "a:b"}]},
        {"association": [{"associationType": "isPartOf", "sourceId": "a:b", "targetId": "a:c"}]},
        {
            "association": [
                {"type": "Association", "associationType": "isPartOf", "sourceId": "a:b", "targetId": "a:c", "more": 1}
            ]
        },
        {"achievement": [{"id": "a:b", "type": ["Achievement"], "name": "No criteria", "description": ""}]},
        {"identifier": [{"type": "IdentityObject", "hashed": True}]},
    ],
    ids=str,
)
def test_the_schema_would_notice_a_wrong_subject(change: dict[str, Any]) -> None:
    record = full_record()
    record["credentialSubject"] = {
        name: value for name, value in (record["credentialSubject"] | change).items() if value is not None
    }
    assert not CLR_SCHEMA.is_valid(record)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(sample.signed(sample.credential(), FULL), id="badge"),
        pytest.param(
            sample.signed(sample.credential(parts=[open_badge.Part("urn:uuid:1", "sha384-x", "a/b")]), FULL), id="award"
        ),
        pytest.param(
            sample.signed(
                status_list.unsigned_list(
                    "https://college.example.ac.uk/status/1",
                    {"id": sample.DID},
                    bytes(status_list.LENGTH // 8),
                    sample.SIGNED_ON,
                ),
                FULL,
            ),
            id="status list",
        ),
        *ENDORSEMENTS,
        *RECORDS,
    ],
)
def test_everything_we_issue_is_a_credential_to_the_schema_of_the_w3c(document: dict[str, Any]) -> None:
    assert faults(VC_SCHEMA, document) == []


@pytest.mark.parametrize(
    "change", [{"issuer": 5}, {"credentialSubject": {}}, {"credentialStatus": "x"}, {"proof": "x"}]
)
def test_the_schema_of_the_w3c_would_notice(change: dict[str, Any]) -> None:
    assert not VC_SCHEMA.is_valid(full_record() | change)


def test_what_is_not_offered_is_refused_in_the_published_form() -> None:
    status_info = validator("ob_v3p0_imsx_statusinfo_schema.json")
    assert faults(status_info, UNSUPPORTED) == []
    assert not status_info.is_valid(UNSUPPORTED | {"imsx_codeMajor": "no"})


def test_the_published_record_is_what_we_make_in_shape() -> None:
    theirs = published.read(published.folder("clr20") / "simple.json")
    ours = sample.signed(full_record(), FULL)
    assert theirs["@context"] == ours["@context"]
    assert theirs["type"] == ours["type"]
    assert theirs["credentialSchema"] == ours["credentialSchema"]
    subject = {"type", "verifiableCredential", "achievement", "association"}
    assert subject <= set(theirs["credentialSubject"]) & set(ours["credentialSubject"])


# --- other people's verifiers -------------------------------------------------------------------------------------

SIGNED_RECORD = sample.signed(full_record(), FULL)
SIGNED_ENDORSEMENT = sample.signed(sample.endorsed(), FULL)


def javascript(oracle: str, *documents: dict[str, Any]) -> list[bool]:
    given = {sample.DID: sample.did_document(), clr.CONTEXT: CLR_CONTEXT}
    return [
        answer["verified"] for answer in ask(oracle, [{"credential": one, "documents": given} for one in documents])
    ]


def openvc(document: dict[str, Any]) -> str | None:
    """Why openvc-core refuses; None = it verifies."""
    try:
        verify_credential(
            document,
            policy=VerificationPolicy(require_status=False),
            resolver=DidResolverRegistry([DidWebResolver(lambda url: sample.did_document())]),
            extra_contexts={**bundled_contexts(), **bundled_clr_contexts()},
        )
    except OpenvcError as error:
        return str(error)
    return None


def tampered(document: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    copy = deepcopy(document)
    holder: Any = copy
    for name in path[:-1]:
        holder = holder[name]
    assert holder[path[-1]] != value
    holder[path[-1]] = value
    return copy


FORGED = [
    tampered(SIGNED_RECORD, "partial", value=False),
    tampered(SIGNED_RECORD, "credentialSubject", "identifier", 1, "identityHash", value="Somebody Else"),
    tampered(SIGNED_RECORD, "credentialSubject", "association", 0, "targetId", value="urn:uuid:0"),
    tampered(
        SIGNED_RECORD, "credentialSubject", "verifiableCredential", 0, "credentialSubject", "creditsEarned", value=150
    ),
    tampered(
        SIGNED_RECORD, "credentialSubject", "verifiableCredential", 1, "proof", "created", value="2020-01-01T00:00:00Z"
    ),
    tampered(SIGNED_RECORD, "credentialSubject", "verifiableCredential", value=badges(2)),
    tampered(SIGNED_ENDORSEMENT, "credentialSubject", "endorsementComment", value="We have never heard of it."),
    tampered(SIGNED_ENDORSEMENT, "credentialSubject", "id", value="did:web:attacker.example"),
]


@pytest.mark.parametrize("oracle", ["verify.mjs", "verify_bazaar.mjs"])
def test_javascript_verifies_a_record_an_endorsement_and_each_credential_taken_out_of_the_record(oracle: str) -> None:
    inside = SIGNED_RECORD["credentialSubject"]["verifiableCredential"]
    assert javascript(oracle, SIGNED_RECORD, SIGNED_ENDORSEMENT, *inside) == [True] * (2 + len(inside))
    assert javascript(oracle, *FORGED) == [False] * len(FORGED)


def test_openvc_verifies_an_endorsement_and_each_credential_taken_out_of_a_record() -> None:
    inside = SIGNED_RECORD["credentialSubject"]["verifiableCredential"]
    assert [openvc(document) for document in (SIGNED_ENDORSEMENT, *inside)] == [None] * (1 + len(inside))
    assert all(openvc(document) for document in FORGED)


@pytest.mark.parametrize("record", [SIGNED_RECORD, sample.signed(sample.record(badges(1)), FULL)], ids=["full", "one"])
def test_openvc_cannot_read_any_record_and_says_so(record: dict[str, Any]) -> None:
    # It asks that a document be the compacted form of its own expansion. The terms of the 2.0.1 context are coerced
    # to types that no value has, so compaction never gives them back; and credentials inside bring their contexts.
    assert "not in compacted form" in (openvc(record) or "")


@pytest.mark.parametrize("make", [full_record, from_the_catalogue])
def test_javascript_canonicalises_a_record_as_pyld_does(make: Callable[[], dict[str, Any]]) -> None:
    # One learner, one college: a record repeats the same unnamed parts many times over, the hard case of RDFC-1.0.
    record = make()
    (answer,) = ask("canonize.mjs", [{"document": record, "documents": {clr.CONTEXT: CLR_CONTEXT}}])
    assert answer["nQuads"].encode() == FULL.n_quads(record)


@pytest.mark.parametrize("oracle", ["verify.mjs", "verify_bazaar.mjs"])
def test_javascript_verifies_a_record_of_a_whole_course(oracle: str) -> None:
    assert javascript(oracle, sample.signed(from_the_catalogue(), FULL)) == [True]


def test_the_signature_is_over_the_contexts_of_the_record_not_those_inside() -> None:
    proof = data_integrity.read_proof(SIGNED_RECORD)
    assert "@context" not in proof.options
    assert SIGNED_RECORD["@context"] == list(clr.CONTEXTS)
    for inside in SIGNED_RECORD["credentialSubject"]["verifiableCredential"]:
        assert inside["@context"] == list(open_badge.CONTEXTS)
