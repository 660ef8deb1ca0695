"""How migrations run: one at a time (advisory lock), each in its own transaction, never waiting long for a lock.

Run through `consult database upgrade`.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, text

from consult.core.db import UtcDateTime
from consult.registry import all_tables

LOCK_NAME = "consult-migrations"


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column type as what it is to the database, so that a migration never needs today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    """Bring the schema of this connection to the wanted revision."""
    # Another program's migrations may take a while; only then do the short limits begin.
    connection.execute(text("SET lock_timeout = '10min'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": LOCK_NAME})
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET statement_timeout = '60s'"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=all_tables(),
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=False,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), {"name": LOCK_NAME})
        connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "").connect() as own:
        run(own)
