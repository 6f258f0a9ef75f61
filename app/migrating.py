"""Bringing a database to the current schema; Alembic alone creates tables, in tests too."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

_ROOT = Path(__file__).resolve().parent.parent
_STORES = (
    "app.institutions.store.tables",
    "app.anchoring.store",
    "app.catalogue.store",
    "app.credentials.store",
    "app.sharing.store",
    "app.stacking.store",
)


def import_tables() -> None:
    """Make every package's tables known to the shared metadata."""
    for module in _STORES:
        import_module(module)


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the queue's own tables out of comparisons: its migrations come from Procrastinate."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def alembic_config(database_url: str) -> Config:
    config = Config(str(_ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    config.attributes["database_url"] = database_url
    return config


def migrate(database_url: str) -> None:
    """Apply every migration that is missing. Safe to repeat."""
    command.upgrade(alembic_config(database_url), "head")
