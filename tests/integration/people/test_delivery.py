"""From the form to a real mail server, by the real relay and worker: nothing lost while the server is down, one letter when it is back."""

from __future__ import annotations

import re
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.jobs import OutboxJob
from consult.people.models import OneTimeToken
from consult.runtime.servers import EmbeddedServers
from tests.factories.site import free_port, running_site
from tests.factories.world import load_world, make_app


class Taking:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name.
        self.letters.append(envelope.content.decode("utf-8").replace("=\r\n", "").replace("=3D", "="))
        return "250 OK"


def wait_for(what: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)  # The relay and the worker are other processes.


def test_a_letter_waits_for_the_mail_server_and_goes_out_once(
    servers: EmbeddedServers, new_database: Callable[[], str]
) -> None:
    url, held = new_database(), socket.socket()
    held.bind(("127.0.0.1", free_port()))  # Held, not listened on: the server that is down.
    port = held.getsockname()[1]
    engine = make_engine(url)
    sessions = make_sessions(engine)
    with unit_of_work(sessions) as session:
        load_world(session)
    taking = Taking()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    form = {"email": "nuova@example.org", "display_name": "Nuova", "password": "tre parole insieme", "notice": "y"}

    def one(statement: Any) -> Any:
        with Session(engine) as session:
            return session.execute(statement).scalar_one()

    with running_site(servers, url, settings={"MAIL_URL": f"smtp://127.0.0.1:{port}", "RATE_LIMITS": "0"}):
        client: Any = make_app(url).test_client()
        assert client.send("/registrazione", form, key=str(uuid.uuid4())).status_code == 303
        wait_for(lambda: one(select(func.count()).where(OutboxJob.not_before.is_not(None))) == 1)
        assert one(select(func.count()).select_from(OneTimeToken)) == 0
        held.close()
        controller.start()
        try:
            with unit_of_work(sessions) as session:
                session.execute(update(OutboxJob).values(not_before=None))
            wait_for(lambda: one(select(func.count()).where(OutboxJob.done_at.is_(None))) == 0)
            assert len(taking.letters) == 1
            assert one(select(OutboxJob.attempts)) == 1
            link = re.search(r"http://\S+/registrazione/conferma/\S+", taking.letters[0])
            assert link
            welcome = client.send(urlsplit(link.group()).path, {"password": form["password"]})
            assert welcome.status_code == 303
        finally:
            controller.stop()
    engine.dispose()
