"""The published paths: ladders as steps of awards, beside the rule packs. A path says an order and counts nothing."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class PathStep:
    """One award of a path. `after` are the steps it follows; `credits` what it adds, None where no source says."""

    item: str
    after: tuple[str, ...]
    role: str
    credits: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class Path:
    """A ladder. `sources` are keys of the catalogue's sources; `verified_fields` what of it was read in them."""

    id: str
    title: str
    total_credits: int | None
    verified: bool
    verified_fields: tuple[str, ...]
    note: str
    sources: tuple[str, ...]
    steps: tuple[PathStep, ...]


@cache
def published_paths() -> tuple[Path, ...]:
    """The paths that come with the program, read once. Raises KeyError for a missing member."""
    data = json.loads(files("app.stacking").joinpath("paths", "published.json").read_bytes())
    return tuple(
        Path(
            id=each["id"],
            title=each["title"],
            total_credits=each["totalCredits"],
            verified=each["verified"],
            verified_fields=tuple(each["verifiedFields"]),
            note=each.get("note", ""),
            sources=tuple(each["sources"]),
            steps=tuple(
                PathStep(step["item"], tuple(step["after"]), step["role"], step["credits"], step["rule"])
                for step in each["steps"]
            ),
        )
        for each in data["paths"]
    )
