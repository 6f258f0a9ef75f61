"""Everything that an installation answers, keeps and writes, to be searched for what must not be there."""

import html
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.routing import Mount, Route

from app.database import transaction
from app.main import create_app
from tests.integration.conftest import Installation

ACCEPTED = ("application/json", "text/html", "application/vc")
# Names in an address -> how the values that it may have are found.
_PARAMETERS = {
    "number": "SELECT id FROM credentials UNION SELECT id FROM learners",
    "credential_id": "SELECT id FROM credentials",
    "learner_id": "SELECT id FROM learners",
    "import_id": "SELECT id FROM cohort_imports",
    "slug": "SELECT slug FROM institutions",
    "digest": "SELECT encode(digest, 'hex') FROM log_entries",
    "number:int": "SELECT number FROM status_lists",
}
_FIXED = {
    "pack": ["hnc-computing"],
    "version:int": ["1"],
    "version": ["1"],
    "list": ["1"],
    "id": ["hnc-computing", "hnc-computing-u01"],
    "rest:path": ["credentials", "profile", "000.p/1", "000.p/9"],
    "level": ["0"],
}


def addresses(installation: Installation) -> list[str]:
    """The path of every GET route, as it was written; those that FastAPI keeps apart are in its description."""
    application = create_app(installation.settings)
    found = {
        route.path
        for route in application.routes
        if isinstance(route, Route) and not isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    described = application.openapi()["paths"]
    found |= {path for path, operations in described.items() if path.startswith("/api/") and "get" in operations}
    assert {type(route) for route in application.routes if isinstance(route, Mount)} == {Mount}
    return sorted(found)


async def answers(installation: Installation, tokens: list[str]) -> Iterator[tuple[str, int, str]]:
    """(address, status, text) of every GET request that can be made with what the database holds; share links' tokens
    are known to nobody else. A route with a parameter that is not known here fails: say above what it may be."""
    async with transaction(installation.wiring.engine) as conn:
        known = {
            name: [str(value) for value in (await conn.execute(text(query))).scalars()]
            for name, query in _PARAMETERS.items()
        }
        moments = list((await conn.execute(text(_MOMENTS))).scalars())
    known |= _FIXED | {"token": tokens}
    found = []
    for path in addresses(installation):
        names = re.findall(r"{([^}]+)}", path)
        for values in itertools.product(*(known[name] for name in names)):
            address = path
            for name, value in zip(names, values, strict=True):
                address = address.replace(f"{{{name}}}", value)
            asked = [address]
            if path == "/verify/{number}":
                asked += [f"{address}?at={one:%Y-%m-%d}" for one in moments]
            if path.startswith("/i/{slug}/status/"):
                asked += [f"{address}?timestamp={one:%Y-%m-%dT%H:%M:%SZ}" for one in moments]
            if path == "/api/learners":
                asked = [f"{address}?name={letters}" for letters in ("er", "ow", "en")]
            for one in asked:
                for accept in ACCEPTED:
                    found.append(await _answer(installation, one, accept))
    return iter(found)


_MOMENTS = (
    "SELECT DISTINCT date_trunc('second', moment) FROM (SELECT valid_from AS moment FROM credential_editions UNION "
    "SELECT created_at FROM credentials UNION SELECT now() - interval '1 day') AS moments"
)


async def _answer(installation: Installation, address: str, accept: str) -> tuple[str, int, str]:
    headers = {"Accept": accept, **(installation.headers("admin") if address.startswith("/api/") else {})}
    answer = await installation.client.get(address, headers=headers)
    said = answer.content.decode("utf-8", "replace")
    # As written, and as a page, a JSON text or an address would have it.
    spelt = re.sub(r"\\u([0-9a-fA-F]{4})", lambda one: chr(int(one[1], 16)), said)
    headed = json.dumps(dict(answer.headers))
    return f"{address} ({accept})", answer.status_code, "\n".join((said, html.unescape(spelt), unquote(said), headed))


async def kept(installation: Installation) -> dict[str, list[str]]:
    """Table and column -> all that is in it, as text."""
    found: dict[str, list[str]] = {}
    async with transaction(installation.wiring.engine) as conn:
        columns = await conn.execute(text(_COLUMNS))
        for table, column in columns.all():
            rows = (await conn.execute(text(f'SELECT "{column}" FROM "{table}"'))).scalars()
            found[f"{table}.{column}"] = [_as_text(value) for value in rows if value is not None]
    return found


_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns"
    " JOIN pg_tables ON tablename = table_name AND schemaname = table_schema WHERE table_schema = 'public'"
)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, default=str, ensure_ascii=False)


def files(installation: Installation) -> Iterator[tuple[str, str]]:
    """(path, text) of every file that the installation wrote; the database's own are searched as tables."""
    for path in sorted(installation.settings.data_dir.rglob("*")):
        if path.is_file() and "postgres" not in path.relative_to(installation.settings.data_dir).parts:
            yield str(path), path.read_bytes().decode("utf-8", "replace")
