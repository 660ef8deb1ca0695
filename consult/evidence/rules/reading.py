"""What to read first, and how long the rest takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: Words a minute of somebody who reads in order to decide, and seconds each decision takes, until a person's own pace is known.
WORDS_A_MINUTE, SECONDS_EACH = 180, 15
#: A pause longer than this, in seconds, is no reading; with fewer readings than this a pace tells little.
PAUSE, ENOUGH = 300, 12
#: What each reason to read a source early is worth.
WORTH: Mapping[str, int] = {"unread": 4, "evidence": 3, "contrary": 2, "under_zone": 2, "under_speaker": 1}
#: A zone or kind is under-represented below this part of an equal share.
UNDER = 0.5


def under_represented(sources: Mapping[str, int]) -> frozenset[str]:
    """Zones or kinds that gave less than half of an equal share of the sources."""
    if len(sources) < 2:
        return frozenset()
    fair = sum(sources.values()) / len(sources)
    return frozenset(code for code, number in sources.items() if number < UNDER * fair)


def seconds_left(sources: int, words: int, pace: tuple[int, float] | None) -> float:
    """Seconds that reading so many sources of so many words takes. `pace`: (readings, seconds) per 100 words so far, where known."""
    if pace is not None and pace[0] >= ENOUGH:
        return words / 100 * pace[1]
    return 60 * words / WORDS_A_MINUTE + SECONDS_EACH * sources


def pace(readings: Sequence[tuple[float, int]]) -> tuple[int, float] | None:
    """A person's own pace from (seconds since the reading before, words read): how many counted, and seconds per 100 words."""
    counted = [(seconds, words) for seconds, words in readings if 0 < seconds <= PAUSE and words > 0]
    total = sum(words for _seconds, words in counted)
    if not total:
        return None
    return len(counted), 100 * sum(seconds for seconds, _words in counted) / total
