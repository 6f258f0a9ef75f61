"""API keys of an institution. The secret is in the answer that creates it and nowhere else."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.institutions import service as institutions
from app.institutions.model import ApiKey
from app.web.bodies import Body, described_body, read_body
from app.web.dependencies import AdminKey, Connection
from app.wiring import now

router = APIRouter(prefix="/api-keys", tags=["API keys"])


class NewKey(Body):
    """A key to be made."""

    label: str = Field(max_length=200, description="A name by which you know it again")
    scopes: list[str] = Field(max_length=10, description="issue, revoke, admin")


class ApiKeyView(BaseModel):
    """A key without its secret; `prefix` is how the secret begins."""

    id: UUID
    label: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


class CreatedKey(ApiKeyView):
    """A key just made. `secret` is shown this once."""

    secret: str


class KeyList(BaseModel):
    """Every key the institution ever had."""

    api_keys: list[ApiKeyView]


@router.post("", status_code=201, openapi_extra=described_body(NewKey))
async def create(request: Request, response: Response, key: AdminKey, conn: Connection) -> CreatedKey:
    """Make a key."""
    wanted = await read_body(request, NewKey)
    made = await institutions.create_api_key(
        conn, key.institution_id, label=wanted.label, scopes=wanted.scopes, now=now()
    )
    response.headers["Cache-Control"] = "no-store"
    return CreatedKey(**_view(made.key).model_dump(), secret=made.secret)


@router.get("")
async def list_keys(key: AdminKey, conn: Connection) -> KeyList:
    """Every key, withdrawn ones included."""
    return KeyList(api_keys=[_view(item) for item in await institutions.list_api_keys(conn, key.institution_id)])


@router.delete("/{key_id}", status_code=204)
async def revoke(key_id: UUID, key: AdminKey, conn: Connection) -> None:
    """Withdraw a key at once."""
    await institutions.revoke_api_key(conn, key.institution_id, key_id, now())


def _view(key: ApiKey) -> ApiKeyView:
    return ApiKeyView(
        id=key.id,
        label=key.label,
        prefix=key.prefix,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )
