"""Letters of an anonymous questionnaire by the real worker: everybody gets one, and the mailbox does not know who."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import redis
from sqlalchemy import func, select

from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.jobs import OutboxJob
from consult.core.permissions import SYSTEM
from consult.listening.surveys import queries, services
from consult.runtime.servers import EmbeddedServers
from tests.factories.site import running_site
from tests.factories.world import load_world

PEOPLE = 23


def test_everybody_gets_a_ballot_and_the_mailbox_does_not_know_who(
    servers: EmbeddedServers, new_database: Callable[[], str]
) -> None:
    with redis.Redis.from_url(servers.redis_url) as broker:
        broker.flushall()  # Messages of another test's database would name jobs of this one.
    url, now = new_database(), datetime.now(UTC)
    engine = make_engine(url)
    sessions = make_sessions(engine)
    with unit_of_work(sessions) as session:
        world = load_world(session)
        key = services.create_questionnaire(
            session,
            process_id=world.process_id,
            settings=services.Settings(title="Che cosa serve?", privacy="anonymous"),
            actor=SYSTEM,
            now=now,
        )
        about = {"process_id": world.process_id, "questionnaire_id": key, "actor": SYSTEM, "now": now}
        services.add_question(session, fields=services.QuestionFields(kind="long", text="Che cosa serve?"), **about)  # type: ignore[arg-type]
        services.publish(session, **about)  # type: ignore[arg-type]
        people = "\n".join(f"ospite.{i:02}@example.org" for i in range(PEOPLE))
        services.invite(session, text=people, **about)  # type: ignore[arg-type]
        services.send_invitations(session, **about)  # type: ignore[arg-type]
    with running_site(servers, url, settings={"CONSULT_EMBEDDED": "1"}) as site:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with unit_of_work(sessions) as session:
                waiting = session.execute(select(func.count()).where(OutboxJob.done_at.is_(None))).scalar_one()
            if not waiting:
                break
            time.sleep(0.3)  # The worker is another process: its table is asked again and again.
        files = list((Path(site.environ["CONSULT_DATA_DIR"]) / "mailbox" / "new").iterdir())
        letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    with unit_of_work(sessions) as session:
        states = queries.invitation_states(session, questionnaire_id=key)
    engine.dispose()
    assert states == {"sent": PEOPLE}
    assert len(letters) == PEOPLE
    links = {match.group() for letter in letters if (match := re.search(r"/q/[\w-]{22}", letter.get_content()))}
    assert len(links) == PEOPLE
    # With a full stop, which no link and no message number can hold by chance.
    assert not any("ospite." in str(letter) for letter in letters)
