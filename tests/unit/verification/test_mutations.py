"""For every field of what a verifier is given: change it, remove it, retype it, and it is never "valid"."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from app.verification.report import Anchoring, Verdict
from tests.fakes import MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification.world import Document, World, a_world, checkpoints_for

OTHERS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", [], {}, [None], {"id": "urn:x"})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member and item, however deep."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        yield (*path, name)
        yield from places(inner, (*path, name))


def holder_of(document: Document, path: tuple[Any, ...]) -> Any:
    holder: Any = document
    for name in path[:-1]:
        holder = holder[name]
    return holder


def mutants(document: Document) -> Iterator[tuple[str, Document]]:
    """(what was done, copy) for every change of one place: removed, replaced by other types, a character changed."""
    for path in places(document):
        where = "/".join(map(str, path))
        copy = deepcopy(document)
        del holder_of(copy, path)[path[-1]]
        yield f"{where} removed", copy
        old = holder_of(document, path)[path[-1]]
        for other in OTHERS:
            if type(other) is not type(old) or other != old:
                copy = deepcopy(document)
                holder_of(copy, path)[path[-1]] = other
                yield f"{where} = {other!r}", copy
        if isinstance(old, list) and len(old) > 1:
            copy = deepcopy(document)
            holder_of(copy, path)[path[-1]] = old[:1]
            yield f"{where} cut to one", copy
    for place, copy in sample.changed_leaves(document):
        yield f"{place} off by one", copy
    for name in ("added", "@graph", "@included", "id2", "proof2"):
        yield f"{name} added", deepcopy(document) | {name: "x"}


# Sets have no order and a set of one is the one: these say the same, and are signed as the same.
def says_the_same(changed: Document, original: Document) -> bool:
    return _plain(changed) == _plain(original)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner not in (None, [])}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(inner) for inner in value if inner is not None]
    return value


def test_the_world_is_fine_before_anything_is_changed() -> None:
    report = a_world().report()
    assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)


@pytest.mark.parametrize("part", ["credential", "listed"])
def test_no_change_of_a_signed_document_is_valid(part: str) -> None:
    world = a_world()
    original = getattr(world, part)
    fooled, tried = [], 0
    for what, mutant in mutants(original):
        setattr(world, part, mutant)
        tried += 1
        if world.report().verdict is Verdict.VALID and not says_the_same(mutant, original):
            fooled.append(what)
    assert tried > 200
    assert fooled == []


def test_no_change_of_a_receipt_is_anchored() -> None:
    world = a_world()
    assert world.receipt is not None
    original = world.receipt
    fooled, tried = [], 0
    for what, mutant in mutants(original):
        world.receipt = mutant
        tried += 1
        if world.report().anchoring is Anchoring.ANCHORED:
            fooled.append(what)
    assert tried > 200
    assert fooled == []


def test_no_change_of_the_issuers_key_or_wallet_is_valid_and_anchored() -> None:
    world = a_world()
    original = world.keys
    fooled = []
    for what, mutant in mutants(original):
        if not what.startswith(("id ", "verificationMethod", "assertionMethod", "capabilityInvocation")):
            continue
        world.keys = mutant
        report = world.report()
        if (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED):
            fooled.append(what)
    # The wallet's kind is described by its account, not by the name of the method's type.
    assert [what for what in fooled if not what.startswith("verificationMethod/1/type")] == []


def test_no_change_of_a_list_of_checkpoints_counts() -> None:
    world = a_world()
    assert world.receipt is not None
    original = checkpoints_for(world.receipt)
    world.registry = MemoryRegistry({}, away=True)
    fooled = []
    for what, mutant in mutants(original):
        world.checkpoints = mutant
        if world.report().level == "signed checkpoint":
            fooled.append(what)
    assert fooled == []


def worlds_of_lies() -> Iterator[tuple[str, World]]:
    for name in ("did", "status"):
        world = a_world()
        world.lost = {sample.DID if name == "did" else world.credential["credentialStatus"]["statusListCredential"]}
        yield f"{name} lost", world


@pytest.mark.parametrize(("what", "world"), list(worlds_of_lies()), ids=[row[0] for row in worlds_of_lies()])
def test_what_is_lost_is_never_green(what: str, world: World) -> None:
    assert world.report().verdict is Verdict.CANNOT_TELL
