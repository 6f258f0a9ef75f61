"""Published JSON Schemas that no other vector test holds our documents against: profiles, answers, presentations."""

from typing import Any

import pytest
from jsonschema import Draft201909Validator, Draft202012Validator
from referencing import Registry, Resource

from app.adapters.contexts import canonicaliser
from app.standards import open_badge, vc
from app.web.open_badges_api import UNSUPPORTED
from tests.unit.standards import sample
from tests.vectors import published

ROOT = published.folder("schemas")
BADGE = sample.signed(sample.credential(), canonicaliser())
ISSUER = open_badge.profile_json(sample.COLLEGE)


def faults(validator: Any, document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("ob_v3p0_profile", ISSUER),
        ("clr_v2p0_profile", ISSUER),
        ("clr_v2p0_achievementcredential", BADGE),
        ("clr_v2p0_imsx_statusinfo", UNSUPPORTED),
        ("ob_v3p0_getopenbadgecredentialsresponse", {"credential": [BADGE]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ours_is_valid(name: str, document: dict[str, Any]) -> None:
    validator = Draft201909Validator(published.read(ROOT / f"{name}_schema.json"))
    assert faults(validator, document) == []
    first = next(iter(document))
    assert faults(validator, document | {first: 5})


def test_a_presentation_of_what_we_issue_is_one_to_the_w3c() -> None:
    inside = published.read(ROOT / "verifiable-credential-schema.json")
    known = Registry().with_resource(inside["$id"], Resource.from_contents(inside))
    validator = Draft202012Validator(published.read(ROOT / "verifiable-presentation-schema.json"), registry=known)
    presentation = {"@context": [vc.CONTEXT], "type": ["VerifiablePresentation"], "verifiableCredential": [BADGE]}
    assert faults(validator, presentation) == []
    assert faults(validator, presentation | {"type": ["Presentation"]})
    assert faults(validator, presentation | {"verifiableCredential": ["eyJ"]})
