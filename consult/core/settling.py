"""Who decides where people differ, and by when: so that nothing waits for ever and nobody judges their own decision. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

#: For so long moderators have to answer; after it the process's managers may too.
ANSWER_DAYS = 14


def answer_by(since: datetime) -> datetime:
    """Until when moderators have to answer what came in at this moment."""
    return since + timedelta(days=ANSWER_DAYS)


def may_settle(
    *,
    involved: Collection[uuid.UUID | None],
    who: uuid.UUID | None,
    moderates: bool,
    manages: bool,
    since: datetime,
    now: datetime,
) -> bool:
    """Whether this person may decide: a moderator who took no part, or a manager who took none once no moderator did in time."""
    return who is not None and who not in involved and (moderates or (manages and now >= answer_by(since)))
