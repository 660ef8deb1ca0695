"""The database session of a request: one transaction, read-only for safe methods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, request
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from consult.core.clock import database_now
from consult.core.protocols import ClosingGuard, ContextLoader, ProcessContext
from consult.ports.suggestions import StrategySuggester

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Glue:
    """What `create_app` hands to the web glue."""

    settings: Settings
    sessions: sessionmaker[Session]
    #: Sessions for pages that are only read.
    readers: sessionmaker[Session]
    contexts: ContextLoader
    suggester: StrategySuggester
    #: Rooms that are asked before a phase is closed.
    closing_guards: tuple[ClosingGuard, ...] = ()


def glue() -> Glue:
    """The glue of the running application."""
    found: Glue = current_app.extensions["consult"]
    return found


def db() -> Session:
    """The session of this request. A page that is only read has one that can only read: GET never writes, by the database's word."""
    session: Session | None = g.get("db")
    if session is None:
        session = glue().readers() if request.method in SAFE_METHODS else glue().sessions()
        g.db = session
    return session


def stream_db() -> Session:
    """From here on, the session of this request in one read-only transaction: a file that is read piece by piece needs it to last."""
    end_session()
    session = glue().sessions()
    session.connection(execution_options={"postgresql_readonly": True})
    g.db = session
    return session


def now() -> datetime:
    """The database's clock, asked once a request."""
    moment: datetime | None = g.get("now")
    if moment is None:
        context: ProcessContext | None = g.get("context")
        moment = context.now if context else database_now(db())
        g.now = moment
    return moment


def context() -> ProcessContext:
    """The process this page belongs to; only on routes with a process in their address."""
    found: ProcessContext = g.context
    return found


def end_session(_error: BaseException | None = None) -> None:
    """Give the connection back; whatever was not committed is rolled back."""
    session: Session | None = g.pop("db", None)
    if session is not None:
        session.close()
