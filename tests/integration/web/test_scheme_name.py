"""What people read of the scheme operator: who it is said once, and that it is no regulator."""

import re
from datetime import date

from app.credentials import accrediting
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.settings import Settings
from app.wiring import now
from tests.integration.conftest import PUBLIC_URL, Installation

SAID = "by Stackmark, the scheme operator of this installation (not Ofqual)"


def read(page: str) -> str:
    """The words of a page, as somebody reads them."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_the_scheme_operator_is_named_once_and_never_as_a_regulator(installation: Installation) -> None:
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name=Settings.model_fields["scheme_name"].default,
            public_url=PUBLIC_URL,
            chain_id=31337,
            contract=str(installation.settings.registry_address),
            now=now(),
        )
        college = installation.issuer.institution
        await accrediting.accredit(conn, operator, college, ["hnc-computing"], valid_from=date(2020, 9, 1), now=now())
    issued = await installation.issue_one()
    html = {"Accept": "text/html"}
    told = read((await installation.client.get(f"/verify/{issued.id}", headers=html)).text)
    assert SAID in told
    report = (await installation.client.get(f"/verify/{issued.id}", headers={"Accept": "application/json"})).json()
    (finding,) = [one for one in report["checks"] if one["check"] == "accreditation"]
    assert finding["outcome"] == "VALID"
    own = read((await installation.client.get(operator.institution.page_url, headers=html)).text)
    assert "Stackmark The scheme operator of this installation (not Ofqual). Its published identity" in own
    for text in (finding["sentence"], own):
        assert text.count("scheme operator") == 1
        assert text.count("this installation") <= 2
    assert finding["sentence"].count("this installation") == 1
