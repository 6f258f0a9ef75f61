"""Whether an award follows by itself, by policy and reason; and the words that everybody reads."""

from uuid import UUID

import pytest

from app.credentials.model import CorrectionReason, RevocationReason
from app.stacking.cascade_policy import CascadePolicy, Cause, acts
from app.standards.status_reasons import MAX_REASON

PART = UUID(int=1)
LEFT_TO_PEOPLE = [
    RevocationReason.OTHER,
    RevocationReason.NEWER_RECORD,
    RevocationReason.DETAILS_CHANGED,
    CorrectionReason.WRONG_DETAILS,
    CorrectionReason.CHANGE_OF_NAME,
    CorrectionReason.OTHER,
]
EVERY = [*RevocationReason, *CorrectionReason]


def cause(reason: RevocationReason | CorrectionReason, title: str = "Programming") -> Cause:
    return Cause(PART, title, 1, isinstance(reason, RevocationReason), reason)


@pytest.mark.parametrize("reason", EVERY, ids=[f"{type(one).__name__}-{one}" for one in EVERY])
def test_each_reason_leaves_a_choice_or_none(reason: RevocationReason | CorrectionReason) -> None:
    # By identity: the two kinds share words, such as “wrong learner details”, and words are equal.
    left = any(reason is one for one in LEFT_TO_PEOPLE)
    assert acts(CascadePolicy.BY_REASON, [cause(reason)]) is not left
    assert acts(CascadePolicy.AT_ONCE, [cause(reason)])
    assert not acts(CascadePolicy.REVIEW, [cause(reason)])


def test_one_cause_that_leaves_no_choice_is_enough() -> None:
    both = [cause(RevocationReason.OTHER), cause(RevocationReason.MALPRACTICE)]
    assert acts(CascadePolicy.BY_REASON, both)
    assert acts(CascadePolicy.BY_REASON, both[::-1])


@pytest.mark.parametrize("title", ["Programming", "x" * 66, "x" * 67, "x" * 300])
def test_the_words_name_the_part_and_fit_into_the_signed_reasons(title: str) -> None:
    for reason in (RevocationReason.MALPRACTICE, CorrectionReason.GRADE_CHANGED):
        sentence = cause(reason, title).sentence
        assert len(sentence) <= MAX_REASON
        assert sentence.startswith(title[:60])
        assert sentence.endswith("was withdrawn" if reason is RevocationReason.MALPRACTICE else "was corrected")


def test_a_happening_has_one_key_and_another_edition_another() -> None:
    one = cause(RevocationReason.MALPRACTICE)
    assert one.key == cause(RevocationReason.OTHER).key
    assert one.key != cause(CorrectionReason.GRADE_CHANGED).key
    assert one.key != Cause(PART, "Programming", 2, True, RevocationReason.MALPRACTICE).key
