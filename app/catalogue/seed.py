"""Reads the facts packaged with the program into a `Catalogue`.

The file `seed/catalogue.json` names a grade scale once and refers to it; everything else is one record per
line, so that a change of one fact is a change of one line. The parser is plain on purpose: a missing key is a
`KeyError` at the first load, which a unit test performs.
"""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from app.catalogue.identifiers import ksb_id
from app.catalogue.model import (
    AwardingOrganisation,
    Bundle,
    Catalogue,
    Ksb,
    KsbMapping,
    Occupation,
    OccupationLink,
    Placement,
    Qualification,
    Source,
    Unit,
)

Record = Mapping[str, Any]


def load_seed() -> Catalogue:
    """The packaged catalogue, read from the installed package at each call."""
    text = files("app.catalogue").joinpath("seed", "catalogue.json").read_text(encoding="utf-8")
    return parse_catalogue(json.loads(text))


@cache
def packaged() -> Catalogue:
    """The same, read once: for what travels with the program alone (attribution, sources, bundles)."""
    return load_seed()


def parse_catalogue(data: Record) -> Catalogue:
    """A `Catalogue` from the parsed JSON of a catalogue file.

    Raises KeyError for a missing field or an unknown grade scale, ValueError for a bad date. Whether the
    facts fit together is not looked at here: that is `Catalogue.findings()`.
    """
    scales = data["gradeScales"]
    return Catalogue(
        qualifications=tuple(_qualification(record, scales) for record in data["qualifications"]),
        occupations=tuple(_occupation(record) for record in data["occupations"]),
        awarding_organisations=tuple(_organisation(record) for record in data["awardingOrganisations"]),
        attribution=tuple(data["attribution"]),
        bundles=tuple(_bundle(record) for record in data["bundles"]),
        subject_areas=tuple(data["subjectAreas"].items()),
        sources=tuple(Source(key, entry["title"], entry["url"]) for key, entry in data["sources"].items()),
        compiled_on=_day(data["compiledOn"]),
    )


def _organisation(record: Record) -> AwardingOrganisation:
    return AwardingOrganisation(
        recognition_number=record["recognitionNumber"],
        name=record["name"],
        ukprn=record["ukprn"],
        verified=record["verified"],
        sources=tuple(record["sources"]),
    )


def _qualification(record: Record, scales: Record) -> Qualification:
    link = record.get("occupation")
    return Qualification(
        id=record["id"],
        title=record["title"],
        kind=record["kind"],
        level=record["level"],
        total_credits=record["totalCredits"],
        number=record["number"],
        awarding_organisation=record["awardingOrganisation"],
        is_htq=record["isHtq"],
        htq_evidence=record["htqEvidence"],
        units=tuple(_unit(unit, record["id"], scales) for unit in record["units"]),
        recognition_number=record["recognitionNumber"],
        units_complete=record.get("unitsComplete", False),
        occupation=None if link is None else _occupation_link(link),
        subject_area=record.get("subjectArea"),
        route=record.get("route"),
        pathway=record.get("pathway"),
        overall_awarded_by=record.get("overallAwardedBy", ""),
        overall_grade_table=record.get("overallGradeTable"),
        total_hours=record.get("totalHours"),
        guided_hours=record.get("guidedHours"),
        lle_funding_from=_day(record.get("lleFundingFrom")),
        status_note=record.get("statusNote", ""),
        verified=record["verified"],
        verified_fields=tuple(record.get("verifiedFields", ())),
        sources=tuple(record["sources"]),
    )


def _unit(record: Record, qualification_id: str, scales: Record) -> Unit:
    # null says that no scale is confirmed; such a unit must carry a reason not to be awarded.
    scale = {"lowToHigh": (), "passing": ()} if record["gradeScale"] is None else scales[record["gradeScale"]]
    placement = record.get("placement")
    return Unit(
        id=record["id"],
        qualification_id=qualification_id,
        code=record["code"],
        title=record["title"],
        kind=record["kind"],
        level=record["level"],
        credits=record.get("credits"),
        grade_scale=tuple(scale["lowToHigh"]),
        passing=tuple(scale["passing"]),
        live_from=_day(record.get("liveFrom")),
        live_until=_day(record.get("liveUntil")),
        ksbs=_mappings(record),
        code_is_official=record.get("codeIsOfficial", True),
        not_awardable=record.get("notAwardable"),
        must_be_paired=record.get("mustBePaired", False),
        placement=None if placement is None else _placement(placement),
        assessed_by=tuple(record.get("assessedBy", ())),
        result_owned_by=record.get("resultOwnedBy", "awarding_organisation"),
        credits_verified=record.get("creditsVerified", False),
        verified=record["verified"],
        sources=tuple(record["sources"]),
    )


def _placement(record: Record) -> Placement:
    return Placement(
        minimum_hours=record["minimumHours"],
        minimum_hours_early_years_educator=record["minimumHoursEarlyYearsEducator"],
        maximum_remote_share=record["maximumRemoteShare"],
        remote_share_excludes=tuple(record["remoteShareExcludes"]),
    )


def _occupation_link(record: Record) -> OccupationLink:
    return OccupationLink(
        standard_id=record["standard"],
        occupation_id=record["occupation"],
        title=record["title"],
        level=record["level"],
        verified=record["verified"],
        note=record["note"],
    )


def _occupation(record: Record) -> Occupation:
    occupation, version = record["id"], record["version"]
    return Occupation(
        id=occupation,
        standard_id=record["standard"],
        version=version,
        title=record["title"],
        level=record["level"],
        route=record["route"],
        soc_codes=tuple(record["socCodes"]),
        ksbs=tuple(
            Ksb(
                id=ksb_id(occupation, version, entry["code"]),
                occupation_id=occupation,
                version=version,
                code=entry["code"],
                kind=entry["kind"],
                text=entry["text"],
                is_official_wording=entry.get("isOfficialWording", False),
            )
            for entry in record["ksbs"]
        ),
        headings=tuple(record.get("headings", ())),
        options=tuple(record["options"]),
        ksbs_complete=record["ksbsComplete"],
        note=record["note"],
        licence=record["licence"],
        verified=record["verified"],
        sources=tuple(record["sources"]),
    )


def _bundle(record: Record) -> Bundle:
    return Bundle(
        id=record["id"],
        title=record["title"],
        kind=record["kind"],
        parent_id=record["parent"],
        unit_ids=tuple(record["units"]),
        credits=record["credits"],
        level=record["level"],
        notional_hours=record["notionalHours"],
        ksbs=_mappings(record),
        funding_note=record["fundingNote"],
        verified=record["verified"],
    )


def _mappings(record: Record) -> tuple[KsbMapping, ...]:
    return tuple(
        KsbMapping(entry["ksb"], entry["coverage"], entry["verified"], entry["basis"])
        for entry in record.get("ksbs", ())
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
