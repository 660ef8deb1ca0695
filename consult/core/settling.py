"""Who decides where people differ, and by when: so that nothing waits for ever and nobody judges their own decision. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from consult.core.vocabulary import Role

#: For so long moderators have to answer; after it the process's managers may too.
ANSWER_DAYS = 14
#: So long before the end who has to answer is reminded once.
REMIND_DAYS = 3


def answer_by(since: datetime) -> datetime:
    """Until when moderators have to answer what came in at this moment."""
    return since + timedelta(days=ANSWER_DAYS)


@dataclass(frozen=True, slots=True)
class Term:
    """Until when an answer is taken: a day that holds to its end, or, where `exact`, a moment after which nothing is taken any more."""

    at: datetime
    exact: bool = False


def term(until: datetime | None, closes_at: datetime | None) -> Term | None:
    """Until when what waits until a day is taken where all closes at a moment: whoever is told the day has all of it, whoever is told the
    moment knows that the day is cut short."""
    if closes_at and (until is None or closes_at < until + timedelta(days=1)):
        return Term(closes_at, exact=True)
    return Term(until) if until else None


def over(now: datetime) -> datetime:
    """What was to be answered until this moment lapses now. A day that people were told holds to its end, wherever the clock says so: what
    is not answered lapses a day after the moment itself."""
    return now - timedelta(days=1)


def late(now: datetime) -> datetime:
    """What waits since before this moment waits for a manager too."""
    return now - timedelta(days=ANSWER_DAYS)


def late_for(roles: Collection[Role], now: datetime) -> datetime | None:
    """The same moment for who manages and does not moderate; None for moderators, who are asked at once."""
    return late(now) if Role.manager in roles and Role.moderator not in roles else None


def may_settle(
    *, involved: Collection[uuid.UUID | None], who: uuid.UUID | None, roles: Collection[Role], since: datetime | None, now: datetime
) -> bool:
    """Whether a person with these roles in the process may decide: a moderator who took no part, or a manager who took none once no
    moderator did in time. `since`: from when it waits; None where it does not yet, and no manager is asked."""
    if who is None or who in involved:
        return False
    return Role.moderator in roles or (Role.manager in roles and since is not None and now >= answer_by(since))
