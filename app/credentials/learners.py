"""Finding a learner of an institution."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import store
from app.credentials.model import Learner
from app.errors import NotFound


async def find_learner(conn: AsyncConnection, institution_id: UUID, learner_id: UUID, *, lock: bool = False) -> Learner:
    """Raises `NotFound("learner_unknown")`."""
    learner = await store.find_learner(conn, institution_id, learner_id, lock=lock)
    if learner is None:
        raise NotFound("learner_unknown", "There is no such learner at this institution.")
    return learner
