"""Tables and queries of stacking; private to the package."""

from app.stacking.store.awards import (
    WHOLE_INSTITUTION,
    insert_candidate,
    insert_event,
    list_candidates,
    list_events,
    lock_awards,
    policies_of,
    set_candidate,
    set_policy,
)
from app.stacking.store.statements import find_statement, keep_statement
from app.stacking.store.transfers import (
    agreements_from,
    find_agreement,
    insert_agreement,
    insert_code,
    insert_half,
    insert_recognition,
    linked_to,
    list_recognitions,
    recognised_among,
    replace_agreement,
    take_code,
)

__all__ = [
    "WHOLE_INSTITUTION",
    "agreements_from",
    "find_agreement",
    "find_statement",
    "insert_agreement",
    "insert_candidate",
    "insert_code",
    "insert_event",
    "insert_half",
    "insert_recognition",
    "keep_statement",
    "linked_to",
    "list_candidates",
    "list_events",
    "list_recognitions",
    "lock_awards",
    "policies_of",
    "recognised_among",
    "replace_agreement",
    "set_candidate",
    "set_policy",
    "take_code",
]
