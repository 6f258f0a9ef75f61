"""What a credential may name, and the rules of each: frozen values without framework, I/O or clock.

Grades are text, exactly as the awarding organisation writes them. A grade scale is listed from the lowest
grade to the highest. States such as "pending result" are not grades and are on no scale.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from app.catalogue.identifiers import Finding, check_ksb_id, check_qualification_number, error, warning

PLACEMENT_CODE: Final = "PLACEMENT"
PLACEMENT_GRADES: Final = ("Not met", "Met")

UnitKind = Literal[
    "core",
    "mandatory",
    "pathway",
    "optional",
    "occupational_specialism",
    "dual_specialism",
    "industry_placement",
]
KsbKind = Literal["knowledge", "skill", "behaviour"]
Coverage = Literal["taught", "assessed", "workplace", "not_stated"]
MatchFramework = Literal["ESCO", "UK-SSC"]
MatchRelation = Literal["exact", "related"]
MATCH_FRAMEWORKS: Final[tuple[str, ...]] = get_args(MatchFramework)
MATCH_RELATIONS: Final[tuple[str, ...]] = get_args(MatchRelation)
UNIT_KINDS: Final[tuple[str, ...]] = get_args(UnitKind)
KSB_KINDS: Final[tuple[str, ...]] = get_args(KsbKind)
COVERAGES: Final[tuple[str, ...]] = get_args(Coverage)


@dataclass(frozen=True, slots=True)
class AwardingOrganisation:
    """A body that Ofqual recognises. `ukprn` is None where no source gives it."""

    recognition_number: str
    name: str
    ukprn: str | None
    verified: bool
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KsbMapping:
    """That a unit covers a statement. `basis` says on whose word; unverified means it is a proposal."""

    ksb_id: str
    coverage: Coverage
    verified: bool
    basis: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Published conditions of a T Level industry placement: hours, and the share (0 to 1) done remotely.

    Nothing here or elsewhere records why a placement was completed under special consideration: the reason
    can be health data. The outcome shown is "Met" or "Not met", as on the official certificate.
    """

    minimum_hours: int
    minimum_hours_early_years_educator: int | None
    maximum_remote_share: float
    remote_share_excludes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that is graded: a unit, a T Level component or an industry placement.

    `id` is unique and safe in a URL; `code` is what a registrar writes in a file and unique in the
    qualification. `code_is_official` is False where no source gives the number and the code was made from
    the title. `not_awardable` is the reason why no credential may name the unit (a placeholder, a derived
    result), else None. `result_owned_by` says whose result it is: the college records the placement,
    everything else is the awarding organisation's. Dates are the first and the last day on which an award
    may be dated.
    """

    id: str
    qualification_id: str
    code: str
    title: str
    kind: UnitKind
    level: int
    credits: int | None
    grade_scale: tuple[str, ...]
    passing: tuple[str, ...]
    live_from: date | None = None
    live_until: date | None = None
    ksbs: tuple[KsbMapping, ...] = ()
    code_is_official: bool = True
    not_awardable: str | None = None
    must_be_paired: bool = False
    placement: Placement | None = None
    assessed_by: tuple[str, ...] = ()
    result_owned_by: Literal["awarding_organisation", "college"] = "awarding_organisation"
    credits_verified: bool = False
    verified: bool = False
    sources: tuple[str, ...] = ()

    @property
    def is_awardable(self) -> bool:
        return self.not_awardable is None

    def is_pass(self, grade: str) -> bool:
        return grade in self.passing

    def is_live_on(self, day: date) -> bool:
        return (self.live_from is None or self.live_from <= day) and (self.live_until is None or day <= self.live_until)

    def findings_for_grade(self, grade: str) -> tuple[Finding, ...]:
        """An error listing the scale unless `grade` is on it, letter for letter: it is signed as written."""
        if grade in self.grade_scale:
            return ()
        scale = ", ".join(self.grade_scale)
        if not scale:
            return error("grade_not_on_scale", f"No grade scale is recorded for {self.title}.")
        # The value is not repeated: for a placement it could be a health reason typed into the wrong cell.
        return error("grade_not_on_scale", f"The grade is not on the scale of {self.title}: {scale}.")

    def findings_for_award(self, grade: str, awarded_on: date) -> tuple[Finding, ...]:
        """Every reason why this unit cannot be awarded with this grade on this day; empty when it can."""
        if self.not_awardable is not None:
            return error("unit_not_awardable", f"{self.title} cannot be awarded: {self.not_awardable}.")
        findings = self.findings_for_grade(grade)
        if self.live_from is not None and awarded_on < self.live_from:
            message = f"{self.title} cannot be awarded before {_written(self.live_from)}."
            findings += error("award_before_live", message)
        if self.live_until is not None and awarded_on > self.live_until:
            findings += error("unit_not_live", f"{self.title} closed on {_written(self.live_until)}.")
        return findings

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong or doubtful in the record itself."""
        found: tuple[Finding, ...] = ()
        if self.kind not in UNIT_KINDS:
            found += error("unit_kind_unknown", f"{self.id} is of an unknown kind.")
        if not set(self.passing) <= set(self.grade_scale) or len(set(self.grade_scale)) != len(self.grade_scale):
            found += error(
                "grade_scale_invalid",
                f"The grade scale of {self.id} does not hold together.",
            )
        if self.is_awardable and not self.passing:
            found += error("grade_scale_missing", f"{self.id} can be awarded but has no grade that passes.")
        if self.live_from and self.live_until and self.live_until < self.live_from:
            found += error("live_dates_reversed", f"{self.id} closes before it opens.")
        if self.credits is not None and self.credits <= 0:
            found += error("credits_not_positive", f"{self.id} carries no credit; leave it out.")
        if not self.code_is_official:
            found += warning("unit_code_provisional", f"The code of {self.id} is made from its title.")
        for mapping in self.ksbs:
            found += check_ksb_id(mapping.ksb_id)
        return found


@dataclass(frozen=True, slots=True)
class OccupationLink:
    """The occupational standard a qualification claims to meet. Codes are None where no source gives them."""

    standard_id: str | None
    occupation_id: str | None
    title: str
    level: int | None
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Qualification:
    """A qualification as one catalogue entry; two pathways of one regulated qualification are two entries.

    `is_htq` is whether it carries the Higher Technical Qualification mark (None: not established), with the
    evidence beside it: the mark is a dated fact about a named qualification, never part of a title.
    `overall_awarded_by` names who awards the whole; a college never awards a T Level.
    `units_complete` is True when the units listed are one full valid combination.
    """

    id: str
    title: str
    kind: str
    level: int
    total_credits: int | None
    number: str | None
    awarding_organisation: str
    is_htq: bool | None
    htq_evidence: str
    units: tuple[Unit, ...]
    recognition_number: str | None = None
    units_complete: bool = False
    occupation: OccupationLink | None = None
    subject_area: str | None = None
    route: str | None = None
    pathway: str | None = None
    overall_awarded_by: str = ""
    overall_grade_table: str | None = None
    total_hours: int | None = None
    guided_hours: int | None = None
    lle_funding_from: date | None = None
    status_note: str = ""
    verified: bool = False
    verified_fields: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong or doubtful in the entry and its units. Errors stop a catalogue from being loaded."""
        found = check_qualification_number(self.number) if self.number is not None else ()
        found += self._findings_on_credits()
        for code, count in Counter(unit.code for unit in self.units).items():
            if count > 1:
                found += error("unit_code_repeated", f"{self.id} has {count} units with the code {code}.")
        for unit in self.units:
            if unit.qualification_id != self.id:
                found += error("unit_parent_missing", f"{unit.id} says it belongs to another qualification.")
            if unit.level > self.level:
                found += error("unit_level_above", f"{unit.id} is at a higher level than {self.id}.")
            found += unit.findings()
        if self.is_htq and not (self.verified or "isHtq" in self.verified_fields):
            found += warning("htq_mark_unconfirmed", f"The HTQ mark of {self.id} is not confirmed.")
        if "HTQ" in self.title:
            found += warning(
                "htq_in_title",
                f"An approved title never contains HTQ: {self.title}.",
            )
        return found

    def _findings_on_credits(self) -> tuple[Finding, ...]:
        credits = [unit.credits for unit in self.units]
        if not self.units_complete or self.total_credits is None:
            return ()
        total = sum(credit for credit in credits if credit is not None)
        if None in credits or total != self.total_credits:
            message = f"The units of {self.title} add up to {total} credits, not {self.total_credits}."
            return error("credits_do_not_add_up", message)
        return ()


@dataclass(frozen=True, slots=True)
class KsbMatch:
    """That a statement is the same as, or close to, an entry of another framework, on the word of an imported file.

    `target` is the address of an ESCO skill, or the id of an entry of the UK Standard Skills Classification.
    """

    framework: MatchFramework
    target: str
    relation: MatchRelation


@dataclass(frozen=True, slots=True)
class Ksb:
    """One statement of an occupation. `text` is our summary unless `is_official_wording`.

    `uri` is its identifier at the publisher of the official wording, None where that is not known.
    """

    id: str
    occupation_id: str
    version: str | None
    code: str
    kind: KsbKind
    text: str
    is_official_wording: bool = False
    uri: str | None = None
    matches: tuple[KsbMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation on the Skills England maps, in the one version whose statements are listed.

    `headings` are the statements of an older template that gives them no codes: they can be read, not cited.
    """

    id: str
    standard_id: str
    version: str | None
    title: str
    level: int
    route: str
    soc_codes: tuple[str, ...]
    ksbs: tuple[Ksb, ...]
    headings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    ksbs_complete: bool = False
    note: str = ""
    licence: str = ""
    verified: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardVersion:
    """One version of an occupational standard as far as its statements are on record.

    `statements` is how many there are, `is_whole` whether these are all that the standard has. `version` is None for
    statements whose version no source gives: they are never counted under another version.
    """

    occupation_id: str
    standard_id: str
    version: str | None
    title: str
    level: int
    statements: int
    is_whole: bool

    @property
    def label(self) -> str:
        """For people: `OCC0127, version 1.2`."""
        return f"{self.occupation_id}, version {self.version}" if self.version else f"{self.occupation_id}, no version"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Units of one parent offered together as a micro-credential. `ksbs` hold for the bundle as a whole."""

    id: str
    title: str
    kind: str
    parent_id: str
    unit_ids: tuple[str, ...]
    credits: int | None
    level: int
    notional_hours: int | None
    ksbs: tuple[KsbMapping, ...] = ()
    funding_note: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A publication the facts were read in. `url` is None for the entry "no public source confirmed"."""

    key: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A set of catalogue facts that is loaded as one, with the attribution lines its licence asks for."""

    qualifications: tuple[Qualification, ...]
    occupations: tuple[Occupation, ...]
    awarding_organisations: tuple[AwardingOrganisation, ...]
    attribution: tuple[str, ...]
    bundles: tuple[Bundle, ...] = ()
    subject_areas: tuple[tuple[str, str], ...] = ()
    sources: tuple[Source, ...] = ()
    compiled_on: date | None = None

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong or doubtful in every entry, and ids used twice."""
        found: tuple[Finding, ...] = ()
        ids = Counter(entry.id for entry in self.qualifications)
        ids.update(unit.id for entry in self.qualifications for unit in entry.units)
        for identifier, count in ids.items():
            if count > 1:
                found += error("id_repeated", f"The id {identifier} is used {count} times.")
        for qualification in self.qualifications:
            found += qualification.findings()
        return found

    def ksbs_from_elsewhere(self) -> frozenset[str]:
        """KSB ids that units are mapped to and this catalogue does not list: they must be on record."""
        listed = {ksb.id for occupation in self.occupations for ksb in occupation.ksbs}
        units = (unit for entry in self.qualifications for unit in entry.units)
        return frozenset(mapping.ksb_id for unit in units for mapping in unit.ksbs) - listed

    def organisations_from_elsewhere(self) -> frozenset[str]:
        """Recognition numbers that qualifications name and this catalogue does not list."""
        listed = {organisation.recognition_number for organisation in self.awarding_organisations}
        named = (entry.recognition_number for entry in self.qualifications)
        return frozenset(number for number in named if number is not None) - listed


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
