"""The only publisher: reads pending outbox rows and gives their ids to the broker. `python -m worker.relay`.

It looks every `INTERVAL_S`, and at once when a worker says that it asked for a job (`jobs.tell_relay`).
A broker that is away costs a delay: the rows are pending again, and the relay tries again. What a relay marked and could not send before it
was killed is sent again after half a minute, like what a broker lost.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

import psycopg
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from consult.core import jobs
from consult.core.db import unit_of_work
from worker.celery_app import app, settings
from worker.jobs import sessions

log = logging.getLogger(__name__)
INTERVAL_S = 0.4
BACKOFF_S = 2.0


def publish_pending() -> int:
    """Publish what is pending now; returns how many. Raises what the broker or the database raises; what was not sent is pending again."""
    with unit_of_work(sessions()) as session:
        found = jobs.pending(session)
    # Sent once the rows are free again: a worker that is quicker would take a job for another's, and let it go until it is sent again.
    for place, job in enumerate(found):
        try:
            app.send_task(job.topic, kwargs={"job_id": job.id, **job.payload}, retry=False)
        except (BrokerAway, RedisError, OSError):
            with unit_of_work(sessions()) as session:
                jobs.not_sent(session, [each.id for each in found[place:]])
            raise
    return len(found)


class Ear:
    """Hears that jobs were asked for. Where it hears nothing, as through a pool of connections, the relay looks all the same."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg", "postgresql")
        self._line: psycopg.Connection | None = None

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait until something was asked for, at most so long."""
        try:
            if self._line is None:
                self._line = psycopg.connect(
                    self._url, autocommit=True, connect_timeout=2, application_name="consult-relay"
                )
                self._line.execute(f"LISTEN {jobs.CHANNEL}")
                return  # What was asked for before it listened is looked for now.
            for _ in self._line.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.Error:
            self.close()
            stop.wait(seconds)

    def close(self) -> None:
        """Listen no more."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


def run(stop: threading.Event) -> None:
    """Go on until told to stop."""
    ear = Ear(settings.database_url)
    while not stop.is_set():
        try:
            if not publish_pending():
                ear.wait(stop, INTERVAL_S)
            continue
        except (BrokerAway, RedisError, OSError) as error:
            log.warning("the broker is away (%s): jobs wait in the database", type(error).__name__)
        except SQLAlchemyError as error:
            log.warning("the database is away (%s)", type(error).__name__)
        stop.wait(BACKOFF_S)
    ear.close()


def main() -> None:
    """Run in the foreground until SIGTERM or SIGINT."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(stop)


if __name__ == "__main__":
    main()
