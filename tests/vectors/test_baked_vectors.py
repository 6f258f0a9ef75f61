"""1EdTech's baked pictures and tokens: the JSON ones are read, the JWT ones are refused by name."""

import json
from typing import Any, NoReturn

import pytest

from app.errors import Refused
from app.standards import baking
from app.verification import carriers, submission
from tests.vectors import published

OB30, CLR20 = published.folder("ob30"), published.folder("clr20")


def no_pdf(data: bytes) -> NoReturn:
    raise AssertionError("none of these is a PDF")


def unwrapped(name: str) -> Any:
    return json.loads(carriers.unwrap((OB30 / name).read_bytes(), no_pdf).payload)


def without_proof(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


@pytest.mark.parametrize("name", ["simple-json.png", "simple-json.svg"])
def test_a_published_picture_holds_the_published_credential(name: str) -> None:
    expected = published.read(OB30 / "simple.json")
    # The pictures were baked in other years than the file was signed in: the same credential, other signatures.
    assert without_proof(unwrapped(name)) == without_proof(expected)
    assert unwrapped(name)["proof"]


def test_a_published_credential_under_a_name_of_its_own_is_plain_json() -> None:
    assert unwrapped("simple.1ob")["type"] == ["VerifiableCredential", "OpenBadgeCredential"]


@pytest.mark.parametrize(
    "path",
    [
        *(OB30 / name for name in ("simple-jwt.png", "simple-jwt.svg", "simple-jwt_v1.png", "simple-jwt_v1.svg")),
        *(OB30 / name for name in ("simple.jwt", "velocity.jwt")),
        CLR20 / "simple.jwt",
    ],
    ids=lambda path: path.name,
)
def test_a_published_token_is_refused_by_name(path: Any) -> None:
    with pytest.raises(Refused) as caught:
        carriers.unwrap(path.read_bytes(), no_pdf)
    assert caught.value.code == "jwt_not_supported"


@pytest.mark.parametrize("name", ["simple.json", "simple-noproof.json", "simple_v1.json", "complex.json"])
def test_a_published_record_is_read_with_every_credential_in_it(name: str) -> None:
    data = (CLR20 / name).read_bytes()
    inside = json.loads(data)["credentialSubject"]["verifiableCredential"]
    if any("ClrCredential" in one["type"] for one in inside):
        with pytest.raises(Refused, match="embedded_too_deep"):
            submission.read(data)
        return
    assert [one.credential for one in submission.read(data).embedded] == inside


@pytest.mark.parametrize("name", ["simple-json.png", "simple-json.svg"])
def test_a_published_picture_is_not_baked_again(name: str) -> None:
    bake = baking.bake_png if name.endswith("png") else baking.bake_svg
    with pytest.raises(baking.BakingProblem, match="already"):
        bake((OB30 / name).read_bytes(), b"{}")
