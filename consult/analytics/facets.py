"""The things that a target of a frame names one after the other."""

from __future__ import annotations

import re

from consult.analytics.lexical import content_keys
from consult.analytics.types import FrameTarget

PARTED = re.compile(r"[;,:.()]+|\s+(?:e|ed|and|et)\s+")  # what stands between the things that a title or an objective names


def things_named(target: FrameTarget) -> list[str]:
    """The things that a target names one after the other in its title and objective; one vector for all of them lies near to none."""
    parts = PARTED.split(f"{target.title}. {target.axis_objective or target.description}")
    return [part.strip() for part in parts if content_keys(part)] or [target.title]
