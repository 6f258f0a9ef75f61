"""The scheme operator of an installation: an institution of its own, which begins every accreditation.

It is called what it is. Until a regulator takes part, nobody's accreditation here comes from Ofqual.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import service as credentials
from app.credentials.signing import Issuer
from app.errors import Refused
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.institutions.ports import KeyStore
from app.institutions.roles import Role
from app.standards.data_integrity import CanonicalForm

SLUG = "scheme"


async def find_scheme_operator(conn: AsyncConnection) -> Institution | None:
    """The installation's scheme operator. Raises `Refused("scheme_operator_ambiguous")` where there are several."""
    operators = [one for one in await institutions.list_all(conn) if one.role is Role.SCHEME_OPERATOR]
    if len(operators) > 1:
        raise Refused("scheme_operator_ambiguous", "There are several scheme operators here; say which one accredits.")
    return operators[0] if operators else None


async def make_scheme_operator(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    *,
    name: str,
    public_url: str,
    chain_id: int,
    contract: str,
    now: datetime,
    slug: str = SLUG,
) -> Issuer:
    """The scheme operator as a new institution, with a DID, key, wallet and log. Raises what `become_issuer` raises."""
    return await credentials.become_issuer(
        conn,
        keystore,
        canonical,
        slug=slug,
        name=name,
        ukprn="",
        public_url=public_url,
        chain_id=chain_id,
        contract=contract,
        now=now,
        role=Role.SCHEME_OPERATOR,
    )
