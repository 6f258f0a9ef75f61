"""What we sign as an accreditation, another library verifies, and what was changed, it refuses."""

from app.standards import data_integrity
from tests.unit.standards import sample
from tests.unit.standards.test_accreditation import built
from tests.vectors.test_foreign_verifiers import openvc


def test_another_library_verifies_an_accreditation() -> None:
    unsigned = built(parent=sample.DID, valid_until=None)
    signed = data_integrity.sign_jcs(unsigned, sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign)
    assert openvc(signed)
    accepted = [place for place, changed in sample.changed_leaves(signed) if openvc(changed)]
    assert accepted == []
