"""What the public suites of the W3C ask of an issuer and a verifier, as data: a statement, what it must take, what not.

Sources: Verifiable Credentials Data Model 2.0, Data Integrity 1.0, Bitstring Status List 1.0, and which of their
statements w3c/vc-data-model-2.0-test-suite, w3c/vc-di-eddsa-test-suite, w3c/vc-di-ecdsa-test-suite and
w3c/vc-bitstring-status-list-test-suite put to the test (as of 2025). The suites are on GitHub alone and in no registry
of packages, so they cannot be installed here; none of their code or files is in this tree, the documents are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.conformance.vocabulary import EXAMPLES
from app.standards import vc
from tests.integration.web.tenant import unsigned

Document = Mapping[str, Any]

_DIGEST = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"


@dataclass(frozen=True)
class Statement:
    """A normative statement. To issue: `takes` must be issued and verify, `refuses` must not be issued (400)."""

    section: str
    words: str
    takes: Sequence[Document] = ()
    refuses: Sequence[Document] = ()


def _of(*inside: Any, **members: Any) -> Document:
    """A credential whose contexts go on with `inside`."""
    return unsigned(**{"@context": [vc.CONTEXT, *inside]}, **members)


def _typed(*names: str) -> Mapping[str, str]:
    return {name: f"https://example.org/#{name}" for name in names}


def _texts(name: str, of_issuer: bool) -> Statement:
    """`name` is a text, or one in a language, or several of these."""

    def member(value: Any) -> Document:
        if not of_issuer:
            return unsigned(**{name: value})
        return unsigned(issuer={"id": "ISSUER", **({} if value is None else {name: value})})

    welsh, english = ({"@value": "x", "@language": language} for language in ("cy", "en"))
    return Statement(
        "4.6",
        f"{name}{' of the issuer' if of_issuer else ''}: a string or a language value object",
        [member("Example"), member(None), member(welsh), member([welsh, english])],
        [member({**welsh, "url": "did:example:more"}), member({"cy": "x"})],
    )


def _parts(name: str, section: str, term: str, more: Mapping[str, Any] | None = None) -> Statement:
    """Each object under `name` must have a type that means something."""
    part = {"type": term, **(more or {})}
    return Statement(
        section,
        f"{name}: each object has a type",
        [_of(_typed(term), **{name: part}), _of(_typed(term), **{name: [part, {**part, "id": "urn:x:2"}]})],
        [
            _of(_typed(term), **{name: {key: value for key, value in part.items() if key != "type"} | {"id": "urn:x"}}),
            _of(_typed(term), **{name: [part, {"id": "urn:x:2"}]}),
            _of(**{name: part}),
            _of(_typed(term), **{name: {**part, "id": "not a url"}}),
        ],
    )


DATA_MODEL: Sequence[Statement] = (
    Statement(
        "4.3",
        "Verifiable credentials include @context, an ordered set that begins with the context of version 2.0",
        [unsigned()],
        [unsigned(**{"@context": None}), unsigned(**{"@context": [EXAMPLES]}), unsigned(**{"@context": [EXAMPLES, vc.CONTEXT]})],
    ),
    Statement(
        "4.3",
        "Subsequent items of @context are URLs or objects, each processable as a JSON-LD context",
        [_of(EXAMPLES), _of(_typed("ExampleCredential"), type=["VerifiableCredential", "ExampleCredential"])],
        [_of("https ://not-a-url/contexts/v1"), _of(123192875), _of(None), _of({"ExampleCredential": 5})],
    ),
    Statement(
        "4.4",
        "id, if present, is a single URL",
        [unsigned(), unsigned(id=None), unsigned(id="did:example:credential"), unsigned(credentialSubject={"id": "did:example:x"})],
        [
            unsigned() | {"id": None},
            unsigned(id="not-a-url"),
            unsigned(id=["urn:x:1", "urn:x:2"]),
            unsigned(credentialSubject={"id": ["did:example:1", "did:example:2"]}),
        ],
    ),
    Statement(
        "4.5",
        "type is one or more terms or absolute URLs, one of them VerifiableCredential, in any order",
        [
            unsigned(type=["VerifiableCredential", "https://example.org/#ExampleCredential"]),
            unsigned(type=["https://example.org/#A", "VerifiableCredential", "https://example.org/#B"]),
            _of(_typed("ExampleCredential"), type=["ExampleCredential", "VerifiableCredential"]),
        ],
        [
            unsigned(type=None),
            unsigned(type=["https://example.org/#ExampleCredential"]),
            unsigned(type=["VerifiableCredential", "UnmappedCredential"]),
            _of({"ExampleCredential": "https ://not-a-url#x"}, type=["VerifiableCredential", "ExampleCredential"]),
        ],
    ),
    *(_texts(name, of_issuer) for name in ("name", "description") for of_issuer in (False, True)),
    Statement(
        "4.7",
        "issuer is a URL, or an object whose id is one",
        [unsigned(issuer="ISSUER"), unsigned(issuer={"id": "ISSUER"})],
        [unsigned(issuer="not-a-url"), unsigned() | {"issuer": None}, unsigned(issuer={"id": None}), unsigned(issuer={"id": "not-a-url"})],
    ),
    Statement(
        "4.8",
        "credentialSubject is one or more objects, each with claims",
        [unsigned(), unsigned(credentialSubject=[{"id": "did:example:1"}, {"name": "Ada"}])],
        [unsigned(credentialSubject=None), unsigned(credentialSubject={}), unsigned(credentialSubject=[{"name": "Ada"}, {}])],
    ),
    Statement(
        "4.9",
        "validFrom and validUntil are dateTimeStamps, the first not after the second",
        [
            unsigned(validFrom="2023-01-01T00:00:00.123Z", validUntil="2093-01-01T00:00:00.5Z"),
            unsigned(validFrom="2023-01-01T00:00:00-05:00", validUntil="2093-01-01T00:00:00-05:00"),
            unsigned(validFrom="2023-01-01T00:00:00Z"),
        ],
        [
            unsigned(validFrom="2023-01-01 00:00"),
            unsigned(validUntil="the end of time"),
            unsigned(validFrom="2093-01-01T00:00:00Z", validUntil="2023-01-01T00:00:00Z"),
        ],
    ),
    _parts("credentialStatus", "4.10", "ExampleStatus2017"),
    Statement(
        "4.10",
        "credentialStatus may have an id, a single URL",
        [_of(_typed("ExampleStatus2017"), credentialStatus={"type": "ExampleStatus2017", "id": "urn:x:1"})],
        [_of(_typed("ExampleStatus2017"), credentialStatus={"type": "ExampleStatus2017", "id": ["urn:x:1", "urn:x:2"]})],
    ),
    _parts("credentialSchema", "4.11", "ExampleSchema2017", {"id": "https://example.org/schema"}),
    Statement(
        "4.11",
        "credentialSchema has an id, the URL of the schema",
        [unsigned(credentialSchema={"id": "https://example.org/schema", "type": "JsonSchema"})],
        [unsigned(credentialSchema={"type": "JsonSchema"}), unsigned(credentialSchema={"id": 5, "type": "JsonSchema"})],
    ),
    Statement(
        "5.2",
        "No context redefines a term of the data model, or a protected one",
        [],
        [
            _of(_typed("VerifiableCredential")),
            _of({"@protected": True, **_typed("Example")}, {"Example": "https://example.org/#other"}, type=["VerifiableCredential", "Example"]),
        ],
    ),
    Statement(
        "5.3",
        "relatedResource is one or more objects, each with a unique id and a digest",
        [
            unsigned(relatedResource=[{"id": "https://example.org/1", "digestSRI": _DIGEST}, {"id": "https://example.org/2", "digestSRI": _DIGEST}]),
            unsigned(relatedResource={"id": "https://example.org/1", "digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"}),
            unsigned(relatedResource={"id": "https://example.org/1", "digestSRI": _DIGEST, "mediaType": "application/json"}),
        ],
        [
            unsigned(relatedResource=["https://example.org/1"]),
            unsigned(relatedResource={"digestSRI": _DIGEST}),
            unsigned(relatedResource={"id": "https://example.org/1"}),
            unsigned(relatedResource=[{"id": "https://example.org/1", "digestSRI": _DIGEST}] * 2),
        ],
    ),
    _parts("refreshService", "5.4", "ExampleRefresh2017"),
    _parts("termsOfUse", "5.5", "ExamplePolicy2017"),
    _parts("evidence", "5.6", "ExampleEvidence2017"),
)  # fmt: skip
"""Of issuing. `ISSUER` stands for the DID of the issuer under test."""

BEYOND: Mapping[str, str] = {
    "4.6 direction": "`@direction` beside a language is not in the signed statements (JSON-LD 1.1, section 9.5, says "
    "nothing of it without an option that no suite sets), so what is not signed is not issued.",
    "5.3 digests": "A digest is compared with a resource by whoever fetches one. Nothing is fetched here to be signed, "
    "and nothing to be verified but keys, lists and accreditations.",
    "4.13 envelopes": "Tokens (VC-JWT, VC-COSE) are refused by name.",
}
"""Statements that the suites test and this tenant does not meet, and why."""
