"""A learner's credentials on record, as the rules see them."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from app.catalogue.model import Qualification
from app.credentials.model import Credential, CredentialKind, CredentialState
from app.stacking.held import HeldCredential, HeldKind, Standing
from app.standards import uk_time


def units_held(held: Iterable[Credential], qualifications: Mapping[str, Qualification]) -> list[HeldCredential]:
    """The unit credentials among `held`. `qualifications` are by id, with their units."""
    units = {unit.id: unit for qualification in qualifications.values() for unit in qualification.units}
    found = []
    for credential in held:
        if credential.kind is not CredentialKind.UNIT or credential.unit_id is None:
            continue
        unit = units[credential.unit_id]
        revoked = credential.revoked_at
        found.append(
            HeldCredential(
                id=credential.id,
                qualification_id=credential.qualification_id,
                qualification_kind=qualifications[credential.qualification_id].kind,
                unit_id=credential.unit_id,
                title=unit.title,
                level=unit.level,
                credits=unit.credits,
                grade=credential.grade,
                awarded_on=credential.awarded_on,
                passed=unit.is_pass(credential.grade),
                standing=Standing.IN_FORCE if revoked is None else Standing.REVOKED,
                ended_on=None if revoked is None else uk_time.day_of(revoked),
            )
        )
    return found


def awards_held(
    held: Iterable[Credential],
    qualifications: Mapping[str, Qualification],
    parts: Mapping[UUID, Collection[UUID]],
) -> list[HeldCredential]:
    """The signed awards among `held`, each with all it rests on: its parts, and theirs.

    `parts` are as awards name them.
    """
    found = []
    for credential in held:
        if credential.kind is not CredentialKind.AWARD or credential.state is not CredentialState.SIGNED:
            continue
        qualification, revoked = qualifications[credential.qualification_id], credential.revoked_at
        found.append(
            HeldCredential(
                id=credential.id,
                qualification_id=qualification.id,
                qualification_kind=qualification.kind,
                unit_id=None,
                title=qualification.title,
                level=qualification.level,
                credits=qualification.total_credits,
                grade=credential.grade,
                awarded_on=credential.awarded_on,
                kind=HeldKind.AWARD,
                standing=Standing.IN_FORCE if revoked is None else Standing.REVOKED,
                ended_on=None if revoked is None else uk_time.day_of(revoked),
                parts=frozenset(_rests_on(credential.id, parts)),
            )
        )
    return found


def _rests_on(award_id: UUID, parts: Mapping[UUID, Collection[UUID]]) -> set[UUID]:
    found: set[UUID] = set()
    waiting = list(parts.get(award_id, ()))
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += parts.get(part, ())
    return found
