"""What an award of this installation is made of, read together: every part in one question, and theirs in the next."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.credentials import publishing
from app.database import reading
from app.errors import OutsideFailed
from app.stacking import packs
from app.standards import strict_json
from app.verification.checks.adds_up import MAX_PARTS
from app.verification.gather_parts import MAX_DEPTH
from app.verification.stacked import NamedByAward, named_by, number_of


async def own_parts(engine: AsyncEngine, document: Mapping[str, Any], public_url: str) -> dict[str, bytes | None]:
    """Parts, their receipts and the rules of a stacked award, by the address at which they are published here.

    Empty for any other document, and for an award whose rules and parts are published elsewhere. What is not here is
    left out. No more is read than a verification looks at.
    """
    found: dict[str, bytes | None] = {}
    level = [named for named in (named_by(document),) if named is not None and named.origin == public_url]
    left = MAX_PARTS
    for _ in range(MAX_DEPTH):
        wanted = _numbers(level, found)
        left -= len(wanted)
        if not level or left < 0:
            break
        for named in level:
            if named.rules is not None:
                found[named.rules.id] = packs.bytes_at(named.path)
        try:
            async with reading(engine) as conn:
                rows = await publishing.published_parts(conn, [*wanted.values()])
        except OutsideFailed:
            # Whoever asks for one of them is told so, and goes on.
            break
        level = []
        for address, number in wanted.items():
            part, receipt = rows.get(number, (None, None))
            found |= {address: part, f"{address}/receipt": receipt}
            below = named_by(strict_json.parse_object(part)) if part is not None else None
            if below is not None and below.origin == public_url:
                level.append(below)
    return found


def _numbers(level: list[NamedByAward], found: Mapping[str, object]) -> dict[str, UUID]:
    parts = [(named.address_of(part), number_of(part.id)) for named in level for part in named.parts]
    return {address: number for address, number in parts if number is not None and address not in found}
