"""A CASE 1.1 package (1EdTech Competencies and Academic Standards Exchange): CFDocument, CFItems, CFAssociations.

What of it is a statement here: an item whose humanCodingScheme is the code of one (`K10`), or its scoped id
(`OCC0127@1.2:K10`). An item with children and no code is a heading. `CFDocument.version` is that of the standard, which
is named in the title or an address of the document, as ST and four digits.

Matches: `exactMatchOf` and `isRelatedTo` to an address of an ESCO skill, or to an entry of the UK Standard Skills
Classification whose `targetType` is `ext:UK-SSC` (our convention: its publisher gives no addresses that we know of).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.catalogue.frameworks.model import (
    CODE,
    KINDS,
    Framework,
    RefusedRow,
    Source,
    Statement,
    UnreadableRow,
    read_text,
    read_version,
    without_repeats,
)
from app.catalogue.model import KsbMatch, MatchRelation
from app.errors import Refused
from app.standards.vc import parse_timestamp

MAX_TREE_DEPTH: Final = 20
_ITEM_NEEDS: Final = ("identifier", "uri", "fullStatement", "lastChangeDateTime")
_RELATIONS: Final[Mapping[str, MatchRelation]] = {"exactMatchOf": "exact", "isRelatedTo": "related"}
_SCOPED = re.compile(r"(OCC[0-9]{4}[A-Z]?)@([0-9]+\.[0-9]+):([KSB][1-9][0-9]{0,2})")
_STANDARD = re.compile(r"(?<![A-Z0-9])ST[0-9]{4}(?![0-9])")
_ESCO = re.compile(r"http://data\.europa\.eu/esco/skill/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SSC_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_SSC_TYPE = "ext:UK-SSC"


@dataclass(frozen=True, slots=True)
class _Links:
    """What the associations say of items, by the items' addresses."""

    parents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    matches: dict[str, set[KsbMatch]] = field(default_factory=lambda: defaultdict(set))
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def headings(self) -> frozenset[str]:
        return frozenset(heading for above in self.parents.values() for heading in above)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every item of a package is read against."""

    uri: str
    version: str
    headings: frozenset[str]
    uris: Mapping[str, int]


def read(data: Mapping[str, Any]) -> Framework:
    """Raises `Refused` (framework_malformed, framework_version_unclear, framework_cyclic, framework_too_deep)."""
    document = data.get("CFDocument")
    if not isinstance(document, dict) or not isinstance(document.get("uri"), str):
        raise Refused("framework_malformed", "The package has no CFDocument with a uri.")
    uris = Counter(
        item["uri"] for _, item in _rows(data, "CFItems") if isinstance(item, dict) and isinstance(item.get("uri"), str)
    )
    links = _links(data, uris)
    _check_tree(links.parents)
    frame = _Frame(document["uri"], read_version(document.get("version")), links.headings, uris)
    occupations: set[str] = set()
    statements: list[Statement] = []
    refused: list[RefusedRow] = []
    for row, item in _rows(data, "CFItems"):
        try:
            code, occupation = _coded(item, frame)
            if not code:
                continue
            text = read_text(item["fullStatement"])
        except UnreadableRow as unreadable:
            refused.append(RefusedRow(row, unreadable.code, unreadable.message))
            continue
        matches = tuple(sorted(links.matches[item["uri"]], key=lambda match: (match.target, match.relation)))
        statements.append(Statement(row, code, text, item["uri"], matches))
        occupations |= {occupation} - {""}
    if len(occupations) > 1:
        raise Refused("framework_malformed", "The package has statements of several occupations; import each alone.")
    taken, repeated = without_repeats(statements)
    return Framework(
        source=Source.CASE,
        standard_id=_standard(document),
        occupation_id=next(iter(occupations), None),
        version=frame.version,
        title=None,
        level=None,
        route=None,
        uri=frame.uri,
        statements=taken,
        refused=(*refused, *repeated, *links.refused),
        has_matches=True,
    )


def _rows(data: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    found = data.get(name, [])
    if not isinstance(found, list):
        raise Refused("framework_malformed", f"The member {name} is not a list.")
    for place, entry in enumerate(found, 1):
        yield f"{name}[{place}]", entry


def _coded(item: object, frame: _Frame) -> tuple[str, str]:
    """(code, occupation or "") of an item; ("", "") for a heading. Raises `UnreadableRow`."""
    if not isinstance(item, dict):
        raise UnreadableRow("row_malformed", "The row is not an object.")
    for name in _ITEM_NEEDS:
        if not isinstance(item.get(name), str) or not item[name]:
            raise UnreadableRow("field_missing", f"The item has no {name}.")
    if parse_timestamp(item["lastChangeDateTime"]) is None:
        raise UnreadableRow("field_malformed", "lastChangeDateTime is not a moment with its time zone.")
    if not _uri_of(item.get("CFDocumentURI", frame.uri)) == frame.uri:
        raise UnreadableRow("other_document", "The item says that it belongs to another document.")
    if frame.uris[item["uri"]] > 1:
        raise UnreadableRow("uri_repeated", "Several items have this uri.")
    given = item.get("humanCodingScheme")
    if given is None and item["uri"] in frame.headings:
        return "", ""
    if not isinstance(given, str):
        raise UnreadableRow("code_missing", "The item has no humanCodingScheme and is no heading.")
    scoped = _SCOPED.fullmatch(given)
    if scoped is None and not CODE.fullmatch(given):
        raise UnreadableRow("code_malformed", "The code is not written as K1, S1 or B1, or OCC0127@1.2:K1.")
    if scoped is not None and scoped[2] != frame.version:
        raise UnreadableRow("version_differs", "The item is of another version than the document.")
    occupation, code = (scoped[1], scoped[3]) if scoped is not None else ("", given)
    kind = item.get("CFItemType")
    if isinstance(kind, str) and kind.strip().lower() not in (KINDS[code[0]], f"{KINDS[code[0]]}s"):
        raise UnreadableRow("ksb_kind_differs", "The code is of another kind than CFItemType says.")
    return code, occupation


def _links(data: Mapping[str, Any], uris: Mapping[str, int]) -> _Links:
    links = _Links()
    for row, entry in _rows(data, "CFAssociations"):
        kind = entry.get("associationType") if isinstance(entry, dict) else None
        ends = [entry.get(name) for name in ("originNodeURI", "destinationNodeURI")] if isinstance(entry, dict) else []
        addresses = [_uri_of(end) for end in ends]
        if not isinstance(kind, str) or not all(addresses) or len(addresses) != 2:
            links.refused.append(RefusedRow(row, "row_malformed", "The association has no type or lacks an end."))
            continue
        origin, destination = addresses
        if kind == "isChildOf":
            links.parents[origin].add(destination)
        if kind not in _RELATIONS:
            continue
        # Both relations hold in either direction.
        for own, other in ((origin, ends[1]), (destination, ends[0])):
            if own not in uris or _uri_of(other) in uris:
                continue
            match = _match(other, _RELATIONS[kind])
            if match is None:
                message = (
                    "The other end is neither an ESCO skill nor an entry of the UK Standard Skills Classification."
                )
                links.refused.append(RefusedRow(row, "match_unknown", message))
            else:
                links.matches[own].add(match)
    return links


def _match(end: object, relation: MatchRelation) -> KsbMatch | None:
    uri = _uri_of(end)
    if _ESCO.fullmatch(uri):
        return KsbMatch("ESCO", uri, relation)
    identifier = end.get("identifier") if isinstance(end, dict) else None
    if isinstance(end, dict) and end.get("targetType") == _SSC_TYPE and isinstance(identifier, str):
        return KsbMatch("UK-SSC", identifier, relation) if _SSC_ID.fullmatch(identifier) else None
    return None


def _check_tree(parents: Mapping[str, set[str]]) -> None:
    """Every item under its headings: none above itself, none too deep. An item may stand under several."""
    below: dict[str, list[str]] = defaultdict(list)
    for child, above in parents.items():
        for heading in above:
            below[heading].append(child)
    waiting = {child: len(above) for child, above in parents.items()}
    ready = [(heading, 0) for heading in below if heading not in parents]
    depths: dict[str, int] = defaultdict(int)
    while ready:
        node, depth = ready.pop()
        if depth > MAX_TREE_DEPTH:
            raise Refused("framework_too_deep", f"Items are nested more than {MAX_TREE_DEPTH} levels deep.")
        for child in below[node]:
            depths[child] = max(depths[child], depth + 1)
            waiting[child] -= 1
            if waiting[child] == 0:
                del waiting[child]
                ready.append((child, depths[child]))
    if waiting:
        # What nothing led to from above.
        raise Refused("framework_cyclic", "An item of the package stands above itself.")


def _uri_of(link: object) -> str:
    """The address of a link; "" for what is none. CASE writes links as objects, some programs as plain text."""
    found = link.get("uri") if isinstance(link, dict) else link
    return found if isinstance(found, str) else ""


def _standard(document: Mapping[str, Any]) -> str | None:
    texts = [document.get(name) for name in ("title", "uri", "officialSourceURL", "identifier")]
    found = {number for text in texts if isinstance(text, str) for number in _STANDARD.findall(text)}
    return found.pop() if len(found) == 1 else None
