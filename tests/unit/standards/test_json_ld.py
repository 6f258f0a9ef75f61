"""Safe mode: what would fall out of the signature is refused, and so is what could be shown in a second way."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest

from app.adapters.contexts import canonicaliser, pinned_contexts
from app.standards import open_badge, vc
from app.standards.json_ld import Canonicaliser, NotCanonicalisable
from tests.unit.standards import sample

FULL = canonicaliser()
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
SUBJECT = sample.credential()["credentialSubject"]
ALIGNMENT = SUBJECT["achievement"]["alignment"][0]
IDENTITY = {"type": "IdentityObject", "hashed": False, "identityHash": "x", "identityType": "name"}
ENDORSEMENT = {
    "@context": list(open_badge.CONTEXTS),
    "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-0000000000e1",
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "issuer": {"id": "https://union.example", "type": ["Profile"], "name": "Union"},
    "credentialSubject": {
        "id": "https://college.example",
        "type": ["EndorsementSubject"],
        "endorsementComment": "Good.",
    },
    "proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod"},
}


def subject(**changes: Any) -> dict[str, Any]:
    return {"credentialSubject": SUBJECT | changes}


def refusal(document: dict[str, Any], full: Canonicaliser = FULL) -> str:
    with pytest.raises(NotCanonicalisable) as refused:
        full.n_quads(document)
    assert str(refused.value)
    return refused.value.code


def lines(document: dict[str, Any]) -> list[str]:
    return FULL.n_quads(document).decode().splitlines()


REFUSED = {
    "no contexts": ({"@context": None}, "context_missing"),
    "an empty list of contexts": ({"@context": []}, "context_missing"),
    "one context that is not in a list": ({"@context": vc.CONTEXT}, "context_missing"),
    "more contexts than anyone needs": ({"@context": [vc.CONTEXT] * 17}, "context_missing"),
    "a context of somebody": ({"@context": [*open_badge.CONTEXTS, "https://elsewhere.example/x"]}, "context_unknown"),
    "the unversioned Open Badges context": (
        {"@context": [vc.CONTEXT, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"]},
        "context_unknown",
    ),
    "contexts in a list inside": ({"@context": [[vc.CONTEXT]]}, "context_unknown"),
    "a context put aside": ({"@context": [None]}, "context_unknown"),
    "a full IRI as a member": ({"https://schema.org/name": "x"}, "keyword_not_allowed"),
    "an abbreviated IRI as a member": ({"schema:name": "x"}, "keyword_not_allowed"),
    "@id": ({"@id": "urn:x"}, "keyword_not_allowed"),
    "@type inside": (subject(**{"@type": "X"}), "keyword_not_allowed"),
    "@graph": ({"@graph": []}, "keyword_not_allowed"),
    "@reverse": ({"@reverse": {"issuer": {"id": "urn:x"}}}, "keyword_not_allowed"),
    "@nest": ({"@nest": {"name": "x"}}, "keyword_not_allowed"),
    "a value object that is a plain text": ({"name": {"@value": "x"}}, "keyword_not_allowed"),
    "a typed value object": ({"name": {"@value": "x", "@type": "xsd:date"}}, "keyword_not_allowed"),
    "a direction": ({"name": {"@value": "x", "@direction": "rtl"}}, "keyword_not_allowed"),
    "a direction beside a language": (
        {"name": {"@value": "x", "@language": "he", "@direction": "rtl"}},
        "keyword_not_allowed",
    ),
    "a word beside a text in a language": (
        {"name": {"@value": "x", "@language": "cy", "url": "urn:x"}},
        "keyword_not_allowed",
    ),
    "a language that is none": ({"name": {"@value": "x", "@language": None}}, "keyword_not_allowed"),
    "a language with a space": ({"name": {"@value": "x", "@language": "c y"}}, "not_json_ld"),
    "no language": ({"name": {"@value": "x", "@language": ""}}, "not_json_ld"),
    "a number in a language": ({"name": {"@value": 1, "@language": "cy"}}, "not_json_ld"),
    "a control in a text in a language": ({"name": {"@value": "\x07", "@language": "cy"}}, "control_character"),
    "a date in a language": ({"validFrom": {"@value": "2026", "@language": "cy"}}, "keyword_not_allowed"),
    "an identifier in a language": ({"issuer": {"@value": "urn:x", "@language": "cy"}}, "keyword_not_allowed"),
    "a document in a language": ({"proof": {"@value": "x", "@language": "cy"}}, "keyword_not_allowed"),
    "a language map": ({"name": {"en": "Welsh", "cy": "Cymraeg"}}, "term_undefined"),
    "a list inside a list": ({"name": [["x"]]}, "list_nested"),
    "results in a list inside a list": (subject(result=[[{"value": "x"}]]), "list_nested"),
    "a bell": ({"name": "bell\x07"}, "control_character"),
    "a deletion": ({"name": "\x7f"}, "control_character"),
    "a C1 control": ({"name": ["fine", "\x85"]}, "control_character"),
    "a noncharacter": ({"name": "\ufffe"}, "control_character"),
    "another noncharacter": ({"name": "\uffff"}, "control_character"),
    "a NUL inside": (subject(source={"name": "\x00"}), "control_character"),
    "a control in an identifier": ({"id": "urn:a\x01"}, "control_character"),
    "a control in JSON that is signed verbatim": ({"_sd": ["\x01"]}, "control_character"),
    "a control in a name of such JSON": ({"_sd": {"\x01": 1}}, "control_character"),
    "an invented member": ({"invented": "x"}, "term_undefined"),
    "an invented member that is null": ({"invented": None}, "term_undefined"),
    "an invented member inside": (subject(invented=1), "term_undefined"),
    "a member without a name": ({"": "x"}, "term_undefined"),
    "an invented type": ({"type": ["VerifiableCredential", "InventedCredential"]}, "term_undefined"),
    "a keyword as a type": ({"type": ["VerifiableCredential", "@json"]}, "term_undefined"),
    "the member type as a type": ({"type": ["VerifiableCredential", "type"]}, "term_undefined"),
    "an invented schema type": ({"credentialSchema": [{"id": "urn:x", "type": "Schema2099"}]}, "term_undefined"),
    "a context too few": ({"@context": list(open_badge.CONTEXTS[:2])}, "term_undefined"),
    "an invented purpose": ({"proof": {"type": "DataIntegrityProof", "proofPurpose": "party"}}, "term_undefined"),
    "a relative identifier": ({"id": "relative"}, "reference_relative"),
    "an empty identifier": ({"id": ""}, "reference_relative"),
    "a path as an identifier": ({"issuer": "/college"}, "reference_relative"),
    "a fragment as an identifier": ({"issuer": {"id": "#a:b", "type": ["Profile"]}}, "reference_relative"),
    "a keyword as an identifier": ({"id": "@id"}, "reference_relative"),
    "a space in an identifier": ({"id": "https://a.example/ x"}, "not_json_ld"),
    "brackets in an identifier": ({"id": "urn:x> <urn:y"}, "not_json_ld"),
    "a line break in an identifier": ({"id": "urn:x\n"}, "not_json_ld"),
    "a wide space in an identifier": ({"id": "urn:x\u3000y"}, "not_json_ld"),
    "a number as an identifier": ({"id": 7}, "not_json_ld"),
    "no identifier": ({"id": None}, "not_json_ld"),
    "half of a character": ({"name": "\ud800"}, "not_json_ld"),
    "half of a character in an identifier": ({"id": "urn:\ud800"}, "not_json_ld"),
    "half of a character in JSON": ({"_sd": ["\ud800"]}, "not_json_ld"),
    "not a number": ({"name": float("nan")}, "not_json_ld"),
    "an infinite number": ({"name": [float("inf")]}, "not_json_ld"),
    "a number that JavaScript reads as nothing": ({"name": 1e-7}, "not_json_ld"),
    "a number between two of 16 digits": ({"name": 1234567890123456.5}, "not_json_ld"),
    "not JSON": ({"name": object()}, "not_json_ld"),
    "a text as a proof": ({"proof": "https://a.example/proof"}, "not_json_ld"),
    "a reference as a proof": ({"proof": {"id": "https://a.example/proof"}}, "not_json_ld"),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(sample.credential() | changes) == code


def test_a_document_that_says_nothing_is_refused() -> None:
    # Its canonical form is empty: a signature over that would hold for any other that says nothing.
    for said in ({}, {"id": "urn:x"}, {"id": "urn:x", "name": None, "type": []}):
        assert refusal({"@context": [vc.CONTEXT], **said}) == "not_json_ld"


class TestAttacks:
    """Ways to change what people read of a signed document while the signed statements stay the same."""

    def test_re_keyed_members(self) -> None:
        document = sample.credential()
        document["https://schema.org/name"] = document.pop("name")
        assert refusal(document) == "keyword_not_allowed"

    def test_members_spelled_as_the_class_of_the_same_iri(self) -> None:
        # The Open Badges vocabulary gives `criteria` and `Criteria` one IRI: the statements would be the same.
        document = sample.credential()
        achievement = document["credentialSubject"]["achievement"]
        achievement["Criteria"] = achievement.pop("criteria")
        assert refusal(document) == "keyword_not_allowed"

    @pytest.mark.parametrize("name", ["VerifiableCredential", "OpenBadgeCredential"])
    def test_re_keyed_types(self, name: str) -> None:
        document = sample.credential()
        context = pinned_contexts()[vc.CONTEXT if name == "VerifiableCredential" else open_badge.CONTEXT]
        iri = context[name]["@id"]  # type: ignore[index]
        document["type"] = [iri if known == name else known for known in document["type"]]
        assert refusal(document) in ("keyword_not_allowed", "term_undefined")

    def test_re_keyed_purpose(self) -> None:
        proof = {"type": "DataIntegrityProof", "proofPurpose": "https://w3id.org/security#assertionMethod"}
        assert refusal({"@context": [vc.CONTEXT], **proof}) == "keyword_not_allowed"

    def test_abbreviated_identifiers(self) -> None:
        # Inside a ClrSubject `cred:` is a prefix, so two spellings would be one identifier.
        claims = {"id": "cred:x", "type": ["ClrSubject"]}
        document = {"@context": [vc.CONTEXT, CLR], "type": "VerifiableCredential", "credentialSubject": claims}
        assert refusal(document) == "reference_relative"

    def test_inline_context_at_the_top(self) -> None:
        inline = {"name": "https://schema.org/description", "description": "https://schema.org/name"}
        assert refusal(sample.credential() | {"@context": [*open_badge.CONTEXTS, inline]}) == "context_unknown"

    def test_inline_context_inside(self) -> None:
        inline = {"@context": {"name": "https://x.example/#name"}}
        assert refusal(sample.credential() | subject(**inline)) == "keyword_not_allowed"
        assert refusal(sample.credential() | subject(**{"@context": [vc.CONTEXT, inline]})) == "keyword_not_allowed"

    @pytest.mark.parametrize("put_aside", [None, [None], [], {}, [[]], ""])
    def test_context_put_aside_inside(self, put_aside: Any) -> None:
        # Without a context everything below would fall out of what is signed.
        expected = "context_unknown" if put_aside == "" else "keyword_not_allowed"
        assert refusal(sample.credential() | subject(**{"@context": put_aside})) == expected

    def test_context_of_somebody_inside(self) -> None:
        foreign = {"@context": "https://elsewhere.example/x"}
        assert refusal(sample.credential() | subject(**foreign)) == "context_unknown"

    @pytest.mark.parametrize("member", ["invented", "Name", "name ", "n\u0430me"])
    def test_dropped_terms(self, member: str) -> None:
        assert refusal(sample.credential() | {member: "Distinction*"}) == "term_undefined"

    def test_dropped_terms_in_another_type_of_node(self) -> None:
        # `value` means something in a Result only.
        assert refusal(sample.credential() | subject(value="Distinction*")) == "term_undefined"

    def test_included_block(self) -> None:
        assert refusal(sample.credential() | {"@included": [{"id": "urn:x"}]}) == "keyword_not_allowed"

    def test_nested_arrays(self) -> None:
        document = sample.credential()
        document["credentialSubject"] = [[document["credentialSubject"]]]
        assert refusal(document) == "list_nested"
        document = sample.credential()
        scale = document["credentialSubject"]["achievement"]["resultDescription"][0]
        scale["allowedValue"] = [scale["allowedValue"]]
        assert refusal(document) == "list_nested"

    def test_redefinition_of_protected_terms(self) -> None:
        contexts = pinned_contexts() | {"urn:evil": {"name": "https://schema.org/description"}}
        evil = Canonicaliser(contexts)
        listed = sample.credential() | {"@context": [*open_badge.CONTEXTS, "urn:evil"]}
        assert refusal(listed, evil) == "not_json_ld"
        assert refusal(sample.credential() | subject(**{"@context": "urn:evil"}), evil) == "not_json_ld"

    def test_older_badge_context_inside_cannot_redefine_protected_terms(self) -> None:
        older = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
        assert refusal(sample.credential() | subject(**{"@context": older})) == "not_json_ld"

    @pytest.mark.parametrize("value", [7, True, {"id": "urn:x"}, [7], [None], [["Profile"]], None])
    def test_type_that_is_not_a_text(self, value: Any) -> None:
        assert refusal(sample.credential() | {"type": value}) == "not_json_ld"

    @pytest.mark.parametrize("value", [7, True, {"id": "urn:x"}, ["urn:x"], []])
    def test_id_that_is_not_a_text(self, value: Any) -> None:
        assert refusal(sample.credential() | {"id": value}) == "not_json_ld"

    @pytest.mark.parametrize("label", ["_:x", "_:b0", "_:c14n0", "_:"])
    def test_blank_node_labels_given_by_the_document(self, label: str) -> None:
        # They would meet our own labels, and mean nothing outside.
        assert refusal(sample.credential() | {"id": label}) == "blank_node_named"
        assert refusal(sample.credential() | {"issuer": label}) == "blank_node_named"
        assert refusal(sample.credential() | subject(type=["AchievementSubject", label])) == "blank_node_named"

    def test_deep_nesting(self) -> None:
        document: dict[str, Any] = sample.credential()
        inner = document["credentialSubject"]
        for _ in range(5_000):
            inner["source"] = {"type": ["Profile"]}
            inner = inner["source"]
            inner["parentOrg"] = inner = {"type": ["AchievementSubject"]}
        # Whichever limit it meets first: how deep this process may call is not ours to say.
        assert refusal(document) in ("not_json_ld", "graph_too_large")

    def test_many_vocabularies(self) -> None:
        # Each different one has to be compiled, which takes far longer than reading the part.
        pairs = [[first, second] for first in pinned_contexts() for second in pinned_contexts() if first < second]
        parts = [{"@context": pair, "id": "urn:x"} for pair in pairs]
        document = {"@context": [vc.CONTEXT], "id": "urn:x"}
        fine = []
        for part in parts:
            try:
                FULL.n_quads(document | {"name": [part]})
                fine.append(part)
            except NotCanonicalisable as error:
                assert error.code == "not_json_ld"  # noqa: PT017 - some cannot be used together
        assert FULL.n_quads(document | {"name": fine[:8] * 50})
        assert refusal(document | {"name": fine}) == "graph_too_large"

    def test_n_quads_injection(self) -> None:
        document = sample.credential(learner_name='a\nb\r\t"\\ .\n<urn:a>')
        form = lines(document)
        assert sum('"a\\nb\\r\\t\\"\\\\ .\\n<urn:a>"' in line for line in form) == 1
        assert len(form) == len(lines(sample.credential()))

    def test_poison_of_identical_results_with_identical_alignments(self) -> None:
        results = [{"type": ["Result"], "alignment": [ALIGNMENT] * 9}] * 2
        assert refusal(sample.credential() | subject(result=results)) == "graph_ambiguous"

    def test_too_many_unnamed_parts(self) -> None:
        many = [IDENTITY | {"identityHash": str(number)} for number in range(2_001)]
        assert refusal(sample.credential() | subject(identifier=many)) == "graph_too_large"

    def test_too_many_statements(self) -> None:
        many = [str(number) for number in range(20_001)]
        assert refusal({"@context": list(open_badge.CONTEXTS), "id": "urn:x", "name": many}) == "graph_too_large"


def test_the_same_document_in_another_order_has_the_same_form() -> None:
    document = sample.credential()
    backwards = dict(reversed(document.items()))
    backwards["credentialSubject"] = dict(reversed(document["credentialSubject"].items()))
    backwards["credentialSubject"]["identifier"] = document["credentialSubject"]["identifier"][::-1]
    assert FULL.n_quads(backwards) == FULL.n_quads(document)


def test_the_document_is_left_as_it_was() -> None:
    document = sample.credential() | {"endorsement": [ENDORSEMENT]}
    before = deepcopy(document)
    FULL.n_quads(document)
    assert document == before


@pytest.mark.parametrize("count", [5, 12, 40])
def test_honest_repetition_is_accepted(count: int) -> None:
    form = lines(sample.credential() | subject(identifier=[IDENTITY] * count))
    assert sum("identityHash" in line for line in form) == count


def test_five_identical_results_with_two_identical_alignments_are_accepted() -> None:
    results = [{"type": ["Result"], "value": "Pass", "alignment": [ALIGNMENT] * 2}] * 5
    assert FULL.n_quads(sample.credential() | subject(result=results))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (15, '"15"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (15.0, '"15"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (-0.0, '"0"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (7.5, '"7.5E0"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (11 / 3, '"3.666666666666667E0"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (-0.001, '"-1.0E-3"^^<https://www.w3.org/2001/XMLSchema#float>'),
        (True, '"true"^^<https://www.w3.org/2001/XMLSchema#float>'),
        ("15", '"15"^^<https://www.w3.org/2001/XMLSchema#float>'),
    ],
)
def test_numbers_under_a_datatype(number: Any, written: str) -> None:
    (line,) = [line for line in lines(sample.credential() | subject(creditsEarned=number)) if "#creditsEarned" in line]
    assert line.endswith(f" {written} .")


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e20, '"100000000000000000000"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (1e21, '"1.0E21"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (10**21, '"1.0E21"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (0.1, '"1.0E-1"^^<http://www.w3.org/2001/XMLSchema#double>'),
        (False, '"false"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
    ],
)
def test_numbers_without_a_datatype(number: Any, written: str) -> None:
    assert lines({"@context": [vc.CONTEXT], "id": "urn:x", "name": number}) == [
        f"<urn:x> <https://schema.org/name> {written} ."
    ]


def test_json_literals_are_canonical_json() -> None:
    literal = {"b": [1.0, {"€": "\u20ac"}, None], "a": 'x"'}
    (line,) = lines({"@context": [vc.CONTEXT], "id": "urn:x", "_sd": literal})
    text = '{"a":"x\\"","b":[1,{"€":"€"},null]}'.replace("\\", "\\\\").replace('"', '\\"')
    assert line.endswith(f' "{text}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .')


def test_members_that_say_nothing_are_let_through() -> None:
    silent = sample.credential() | {"evidence": [], "validUntil": None, "description": [None]}
    assert FULL.n_quads(silent) == FULL.n_quads(sample.credential())


def test_an_embedded_credential_brings_its_own_contexts() -> None:
    # The outer document does not define EndorsementSubject; the endorsement does.
    outer = {"@context": [vc.CONTEXT, CLR], "id": "urn:x", "type": ["VerifiableCredential"]}
    form = lines(outer | {"evidence": [ENDORSEMENT]})
    assert any("endorsementComment" in line for line in form)
    # The proof inside is a graph of its own.
    assert sum(line.count("_:") == 2 for line in form if "security#cryptosuite" in line) == 1
    bare = {name: value for name, value in ENDORSEMENT.items() if name != "@context"}
    assert refusal(outer | {"evidence": [bare]}) == "term_undefined"


def test_a_presentation_puts_aside_its_vocabulary_for_the_credentials_in_it() -> None:
    presentation = {"@context": [vc.CONTEXT], "type": ["VerifiablePresentation"], "holder": "did:web:a.example"}
    form = lines(presentation | {"verifiableCredential": [ENDORSEMENT, sample.credential()]})
    graphs = {line.split()[-2] for line in form if "validFrom" in line or "endorsementComment" in line}
    assert len(graphs) == 2
    assert all(graph.startswith("_:c14n") for graph in graphs)
    bare = {name: value for name, value in ENDORSEMENT.items() if name != "@context"}
    assert refusal(presentation | {"verifiableCredential": [bare]}) == "term_undefined"


def test_threads_share_one_canonicaliser() -> None:
    shared = Canonicaliser(pinned_contexts())
    documents = [sample.credential(number) | {"endorsement": [ENDORSEMENT]} for number in range(24)]
    expected = [FULL.n_quads(document) for document in documents]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.n_quads, documents)) == expected
