"""What an institution is in the scheme, and what follows from it: who accredits whom, who must have a UKPRN."""

import re
from enum import StrEnum

from app.errors import Refused
from app.standards.accreditation import Action

_UKPRN = re.compile(r"[0-9]{8}")
_RECOGNITION_NUMBER = re.compile(r"RN[0-9]{4}")


class Role(StrEnum):
    """SCHEME_OPERATOR: begins every accreditation of an installation. It is nobody's regulator, and is never called so.

    AWARDING_ORGANISATION: owns qualifications and lets providers issue for them. PROVIDER: a college.
    """

    PROVIDER = "provider"
    AWARDING_ORGANISATION = "awarding organisation"
    SCHEME_OPERATOR = "scheme operator"


_ACTIONS = {
    (Role.SCHEME_OPERATOR, Role.AWARDING_ORGANISATION): Action.ACCREDIT,
    (Role.SCHEME_OPERATOR, Role.PROVIDER): Action.ISSUE,
    (Role.AWARDING_ORGANISATION, Role.PROVIDER): Action.ISSUE,
}


def permitted_action(parent: Role, child: Role) -> Action:
    """What `parent` lets `child` do by accrediting it. Raises `Refused("role_cannot_accredit")`."""
    action = _ACTIONS.get((parent, child))
    if action is None:
        article = "An" if parent is Role.AWARDING_ORGANISATION else "A"
        raise Refused("role_cannot_accredit", f"{article} {parent} does not accredit others of the kind: {child}.")
    return action


def read_role(text: str) -> Role:
    """A role as typed, with spaces or hyphens. Raises `Refused("role_unknown")`."""
    try:
        return Role(text.strip().lower().replace("-", " "))
    except ValueError:
        known = ", ".join(role.replace(" ", "-") for role in Role)
        raise Refused("role_unknown", f"Choose one of these roles: {known}.") from None


def check_numbers(role: Role, ukprn: str, recognition_number: str) -> None:
    """A provider has a UKPRN, others may; only an awarding organisation has Ofqual's recognition number.

    "" = none. Raises `Refused` (ukprn_format, recognition_number_format).
    """
    if (ukprn or role is Role.PROVIDER) and _UKPRN.fullmatch(ukprn) is None:
        raise Refused("ukprn_format", "A UKPRN is eight digits.")
    if not recognition_number:
        return
    if role is not Role.AWARDING_ORGANISATION or _RECOGNITION_NUMBER.fullmatch(recognition_number) is None:
        raise Refused(
            "recognition_number_format",
            "An awarding organisation's recognition number is RN and four digits, such as RN5133; others have none.",
        )
