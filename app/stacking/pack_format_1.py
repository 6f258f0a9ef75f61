"""Rule packs as they were first published, read as packs of today's format.

A published pack never changes and an award names it by the digest of its bytes, so what was published once is read for
ever. The first format had no origins, limits or levels within an award: what it did not know is left open.
"""

from typing import Any


def as_format_2(data: dict[str, Any]) -> dict[str, Any]:
    """The same rules. Raises KeyError or TypeError for what is not a pack of format 1."""
    qualification = data["qualification"]
    units = [unit for group in data["groups"] for unit in group["units"]]
    return {
        "format": 2,
        **{name: data[name] for name in ("id", "version", "title", "effective")},
        "owner": qualification["title"].split()[0],
        "award": {
            "type": "qualification",
            "qualification": qualification["id"],
            "title": qualification["title"],
            "shortTitle": qualification["shortTitle"],
            "level": qualification["level"],
            "framework": "RQF",
        },
        "units": [{**unit, "level": qualification["level"], "accepts": [unit["id"]]} for unit in units],
        "groups": [
            {
                **{name: group[name] for name in ("id", "title", "kind")},
                "choose": {"credits": group["credits"]},
                "units": [unit["id"] for unit in group["units"]],
            }
            for group in data["groups"]
        ],
        "minimums": [
            {
                "id": "passed",
                "title": "Credits passed",
                "of": {"passedOnly": True},
                "credits": data["minimumCreditsPassed"],
            }
        ],
        "grading": {
            "points": [
                {"grade": each["grade"], "perCredit": each["pointsPerCredit"], "passes": each["passes"]}
                for each in data["grades"]
            ],
            "bands": [{"grade": each["grade"], "from": each["fromPoints"]} for each in data["bands"]],
        },
        "recencyYears": data["maximumAgeYears"],
        **{name: data[name] for name in ("method", "verified", "unverified", "sources", "attribution")},
    }
