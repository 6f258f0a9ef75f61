"""An institution's signed word on a rule set it uses: which bytes, whose rules, and who wrote them down.

A plain credential of VCDM 2.0 with its own terms alone: the pack is the subject, and a related resource with its
SHA-384. It is no credential of a learner: it is not in the log, and it is withdrawn by another one in its place.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.issuing import document_bytes
from app.credentials.signing import Issuer
from app.errors import NotFound
from app.institutions.model import Institution
from app.stacking import packs, store
from app.stacking.pack import RulePack
from app.stacking.packs import PublishedPack
from app.standards import vc
from app.standards.open_badge import digest_sri

AUTHOR: Final = "the Stackmark project"


def unsigned(institution: Institution, published: PublishedPack, now: datetime) -> dict[str, Any]:
    """The statement, ready to be signed."""
    pack = published.pack
    address = institution.public_url + pack.path
    return {
        "@context": [vc.CONTEXT],
        "id": f"{address}/statements/{institution.slug}",
        "type": ["VerifiableCredential"],
        "issuer": {"id": institution.did, "name": institution.name},
        "validFrom": vc.timestamp(now),
        "name": f"Statement on a rule set: {pack.title}, version {pack.version}",
        "description": f"{institution.name} uses this rule set. {written_by(pack, institution)}",
        "credentialSubject": {
            "id": address,
            "name": pack.title,
            "description": f"Rule set {pack.id}, version {pack.version}; the rules are those of {pack.owner}.",
        },
        "relatedResource": [{"id": address, "digestSRI": digest_sri(published.data), "mediaType": packs.MEDIA_TYPE}],
    }


def written_by(pack: RulePack, institution: Institution) -> str:
    """Who wrote the rule set down, and whether whose rules they are has looked at it."""
    if institution.name == pack.owner:
        return "The rules are its own."
    return f"It was written by {AUTHOR} from the sources it names, and was not reviewed by {pack.owner}."


async def sign(conn: AsyncConnection, issuer: Issuer, published: PublishedPack, now: datetime) -> bytes:
    """Sign and publish a statement, in the place of an earlier one. Raises what `Issuer.sign` raises."""
    signed, _ = issuer.sign(unsigned(issuer.institution, published, now), now)
    document = document_bytes(signed)
    pack = published.pack
    await store.keep_statement(conn, issuer.institution.id, pack.id, pack.version, document, now)
    return document


async def find(conn: AsyncConnection, institution: Institution, pack_id: str, version: int) -> bytes:
    """The statement as signed. Raises `NotFound("rule_statement_unknown")`."""
    found = await store.find_statement(conn, institution.id, pack_id, version)
    if found is None:
        raise NotFound("rule_statement_unknown", "This institution made no statement on this rule set.")
    return found
