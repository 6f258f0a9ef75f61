"""Files of frameworks as their publishers write them, of a made-up standard."""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

DOCUMENT = "https://frameworks.example/cf/ST0127"
MOMENT = "2026-07-01T09:00:00+00:00"
ESCO = "http://data.europa.eu/esco/skill/326809fc-238d-40c2-881e-40042f7f2f0d"
KINDS = {"K": "Knowledge", "S": "Skill", "B": "Behaviour"}
LISTS = {"K": ("knowledges", "knowledgeId"), "S": ("skills", "skillId"), "B": ("behaviours", "behaviourId")}
STATEMENTS = {
    "K8": "Official words on ports and protocols",
    "K10": "Official words on routing and switching",
    "S1": "Official words on installing",
    "B1": "Official words on working alone",
}


def number(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def uri(code: str) -> str:
    return f"https://frameworks.example/cf/{number(code)}"


def link(address: str, **changes: Any) -> dict[str, Any]:
    return {"title": "a node", "identifier": number(address), "uri": address, **changes}


def item(code: str, text: str, **changes: Any) -> dict[str, Any]:
    made = {
        "identifier": number(code),
        "uri": uri(code),
        "fullStatement": text,
        "humanCodingScheme": code,
        "CFItemType": KINDS[code[0]],
        "lastChangeDateTime": MOMENT,
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def association(kind: str, origin: Any, destination: Any, **changes: Any) -> dict[str, Any]:
    name = json.dumps([kind, origin, destination], sort_keys=True)
    return {
        "identifier": number(name),
        "uri": f"https://frameworks.example/cf/{number(name)}",
        "associationType": kind,
        "originNodeURI": origin,
        "destinationNodeURI": destination,
        "lastChangeDateTime": MOMENT,
        **changes,
    }


def heading(name: str) -> dict[str, Any]:
    return {"identifier": number(name), "uri": uri(name), "fullStatement": name, "lastChangeDateTime": MOMENT}


def case(statements: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """A package: a heading for each kind, the statements under them, one match in ESCO and one in the SSC."""
    given = STATEMENTS if statements is None else statements
    items = [heading(KINDS[letter]) for letter in sorted({code[0] for code in given})]
    associations = [association("isChildOf", link(uri(code)), link(uri(KINDS[code[0]]))) for code in given]
    if "K10" in given:
        ssc = link("urn:ssc:1234", identifier="1234.5", targetType="ext:UK-SSC")
        associations += [
            association("exactMatchOf", link(uri("K10")), link(ESCO)),
            association("isRelatedTo", ssc, link(uri("K10"))),
            association("precedes", link(uri("K10")), link(uri("S1"))),
        ]
    package = {
        "CFDocument": {
            "identifier": number(DOCUMENT),
            "uri": DOCUMENT,
            "creator": "Skills England",
            "title": "Network engineer (ST0127)",
            "version": "1.2",
            "lastChangeDateTime": MOMENT,
        },
        "CFItems": [*items, *(item(code, text) for code, text in given.items())],
        "CFAssociations": associations,
    }
    return package | changes


def skills_england(statements: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """One standard, as Skills England's interface gives it."""
    made: dict[str, Any] = {
        "referenceNumber": "ST0127",
        "versionNumber": "1.2",
        "version": "1.2",
        "title": "Network engineer",
        "level": 4,
        "route": "Digital",
        "standardPageUrl": "https://skillsengland.education.gov.uk/apprenticeships/st0127-v1-2",
        "knowledges": [],
        "skills": [],
        "behaviours": [],
        "duties": [
            {"dutyID": number("D1"), "dutyDetail": "Duty 1 Keep it running", "mappedKnowledge": [number("K10")]}
        ],
    }
    for code, text in (STATEMENTS if statements is None else statements).items():
        name, key = LISTS[code[0]]
        made[name].append({key: number(code), "detail": f"{code}: {text}"})
    return made | changes


def as_file(value: Any) -> bytes:
    return json.dumps(value).encode()
