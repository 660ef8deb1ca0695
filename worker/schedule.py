"""What happens by the clock. Beat only says "look"; what is due is decided by the database's clock.

Each look writes the effects whose period has begun into the outbox, keyed by (job, period): looking often, twice, or late after
a night without power gives each effect once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

#: How often beat asks; the longest delay of a nightly job once the machine is up. What is promised within five minutes (consent that
#: reaches a published paper, an embargo that ends) is looked for a minute earlier: the job itself takes seconds.
EVERY = timedelta(minutes=4)

BEAT: dict[str, dict[str, Any]] = {
    "look at the clock": {
        "task": "clock.look",
        "schedule": EVERY,
        # A look that waited longer than the next one has nothing to add.
        "options": {"expires": EVERY.total_seconds()},
    }
}
