"""What `consult run` does around the servers: schema, demonstration, aggregation, and what the terminal says."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.demo import loader
from consult.evidence import queries as evidence_queries
from consult.evidence import services as evidence_services
from consult.people import queries as people_queries
from consult.position_paper import queries as paper_queries
from consult.position_paper import services as paper_services
from consult.process import queries as process_queries
from consult.runtime import schema
from consult.runtime.supervisor import Running

SLUG = "psm-2024-2026"
_PATIENCE_S = 900.0


class Showcase:
    """The steps before and after the site is up; `say` prints one line; `build`: the draft paper was asked for, not the site."""

    def __init__(self, *, out: Path, say: Callable[[str], None], started: float, build: bool = False) -> None:
        self._out = out
        self._say = say
        self._started = started
        self._build = build
        self._sessions: sessionmaker[Session] | None = None
        self._settings = Settings()

    @property
    def sessions(self) -> sessionmaker[Session]:
        """Sessions on the database that was prepared."""
        if self._sessions is None:
            raise RuntimeError("prepare comes first")
        return self._sessions

    def prepare(self, env: dict[str, str]) -> None:
        """Migrate; on an empty database load the demonstration and ask for its aggregation.

        On servers that are not our own only where its paper was asked for, never in production, and nobody can sign in as its people.
        """
        self._settings = Settings.from_env(env)
        schema.upgrade(self._settings.database_url)
        engine = make_engine(
            self._settings.database_url, pool_size=2, statement_timeout_s=120, application="consult-setup"
        )
        self._sessions = make_sessions(engine)
        own = self._settings.embedded
        if not own and not (self._build and self._settings.environment == "development"):
            return
        with unit_of_work(self.sessions) as session:
            if people_queries.anyone(session):
                return
            self._say("Loading the demonstration consultation…")
            process_id = loader.load(session, now=database_now(session), sign_in=own, settings=self._settings)
            evidence_services.start_run(session, process_id=process_id, actor=SYSTEM, now=database_now(session))

    def announce(self, running: Running) -> None:
        """Say where the site is and how to sign in; wait for a first aggregation that is under way."""
        self._say("")
        self._say(f"Consult answers on {running.base_url}   (Ctrl-C stops everything)")
        if running.embedded:
            self._say(
                f"Sign in at {running.base_url}/accesso: each of these with one click, or with the password «{loader.PASSWORD}»:"
            )
            for person in loader.PEOPLE:
                self._say(f"  {person.email:<36} {person.name}")
            self._say(f"Mails that the site sends are kept at {running.base_url}/posta")
        else:
            with unit_of_work(self.sessions) as session:
                if not people_queries.anyone(session):
                    self._say(
                        "Nobody can sign in yet: .venv/bin/consult administrator ADDRESS NAME opens the first account."
                    )
        self._say(f"Data: {running.data_dir}   logs: {running.logs}")

    def finish(self, _env: dict[str, str], tend: Callable[[], None]) -> int:
        """Wait for the draft paper, write it as HTML and PDF, and say where; the exit code."""
        with unit_of_work(self.sessions) as session:
            found = process_queries.by_slug(session, slug=SLUG)
        if found is None:
            self._say("There is no demonstration consultation in this database: nothing to build.")
            return 1
        if not self._wait(found.id, tend):
            self._say("The aggregation did not finish. The worker's log says why.")
            return 1
        with unit_of_work(self.sessions) as session:
            files = paper_services.build_outputs(session, process_id=found.id, out=self._out, settings=self._settings)
        self._say(f"position paper: {files.html} {files.pdf}")
        self._say(f"sources: {files.sources}")
        self._say(f"themes: {files.themes}")
        self._say(f"findings: {files.findings}")
        self._say(f"seconds: {time.monotonic() - self._started:.1f}")
        return 0

    def _wait(self, process_id: uuid.UUID, tend: Callable[[], None]) -> bool:
        """Look until the draft is there, saying how far the work is; False when it failed or took too long."""
        deadline = time.monotonic() + _PATIENCE_S
        said = ""
        while time.monotonic() < deadline:
            tend()
            with unit_of_work(self.sessions) as session:
                if paper_queries.draft_is_ready(session, process_id=process_id):
                    return True
                latest = evidence_queries.latest_run(session, process_id=process_id)
            if latest is not None:
                if latest.state in {"failed", "cancelled"}:
                    return False
                line = f"Aggregating: {latest.step} {latest.done}/{latest.total}"
                if line != said:
                    self._say(line)
                    said = line
            time.sleep(0.5)  # The worker is another process: its progress is asked twice a second.
        return False
