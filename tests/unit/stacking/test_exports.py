"""The files a learner takes away: what is in them, what never is, and that names do no harm."""

import re
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stacking.exports.europass import NOT_SEALED, europass
from app.stacking.exports.json_resume import SCHEMA, json_resume
from app.stacking.exports.transcript import TEMPLATE, transcript
from app.stacking.exports.writing import as_bytes
from app.stacking.modules import completed
from app.standards import strict_json
from tests.unit.stacking.holdings import (
    BUNDLES,
    HND,
    QUALIFICATIONS,
    ULN,
    UNITS,
    WITHDRAWN,
    held,
    subject,
)

NETWORKING, SECURITY = f"{HND}-u02", f"{HND}-u05"
MODULE = held(1, NETWORKING, "Merit"), held(2, SECURITY, "Pass", awarded_on=date(2026, 7, 9))


def awarded_by(about):
    return {each.id: QUALIFICATIONS[each.qualification_id].awarding_organisation for each in about.profile.current}


HOSTILE = (
    "<script>alert(1)</script>",
    "\u202eanna\u202c",
    "An\u200bna \u2066Müller\u2069",
    'Anna "quoted" \\ {{ name }}',
    "שלום עולם",
    "\U0001f600\x07 Anna",
)


def transcript_of(about):
    found = completed(about.profile.current, BUNDLES, QUALIFICATIONS)
    return transcript(about, found)


def europass_of(about):
    return europass(about, awarded_by(about))


EXPORTS = {
    "transcript": transcript_of,
    "json_resume": json_resume,
    "europass": europass_of,
}
NAMED = {
    "transcript": lambda made: made["learner"]["fullName"]["value"],
    "json_resume": lambda made: made["basics"]["name"],
    "europass": lambda made: made["credential"]["credentialSubject"]["fullName"]["en"][0],
}


def statuses(value):
    """Every field that says what it is: (name, status), in order."""
    if isinstance(value, list):
        return [found for item in value for found in statuses(item)]
    if not isinstance(value, dict):
        return []
    own = [(name, item["status"]) for name, item in value.items() if isinstance(item, dict) and "status" in item]
    return own + [found for item in value.values() for found in statuses(item)]


# --- the transcript ----------------------------------------------------------------------------------------------


def test_a_transcript_names_its_module_with_the_loan_companys_names():
    made = transcript_of(subject(*MODULE, uln=ULN))
    assert made["template"] == TEMPLATE == "stackmark-lle-transcript/1"
    assert made["learner"]["fullName"] == {"value": "Anna Müller-O’Neill", "status": "verified"}
    assert (made["learner"]["uln"]["value"], made["learner"]["uln"]["status"]) == (ULN, "verified")
    assert made["learner"]["uln"]["footnote"]["status"] == "proposed"
    assert made["provider"]["providerId"] == {"value": "10000001", "status": "proposed", "scheme": "UKPRN"}
    (module,) = made["modules"]
    assert {name: field["value"] for name, field in module.items() if name not in ("results", "learningOutcomes")} == {
        "name": "Networking and Security (30 credits, level 4)",
        "code": "mc-networking-security",
        "parentCourse": QUALIFICATIONS[HND].title,
        "level": 4,
        "credit": 30,
        "length": 300,
        "hecos": None,
        "grade": None,
        "date": "2026-07-09",
        "awardingBody": "Pearson",
    }
    assert [(result["name"]["value"], result["grade"]["value"], result["verify"]) for result in module["results"]] == [
        ("Networking", "Merit", f"https://stackmark.example/verify/{UUID(int=1)}"),
        ("Security", "Pass", f"https://stackmark.example/verify/{UUID(int=2)}"),
    ]


def test_only_the_name_and_the_uln_are_called_verified():
    found = statuses(transcript_of(subject(*MODULE, uln=ULN)))
    assert [name for name, status in found if status == "verified"] == ["fullName", "uln"]
    assert {status for _, status in found} == {"verified", "proposed"}


def test_what_is_not_on_record_is_null_and_says_so():
    made = transcript_of(subject(*MODULE))
    assert made["learner"]["uln"]["note"] == "Left out of this copy: it is personal and was not asked for."
    assert made["modules"][0]["hecos"] == {"note": "Not on record here.", "value": None, "status": "proposed"}
    assert made["modules"][0]["grade"]["note"] == "Graded by unit: see results."


def test_the_outcomes_of_a_module_are_those_of_its_units_and_name_whose_words_they_are():
    made = transcript_of(subject(*MODULE, held(3, f"{HND}-u01")))
    outcomes = made["modules"][0]["learningOutcomes"]["value"]
    assert {each["id"] for each in outcomes} == {
        mapping.ksb_id for unit in (NETWORKING, SECURITY) for mapping in UNITS[unit].ksbs
    }
    assert {(each["officialWording"], each["mapping"], tuple(each["coverage"])) for each in outcomes} == {
        (False, "proposed", ("not_stated",))
    }
    assert {each["evidencedOn"] for each in outcomes} == {"2026-07-03", "2026-07-09"}
    assert made["attribution"][1].startswith("© Skills England")


# --- JSON Resume -------------------------------------------------------------------------------------------------


DOCUMENTED = {
    "basics": {"name", "label", "image", "email", "phone", "url", "summary", "location", "profiles"},
    "education": {"institution", "url", "area", "studyType", "startDate", "endDate", "score", "courses"},
    "certificates": {"name", "date", "url", "issuer"},
    "skills": {"name", "level", "keywords"},
}
ISO_8601 = re.compile(r"[1-2][0-9]{3}-[0-1][0-9]-[0-3][0-9]")


def assert_resume_shape(made):
    """The members that schema v1.0.0 documents, and no other; dates as its pattern has them."""
    assert made["$schema"] == SCHEMA
    assert set(made) == {"$schema", "meta", *DOCUMENTED}
    for section in ("education", "certificates", "skills"):
        assert isinstance(made[section], list)
        for entry in made[section]:
            assert set(entry) <= DOCUMENTED[section]
            for name, value in entry.items():
                if name in ("courses", "keywords"):
                    assert all(isinstance(item, str) for item in value)
                else:
                    assert isinstance(value, str)
                if name in ("date", "endDate"):
                    assert ISO_8601.fullmatch(value)
    assert set(made["basics"]) <= DOCUMENTED["basics"]


def test_a_resume_has_the_documented_members():
    made = json_resume(subject(*MODULE, held(9, None, "Merit"), uln=ULN))
    assert_resume_shape(made)
    award, parts = made["education"]
    assert (award["area"], award["score"]) == ("Pearson BTEC Level 4 HNC in Computing (2022)", "Merit")
    assert parts["area"].startswith("Parts of ")
    assert parts["courses"] == ["Networking (Merit)", "Security (Pass)"]
    assert "score" not in parts
    assert made["basics"]["profiles"] == [{"network": "Unique Learner Number (ULN)", "username": ULN}]
    (skill,) = made["skills"]
    assert skill["name"] == "Network engineer (OCC0127, version 1.2)"
    count = len(skill["keywords"])
    assert skill["level"] == f"{count} of 13 statements on record here evidenced so far: {count} by a proposed mapping"


def test_an_award_under_review_says_so_wherever_it_is_named():
    about = subject(held(9, None, "Merit", review_reason="a part was withdrawn"))
    assert json_resume(about)["certificates"][0]["name"].endswith("(under review by the college)")
    assert "Under review by the college." in as_bytes(europass_of(about)).decode()


# --- Europass ----------------------------------------------------------------------------------------------------


def test_a_europass_document_is_shaped_like_one_and_claims_no_seal():
    made = europass_of(subject(*MODULE, uln=ULN))["credential"]
    assert made["type"] == ["VerifiableCredential", "EuropeanDigitalCredential"]
    assert {"proof", "issuer"} & set(made) == set()
    assert NOT_SEALED in made["displayParameter"]["description"]["en"][0]
    assert "Open Government Licence" in made["displayParameter"]["description"]["en"][0]
    person = made["credentialSubject"]
    assert (person["type"], person["fullName"]) == ("Person", {"en": ["Anna Müller-O’Neill"]})
    assert person["identifier"][0]["notation"] == ULN
    first = person["hasClaim"][0]
    assert (first["type"], first["title"]) == ("LearningAchievement", {"en": ["Networking"]})
    assert first["provenBy"][0]["grade"]["noteLiteral"] == {"en": ["Merit"]}
    assert first["creditReceived"][0]["point"] == "15"
    assert first["awardedBy"]["awardingDate"] == "2026-07-03T00:00:00Z"
    specified = first["specifiedBy"]
    assert specified["awardingOpportunity"][0]["awardingBody"][0]["legalName"] == {"en": ["Pearson"]}
    assert {each["identifier"][0]["notation"] for each in specified["learningOutcome"]} == {
        mapping.ksb_id for mapping in UNITS[NETWORKING].ksbs
    }


def test_identifiers_in_a_europass_document_stand_for_one_thing():
    made = europass_of(subject(*MODULE, held(9, None, "Merit"), uln=ULN))
    seen = {}

    def walk(value):
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            if "id" in value:
                assert seen.setdefault(value["id"], value) == value
            for item in value.values():
                walk(item)

    walk(made)
    assert len(seen) > 20


# --- all of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_data_and_comes_out_as_it_went_in(export, name):
    data = as_bytes(EXPORTS[export](subject(*MODULE, name=name)))
    read = strict_json.parse_object(data)
    assert NAMED[export](read) == name
    assert data == as_bytes(read)


units = st.sampled_from([NETWORKING, SECURITY, f"{HND}-u16", "hnc-computing-u01", "tlevel-6105799x-core"])
grades = {"t_level": ["A*", "E", "Unclassified"], "unit": ["Distinction", "Pass", "Unclassified"]}


@st.composite
def credentials(draw):
    found = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        unit = draw(units)
        grade = draw(st.sampled_from(grades["t_level" if unit.startswith("tlevel") else "unit"]))
        found.append(held(number, unit, grade, **(WITHDRAWN if draw(st.booleans()) else {})))
    return found


@pytest.mark.parametrize("export", EXPORTS)
@given(given_credentials=credentials(), random=st.randoms())
def test_the_same_profile_makes_the_same_bytes_in_whatever_order_it_came(export, given_credentials, random):
    shuffled = list(given_credentials)
    random.shuffle(shuffled)
    assert as_bytes(EXPORTS[export](subject(*given_credentials))) == as_bytes(EXPORTS[export](subject(*shuffled)))


@pytest.mark.parametrize("export", EXPORTS)
@given(given_credentials=credentials())
def test_no_export_holds_the_uln_unless_it_was_asked_for(export, given_credentials):
    assert ULN.encode() not in as_bytes(EXPORTS[export](subject(*given_credentials)))
    assert ULN.encode() in as_bytes(EXPORTS[export](subject(*given_credentials, uln=ULN)))
    assert ULN not in repr(subject(*given_credentials, uln=ULN))


@pytest.mark.parametrize("export", ["json_resume", "europass"])
@given(given_credentials=credentials())
def test_every_credential_in_force_is_named_and_none_that_is_not(export, given_credentials):
    text = as_bytes(EXPORTS[export](subject(*given_credentials))).decode()
    named = {UUID(number) for number in re.findall(r"/verify/([0-9a-f-]{36})", text)}
    assert named == {each.id for each in given_credentials if each.revoked_at is None and each.grade != "Unclassified"}


@given(given_credentials=credentials())
def test_a_transcript_names_nothing_withdrawn_and_nothing_below_30_credits(given_credentials):
    made = transcript_of(subject(*given_credentials))
    lost = {each.id for each in given_credentials if each.revoked_at is not None or each.grade == "Unclassified"}
    named = {UUID(result["credential"][9:]) for module in made["modules"] for result in module["results"]}
    assert named & lost == set()
    assert all(module["credit"]["value"] >= 30 for module in made["modules"])


@given(given_credentials=credentials())
def test_every_resume_has_the_documented_members(given_credentials):
    assert_resume_shape(json_resume(subject(*given_credentials)))
