"""A learner's credentials on record, as the rules see them."""

from collections.abc import Iterable, Mapping

from app.catalogue.model import Qualification
from app.credentials.model import Credential, CredentialKind
from app.stacking.held import HeldCredential, Standing


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
                ended_on=None if revoked is None else revoked.date(),
            )
        )
    return found
