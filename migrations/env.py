"""Alembic environment: the address comes from the caller (`app.migrating`) or from STACKMARK_DATABASE_URL."""

from alembic import context
from sqlalchemy import create_engine, pool

from app.database import driver_url, metadata
from app.migrating import import_tables, is_ours
from app.settings import settings

import_tables()


def run() -> None:
    url = context.config.attributes.get("database_url") or settings().secret_database_url()
    engine = create_engine(driver_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, include_name=is_ours)
        with context.begin_transaction():
            context.run_migrations()


run()
