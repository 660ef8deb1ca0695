"""Digest periods and the unsubscribe link; pure."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer

#: How many notices one digest shows; the rest stand on the site.
DIGEST_SIZE = 40
#: The hour of the authority's day from which digests go out.
DIGEST_HOUR = 7
#: What was silent because it repeats a hidden text is mailed after all if the text is shown again within this time.
UNVEILED_WITHIN = timedelta(days=30)
#: A letter may have waited this long to be sent when its text was hidden.
ON_ITS_WAY = timedelta(minutes=10)


class Digest(StrEnum):
    """When a person wants to be told by mail."""

    at_once = "at_once"
    daily = "daily"
    weekly = "weekly"
    none = "none"


def periods_due(now: datetime, timezone: str) -> list[tuple[Digest, str]]:
    """The digests that are due by now, each with the key of its period: asked often, each key stands for one sending."""
    local = now.astimezone(ZoneInfo(timezone))
    if local.hour < DIGEST_HOUR:
        local -= timedelta(days=1)
    year, week, _day = local.isocalendar()
    return [(Digest.daily, local.strftime("%Y-%m-%d")), (Digest.weekly, f"{year}-W{week:02d}")]


def thread_of(kind: str, thing_id: uuid.UUID) -> str:
    """The mark of the thing that notices are about: all of one thing bear the same."""
    return f"{kind}:{thing_id}"


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="consult.notices.unsubscribe")


def unsubscribe_token(secret: str, account_id: uuid.UUID) -> str:
    """The signed text of an unsubscribe link: it does nothing but stop mails, so it needs no row and does not expire."""
    return str(_serializer(secret).dumps(account_id.hex))


def account_of_token(secret: str, token: str) -> uuid.UUID | None:
    """The account of an unsubscribe link, or None where the link was not written by us."""
    try:
        return uuid.UUID(str(_serializer(secret).loads(token)))
    except (BadSignature, ValueError):
        return None
