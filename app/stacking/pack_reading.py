"""A rule pack's values out of its JSON, which `pack_checking` has found to keep to the published schema."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.stacking.held import Origin
from app.stacking.pack import (
    AwardType,
    Band,
    BroughtForward,
    Counting,
    Entry,
    Exemption,
    GradePoints,
    Group,
    GroupKind,
    Limit,
    Measure,
    Minimum,
    PackSource,
    PackUnit,
    RulePack,
    SignOff,
)

Json = Mapping[str, Any]


def read_pack(data: Json) -> RulePack:
    """The pack. Raises ValueError for a day that is not in the calendar."""
    award, grading = data["award"], data["grading"] or {}
    units = {each["id"]: _unit(each) for each in data["units"]}
    since, until = period(data["effective"])
    return RulePack(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        owner=data["owner"],
        award_type=AwardType(award["type"]),
        qualification_id=award["qualification"],
        qualification_title=award["title"],
        short_title=award["shortTitle"],
        parent_course=award.get("parentCourse"),
        level=award["level"],
        framework=award["framework"],
        groups=tuple(_group(each, units) for each in data["groups"]),
        minimums=tuple(_minimum(each) for each in data.get("minimums", ())),
        limits=tuple(_limit(each) for each in data.get("limits", ())),
        barred=tuple((one, other) for one, other in data.get("barred", ())),
        exemptions=tuple(
            Exemption(each["unit"], tuple(each["holding"]), each["grade"]) for each in data.get("exemptions", ())
        ),
        brings_forward=tuple(
            BroughtForward(
                each["qualification"],
                each["title"],
                tuple(each["groups"]),
                each["credits"],
                each["passed"],
                each["level"],
            )
            for each in data.get("bringsForward", ())
        ),
        entry=tuple(
            Entry(each["id"], each["title"], tuple(tuple(names) for names in each["anyOf"]), each["required"])
            for each in data.get("entry", ())
        ),
        grades=tuple(
            GradePoints(each["grade"], each["perCredit"], each["passes"]) for each in grading.get("points", ())
        ),
        bands=tuple(Band(each["grade"], each["from"]) for each in grading.get("bands", ())),
        graded_levels=frozenset(grading.get("levels", ())),
        recency_years=data.get("recencyYears"),
        effective_from=since,
        effective_until=until,
        leads_to=tuple(data.get("leadsTo", ())),
        sign_off=SignOff(data.get("signOff", SignOff.AUTOMATIC)),
        method=tuple(data["method"]),
        verified=tuple(data["verified"]),
        unverified=tuple(data["unverified"]),
        sources=tuple(PackSource(each["key"], each["title"], each["url"]) for each in data["sources"]),
        attribution=tuple(data["attribution"]),
    )


def period(value: Json) -> tuple[date, date | None]:
    """First and last day; no last day = open."""
    until = value["until"]
    return date.fromisoformat(value["from"]), None if until is None else date.fromisoformat(until)


def _unit(value: Json) -> PackUnit:
    since, until = period(value["live"]) if "live" in value else (None, None)
    return PackUnit(
        id=value["id"],
        code=value["code"],
        title=value["title"],
        level=value["level"],
        credits=value["credits"],
        accepts=tuple(value["accepts"]),
        live_from=since,
        live_until=until,
    )


def _group(value: Json, units: Mapping[str, PackUnit]) -> Group:
    [(measure, needed)] = value["choose"].items()
    return Group(
        id=value["id"],
        title=value["title"],
        kind=GroupKind(value["kind"]),
        measure=Measure(measure),
        needed=needed,
        units=tuple(units[name] for name in value["units"]),
    )


def _counting(value: Json) -> Counting:
    return Counting(
        levels=frozenset(value.get("levels", ())),
        origins=frozenset(Origin(origin) for origin in value.get("origins", ())),
        units=frozenset(value.get("units", ())),
        passed_only=value.get("passedOnly", False),
    )


def _minimum(value: Json) -> Minimum:
    measure = Measure.HOURS if "hours" in value else Measure.CREDITS
    return Minimum(value["id"], value["title"], _counting(value["of"]), measure, value[measure])


def _limit(value: Json) -> Limit:
    since, until = period(value["in"])
    return Limit(value["id"], value["title"], _counting(value["of"]), value["credits"], since, until, value["source"])
