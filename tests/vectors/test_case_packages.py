"""The packages that the tests read are CASE 1.1, by 1EdTech's own schema."""

import pytest
from jsonschema import Draft201909Validator

from app.catalogue.frameworks.reading import read_framework
from tests.unit.catalogue.framework_files import STATEMENTS, as_file, case, item
from tests.vectors import published

SCHEMA = published.read(published.folder("case11") / "case_v1p1_cfpackage-jsonschema1.json")


@pytest.mark.parametrize("package", [case(), case({"K1": "Words"}), case(CFItems=[item("K1", "Words")])])
def test_a_package_that_is_read_is_valid_by_the_published_schema(package):
    assert [error.message for error in Draft201909Validator(SCHEMA).iter_errors(package)] == []
    assert read_framework(as_file(package)).version == "1.2"


def test_the_whole_of_the_sample_is_read():
    assert {each.code for each in read_framework(as_file(case())).statements} == set(STATEMENTS)
