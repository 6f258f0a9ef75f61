"""The sector's identifiers: worked examples from the sources, and properties of the check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import identifiers as ids

ERROR, WARNING, FINE = ["error"], ["warning"], []

CASES = [
    (ids.check_ukprn, "10009696", FINE),
    (ids.check_ukprn, "20009696", WARNING),
    (ids.check_ukprn, "1000969", ERROR),
    (ids.check_ukprn, "1000969a", ERROR),
    (ids.check_ukprn, "١٠٠٠٩٦٩٦", ERROR),
    (ids.check_uln, "9276308686", FINE),
    (ids.check_uln, "1234567899", FINE),
    (ids.check_uln, "1000000000", FINE),
    (ids.check_uln, "3042156787", FINE),
    (ids.check_uln, "5000000039", FINE),
    (ids.check_uln, "9276308685", ERROR),
    (ids.check_uln, "0123456789", ERROR),
    (ids.check_uln, "9876543210", ERROR),
    (ids.check_uln, "9999999999", ERROR),
    (ids.check_uln, "92763086866", ERROR),
    (ids.check_uln, "9276308686\n", ERROR),
    (ids.check_uln, "", ERROR),
    (ids.check_qualification_number, "603/5832/4", FINE),
    (ids.check_qualification_number, "60358324", FINE),
    (ids.check_qualification_number, "610/5799/x", FINE),
    (ids.check_qualification_number, "6105799X", FINE),
    (ids.check_qualification_number, "603/5832/8", WARNING),
    (ids.check_qualification_number, "610/0006/8", WARNING),
    (ids.check_qualification_number, "610/0008/X", WARNING),
    (ids.check_qualification_number, "603/58324", ERROR),
    (ids.check_qualification_number, "6035832", ERROR),
    (ids.check_qualification_number, "603-5832-4", ERROR),
    (ids.check_learning_aim, "6105799X", FINE),
    (ids.check_learning_aim, "ZTLOS094", FINE),
    (ids.check_learning_aim, "X1057991", ERROR),
    (ids.check_learning_aim, "610/5799/X", ERROR),
    (ids.check_specialism_code, "ZTLOS094", FINE),
    (ids.check_specialism_code, "10202106", FINE),
    (ids.check_specialism_code, "ZTLOS94", ERROR),
    (ids.check_specialism_code, "6105799X", ERROR),
    (ids.check_recognition_number, "RN5133", FINE),
    (ids.check_recognition_number, "5133", FINE),
    (ids.check_recognition_number, "RN513", ERROR),
    (ids.check_standard, "ST0127", FINE),
    (ids.check_standard, "ST127", ERROR),
    (ids.check_standard, "st0127", ERROR),
    (ids.check_occupation, "OCC0127", FINE),
    (ids.check_occupation, "OCC0002A", FINE),
    (ids.check_occupation, "OCC0002AB", ERROR),
    (ids.check_ksb_id, "OCC0127@1.2:K10", FINE),
    (ids.check_ksb_id, "OCC0795:S1", WARNING),
    (ids.check_ksb_id, "OCC0127@1.2:K0", ERROR),
    (ids.check_ksb_id, "OCC0127@1:K1", ERROR),
    (ids.check_ksb_id, "K10", ERROR),
    (ids.check_soc, "2137", FINE),
    (ids.check_soc, "2137/00", FINE),
    (ids.check_soc, "2137/0", ERROR),
    (ids.check_subject_area, "6.1", FINE),
    (ids.check_subject_area, "15.5", FINE),
    (ids.check_subject_area, "16.1", ERROR),
    (ids.check_subject_area, "6.6", ERROR),
]


@pytest.mark.parametrize(("check", "value", "severities"), CASES)
def test_check(check, value, severities):
    assert [finding.severity for finding in check(value)] == severities


@pytest.mark.parametrize(
    ("value", "code"),
    [("987654321", "uln_format"), ("9276308685", "uln_checksum"), ("9999999999", "uln_checksum")],
)
def test_code_of_a_wrong_uln(value, code):
    assert [finding.code for finding in ids.check_uln(value)] == [code]


@pytest.mark.parametrize("first_nine", ["987654321", "100000006"])
def test_some_nine_digits_have_no_tenth(first_nine):
    assert ids.uln_check_digit(first_nine) is None
    assert all(ids.check_uln(first_nine + digit) for digit in "0123456789")


@given(st.integers(10**9, 10**10 - 1).map(str))
def test_both_forms_of_the_uln_rule_agree(uln):
    whole = sum(int(digit) * weight for digit, weight in zip(uln, range(10, 0, -1), strict=True))
    assert (ids.uln_check_digit(uln[:9]) == uln[9]) == (whole % 11 == 10)


@given(st.text(alphabet="0123456789", min_size=1, max_size=14))
def test_messages_never_repeat_a_uln(value):
    if len(value) > 4:
        assert not any(value in finding.message for finding in ids.check_uln(value))
        assert value not in ids.masked_uln(value)


@pytest.mark.parametrize(("value", "shown"), [("9276308686", "******8686"), ("123", "***"), ("", "")])
def test_masked_uln(value, shown):
    assert ids.masked_uln(value) == shown


@given(st.text(alphabet="0123456789", min_size=7, max_size=7))
def test_every_spelling_of_a_qualification_number_has_one_normal_form(digits):
    last = ids.qualification_number_check_digit(digits)
    normal = f"{digits[:3]}/{digits[3:]}/{last}"
    for spelling in (normal, normal.replace("/", ""), normal.lower()):
        assert ids.qualification_number(spelling) == normal
        assert ids.check_qualification_number(spelling) == ()


@given(st.text(alphabet="0123456789", min_size=7, max_size=7), st.integers(0, 6), st.integers(1, 9))
def test_one_mistyped_digit_of_a_qualification_number_is_noticed(digits, place, shift):
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    given_number = wrong + ids.qualification_number_check_digit(digits)
    assert [finding.severity for finding in ids.check_qualification_number(given_number)] == ["warning"]


@given(st.text())
def test_checks_take_any_text(value):
    for check in {check for check, _, _ in CASES}:
        assert all(finding.code and finding.message.endswith(".") for finding in check(value))


@pytest.mark.parametrize("digits", ["", "12345678", "1234567890", "12345678x"])
def test_check_digits_need_the_right_number_of_digits(digits):
    with pytest.raises(ValueError, match="digits are needed"):
        ids.uln_check_digit(digits)
    with pytest.raises(ValueError, match="digits are needed"):
        ids.qualification_number_check_digit(digits)


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (" 60375954 ", "603/7595/4"),
        ("6105799x", "610/5799/X"),
        ("HNC-Computing", "hnc-computing"),
        ("603/75954", "603/75954"),
    ],
)
def test_qualification_reference(value, normal):
    assert ids.qualification_reference(value) == normal


@pytest.mark.parametrize(
    ("value", "normal"),
    [("01", "1"), (" 13 ", "13"), ("ztlos094", "ZTLOS094"), ("10202106", "10202106"), ("0", "0"), ("²", "²")],
)
def test_component_code(value, normal):
    assert ids.component_code(value) == normal


@pytest.mark.parametrize(("value", "normal"), [("rn5133", "RN5133"), ("5133", "RN5133"), ("RN51", None)])
def test_recognition_number(value, normal):
    assert ids.recognition_number(value) == normal


def test_ksb_id_names_its_version_where_known():
    assert ids.ksb_id("OCC0127", "1.2", "K10") == "OCC0127@1.2:K10"
    assert ids.ksb_id("OCC0795", None, "S1") == "OCC0795:S1"
