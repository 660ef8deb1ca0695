"""Time comes from the database, never from the web or worker machine: their clocks differ, and what closes must close for all at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def database_now(session: Session) -> datetime:
    """The wall clock of the database at this moment, in UTC; `now()` would be the start of the transaction."""
    value: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return value
