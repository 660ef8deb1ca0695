"""Closed lists and plain shapes of prioritisation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum


class RoundMethod(StrEnum):
    """How people say what matters more: they share out points, or put the first few in order."""

    points = "points"
    ranking = "ranking"


class RoundTarget(StrEnum):
    """What is weighed: strategies of the plan, or proposals."""

    strategies = "strategies"
    proposals = "proposals"


class RoundAudience(StrEnum):
    """Who may take part: every registered person, or those invited."""

    registered = "registered"
    invited = "invited"


@dataclass(frozen=True, slots=True)
class RoundFields:
    """What a round is, as it was typed."""

    title: str
    question: str
    method: RoundMethod
    audience: RoundAudience
    zone_id: uuid.UUID | None
    budget: int
    most_ranked: int
