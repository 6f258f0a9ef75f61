"""The JSON API for an institution's own systems: one module per resource, each authenticated by an API key."""

from fastapi import APIRouter

from app.web.api import api_keys, credentials, exports, imports, learners, records


def router() -> APIRouter:
    """Every resource under /api."""
    every = APIRouter(prefix="/api")
    for module in (credentials, imports, learners, records, exports, api_keys):
        every.include_router(module.router)
    return every
