"""The relay for drills: as deployed, with another patience before it sends again (DRILL_RESEND_S), or sending each job many times (DRILL_TIMES)."""

from __future__ import annotations

import functools
import os
import random

from consult.core import jobs
from worker import relay

if seconds := os.environ.get("DRILL_RESEND_S"):
    jobs.pending = functools.partial(jobs.pending, resend_after_s=int(seconds))  # type: ignore[assignment]  # The drill's purpose.

TIMES = int(os.environ.get("DRILL_TIMES", "1"))
if TIMES > 1:
    send = relay.app.send_task
    held: list[tuple[str, dict[str, object]]] = []

    def send_many(name: str, *, kwargs: dict[str, object], retry: bool) -> None:
        """Send it now, and again later, shuffled among others."""
        held.extend([(name, kwargs)] * (TIMES - 1))
        send(name, kwargs=kwargs, retry=retry)
        random.shuffle(held)
        while len(held) > TIMES * 2:
            other, values = held.pop()
            send(other, kwargs=values, retry=retry)

    relay.app.send_task = send_many
    publish = relay.publish_pending

    def publish_all() -> int:
        """Publish what is pending, then the copies still held."""
        found = publish()
        while held and not found:
            name, values = held.pop()
            send(name, kwargs=values, retry=False)
        return found

    relay.publish_pending = publish_all

if __name__ == "__main__":
    relay.main()
