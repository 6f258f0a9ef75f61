"""Published rule packs: the packs shipped with the program, and reading one from its bytes.

The bytes are the publication. They are served unchanged, and a stacked award names their SHA-384.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from app.errors import NotFound, Refused
from app.stacking.pack import RulePack
from app.stacking.pack_checking import check_pack, cycles
from app.stacking.pack_format_1 import as_format_2
from app.standards import strict_json
from app.standards.open_badge import digest_sri

MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class PublishedPack:
    """A pack and the exact bytes it was read from."""

    pack: RulePack
    data: bytes


def parse_pack(data: bytes) -> RulePack:
    """A pack from its bytes (UTF-8 JSON), of today's format or of an older one that was published.

    Raises `Refused("rule_pack_invalid")` with a sentence naming the line and the member, also when the parts do not
    fit together.
    """
    checked = check_pack(_translated(data))
    if checked.pack is None:
        first = checked.problems[0]
        raise Refused("rule_pack_invalid", f"The rule set cannot be used, {first}", {"problem": first.code})
    return checked.pack


def published_packs() -> tuple[PublishedPack, ...]:
    """Every shipped pack, by id, newest version first."""
    return _shipped()


def newest_packs() -> tuple[RulePack, ...]:
    """The newest version of each, by id."""
    newest: dict[str, RulePack] = {}
    for published in _shipped():
        newest.setdefault(published.pack.id, published.pack)
    return tuple(newest.values())


def titles() -> dict[str, str]:
    """What each pack awards, by its id."""
    return {pack.id: pack.qualification_title for pack in newest_packs()}


def find_pack(pack_id: str, version: int | None = None) -> RulePack:
    """The pack, in its newest version unless one is named. Raises `NotFound("rule_pack_unknown")`."""
    return _find(pack_id, version).pack


def pack_bytes(pack_id: str, version: int | None = None) -> bytes:
    """The published bytes, unchanged; newest version by default. Raises `NotFound("rule_pack_unknown")`."""
    return _find(pack_id, version).data


def named_by(award: bytes) -> PublishedPack:
    """The pack that an award made here names, by address and digest.

    Raises `NotFound("rule_pack_unknown")` when it is not published here with the same bytes.
    """
    named = {
        (str(part.get("id")), str(part.get("digestSRI")))
        for part in strict_json.parse_object(award).get("relatedResource", ())
    }
    for published in _shipped():
        digest = digest_sri(published.data)
        if any(address.endswith(published.pack.path) and digest == given for address, given in named):
            return published
    raise NotFound("rule_pack_unknown", "The rule set that this award names is not published here.")


def bytes_at(path: str) -> bytes | None:
    """The published bytes at a path such as `/rules/hnc-computing-2022/2`; None where nothing is published."""
    return next((entry.data for entry in _shipped() if entry.pack.path == path), None)


@cache
def _shipped() -> tuple[PublishedPack, ...]:
    found = []
    for entry in files("app.stacking").joinpath("packs").iterdir():
        if not entry.name.endswith(".json"):
            continue
        data = entry.read_bytes()
        pack = parse_pack(data)
        if entry.name != f"{pack.id}.v{pack.version}.json":
            raise Refused("rule_pack_invalid", f"The file {entry.name} holds version {pack.version} of {pack.id}.")
        found.append(PublishedPack(pack, data))
    for cycle in cycles([each.pack for each in found]):
        raise Refused("rule_pack_invalid", f"These rule sets are made of each other: {', '.join(cycle)}.")
    return tuple(sorted(found, key=lambda entry: (entry.pack.id, -entry.pack.version)))


def _find(pack_id: str, version: int | None) -> PublishedPack:
    for entry in _shipped():
        if entry.pack.id == pack_id and version in (None, entry.pack.version):
            return entry
    raise NotFound("rule_pack_unknown", "There is no such rule set.", {"pack": pack_id})


def _translated(data: bytes) -> bytes:
    """A pack of the first format as one of today's; anything else as it is."""
    try:
        value = strict_json.parse_object(data)
        return data if "format" in value else json.dumps(as_format_2(value)).encode()
    except (strict_json.NotStrictJson, KeyError, TypeError, IndexError, AttributeError):
        return data
