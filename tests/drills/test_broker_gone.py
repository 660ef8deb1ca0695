"""The broker stopped while people write, the broker emptied with jobs waiting, every message delivered three times."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from consult.core import jobs
from consult.core.db import make_sessions, unit_of_work
from consult.ports.mail import MAILBOX_FOLDER
from tests.drills.conftest import Drill, empty, lying, until
from tests.drills.ledger import Ledger, Visitor, at_once, join_all

pytestmark = pytest.mark.drill
PEOPLE = 100


def contribute(drill: Drill, ledger: Ledger, mark: str) -> None:
    """A passer-by leaves a contribution."""
    visitor = drill.visitor()
    path = f"/processi/{drill.world.slug}/contributi/nuovo"
    ledger.deliver(
        visitor,
        mark,
        path,
        {**visitor.form(path), "text": f"Serve una panchina alla fermata numero {mark}.", "place": ""},
    )


def propose(drill: Drill, ledger: Ledger, mark: str, visitor: Visitor) -> None:
    """A person with an account sends a proposal."""
    path = f"/processi/{drill.world.slug}/proposte/nuova"
    fields = {
        **visitor.form(path, having="notice_id"),
        "title": f"Una corsa serale in più {mark}",
        "text": f"Dopo le venti chi torna dal lavoro resta a piedi: basterebbe una corsa. {mark}",
        "strategy_id": str(drill.world.strategies["2.2"]),
        "author_kind": "resident",
        "signature": "nome",
    }
    ledger.deliver(visitor, mark, path, fields)


def sign_up(drill: Drill, ledger: Ledger, mark: str) -> None:
    """Somebody asks for an account: its letter is a job."""
    visitor = drill.visitor()
    fields = {
        **visitor.form("/registrazione"),
        "email": f"{mark}@posta.example",
        "display_name": f"Persona {mark}",
        "password": "quattro parole messe insieme",
        "notice": "y",
    }
    ledger.deliver(visitor, mark, "/registrazione", fields)


def stored(drill: Drill) -> dict[str, int]:
    """How often each mark is in the database."""
    found: dict[str, int] = {}
    for statement in (
        "SELECT substring(text from '(m[0-9]+)[.]$') FROM source WHERE text LIKE '%fermata numero m%'",
        "SELECT substring(text from '(m[0-9]+)$') FROM proposal WHERE title LIKE 'Una corsa serale%'",
        "SELECT split_part(email, '@', 1) FROM account WHERE email LIKE '%@posta.example'",
    ):
        for (mark,) in drill.rows(statement):
            found[mark] = found.get(mark, 0) + 1
    return found


def letters(drill: Drill) -> list[str]:
    """Whom letters went to, one entry each."""
    folder = Path(drill.site.environ["CONSULT_DATA_DIR"]) / MAILBOX_FOLDER / "new"
    return [
        line.removeprefix("To:").strip()
        for path in sorted(folder.glob("*"))
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("To:")
    ]


def everybody(drill: Drill) -> Ledger:
    """A hundred people write at once: 50 contributions, 25 proposals, 25 new accounts."""
    ledger = Ledger()
    signed_in = [drill.visitor(account) for account in drill.world.others]
    for visitor in signed_in:
        visitor.ask(
            "GET", "/"
        )  # Their forms share one session: its key is made by the first page, before many tabs open at once.

    def write(number: int) -> None:
        mark = f"m{number}"
        if number % 4 in (0, 1):
            contribute(drill, ledger, mark)
        elif number % 4 == 2:
            propose(drill, ledger, mark, signed_in[number % len(signed_in)])
        else:
            sign_up(drill, ledger, mark)

    join_all(at_once(write, range(PEOPLE), threads=10))
    return ledger


def test_the_broker_is_away_while_a_hundred_people_write(drill: Drill) -> None:
    worker, relay = drill.worker(), drill.relay(DRILL_RESEND_S="5")
    drill.servers.stop_valkey()
    try:
        ledger = everybody(drill)
        assert len(ledger.acknowledged) == PEOPLE, f"refused {ledger.refused}, given up {ledger.given_up}"
        assert set(ledger.statuses) <= {302, 303}, "nobody may notice that the broker is away"
        assert stored(drill) == {f"m{n}": 1 for n in range(PEOPLE)}
        time.sleep(3)  # Time in which the relay would have delivered, had there been a broker.
        # The control: while the broker is away nothing is done, so what is done below was done by its return.
        assert drill.waiting() >= PEOPLE // 4
    finally:
        drill.servers.start_valkey()
    assert until(lambda: drill.waiting() == 0, seconds=150), drill.rows(
        "SELECT topic, attempts, last_error FROM outbox_job WHERE done_at IS NULL"
    )
    assert sorted(letters(drill)) == sorted(f"m{n}@posta.example" for n in range(PEOPLE) if n % 4 == 3)
    assert drill.number("SELECT count(*) FROM outbox_job WHERE parked_at IS NOT NULL") == 0
    relay.stop()
    worker.stop()


def ask_for_traces(drill: Drill, number: int) -> None:
    """Jobs whose rows being done is all that is looked at."""
    with unit_of_work(make_sessions(drill.engine)) as session:
        for n in range(number):
            jobs.enqueue(session, "drill.trace", key=f"t:{n}")


def emptied(drill: Drill, *, resend_s: int, patience_s: float) -> bool:
    """Publish jobs that nobody takes, empty the broker, start a worker; whether all get done."""
    relay = drill.relay(DRILL_RESEND_S=str(resend_s))
    ask_for_traces(drill, 300)
    assert until(lambda: lying(drill.servers) == 300, seconds=30)
    empty(drill.servers)
    worker = drill.worker()
    done = until(lambda: drill.waiting() == 0, seconds=patience_s)
    worker.stop()
    relay.stop()
    return done


def test_the_broker_is_emptied_with_jobs_waiting(drill: Drill) -> None:
    assert emptied(drill, resend_s=5, patience_s=400)


def test_without_sending_again_they_are_lost(drill: Drill) -> None:
    """The negative control."""
    assert not emptied(drill, resend_s=100_000, patience_s=40)
    assert drill.waiting() == 300


def three_times(drill: Drill, **environ: str) -> tuple[list[str], int]:
    """Ten letters and their relay, each message sent three times to two workers' hands; whom letters went to, and jobs begun."""
    ledger = Ledger()
    for number in range(10):
        sign_up(drill, ledger, f"m{number}")
    assert len(ledger.acknowledged) == 10
    worker, relay = drill.worker(concurrency=2, **environ), drill.relay(DRILL_TIMES="3")
    assert until(lambda: drill.waiting() == 0, seconds=150)
    time.sleep(6)  # The copies still in the queue are delivered now.
    relay.stop()
    worker.stop()
    return letters(drill), drill.number("SELECT coalesce(max(attempts), 0) FROM outbox_job")


def test_each_message_three_times_has_one_effect(drill: Drill) -> None:
    sent, attempts = three_times(drill)
    assert sorted(sent) == sorted(f"m{n}@posta.example" for n in range(10))
    assert attempts <= jobs.MAX_ATTEMPTS
    assert drill.number("SELECT count(*) FROM outbox_job WHERE parked_at IS NOT NULL") == 0


def test_without_the_guard_letters_go_out_again(drill: Drill) -> None:
    """The negative control."""
    sent, _attempts = three_times(drill, DRILL_WITHOUT="guard")
    assert len(sent) > 10


def test_a_slow_job_sent_again_and_again_is_done_once_and_not_parked(drill: Drill) -> None:
    """A job that takes longer than the relay's patience is delivered many times while it is in hand."""
    worker, relay = drill.worker(concurrency=2), drill.relay(DRILL_RESEND_S="1")
    with unit_of_work(make_sessions(drill.engine)) as session:
        jobs.enqueue(session, "drill.slow", key="long", seconds=9.0, mark="long")
    assert until(lambda: drill.waiting() == 0, seconds=150)
    relay.stop()
    worker.stop()
    assert drill.number("SELECT count(*) FROM outbox_job WHERE topic = 'drill.trace'") == 1
    assert drill.rows("SELECT attempts, parked_at FROM outbox_job WHERE topic = 'drill.slow'") == [(1, None)]
