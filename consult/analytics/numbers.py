"""Counting voices: denominators, intervals, tests for over- and under-representation, suppression of small cells.

A voice is a person or group that spoke: the respondent where known, the interview, else the single source. Document
passages are sources but no voices. Heads of different channels are never added up in a statement: counts are given per
channel, and the tests compare within each channel.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from consult.analytics.types import CountRow, Representation, SourceText, Tally

NO_VOICE = frozenset({"document"})
ONE_VOICE_PER_UNIT = frozenset({"interview"})
NORMAL = 1.959963984540054
EXACT_UP_TO = 4000  # voices in a stratum; beyond, the normal approximation of the same test
FALSE_DISCOVERIES = 0.05


def voice_of(source: SourceText) -> tuple[str, str] | None:
    """Channel and name of the voice behind a source; None for passages of documents."""
    if source.channel in NO_VOICE:
        return None
    if source.respondent:
        return source.channel, f"respondent:{source.respondent}"
    if source.channel in ONE_VOICE_PER_UNIT and source.unit:
        return source.channel, f"unit:{source.unit}"
    return source.channel, f"source:{source.id}"


def wilson(count: int, total: int) -> tuple[float, float]:
    """95% score interval of a share (Wilson 1927); (0, 1) when there is nothing to count."""
    if total <= 0:
        return 0.0, 1.0
    share, square = count / total, NORMAL**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    reach = NORMAL * math.sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    return round(max(0.0, middle - reach), 4), round(min(1.0, middle + reach), 4)


def tally(sources: Iterable[SourceText]) -> Tally:
    """Count sources and voices by channel, zone and kind of speaker."""
    counted: dict[tuple[str, str], int] = defaultdict(int)
    voices: dict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for source in sources:
        voice = voice_of(source)
        for dimension, value in (("channel", source.channel), ("zone", source.zone), ("speaker", source.speaker)):
            if value:
                counted[dimension, value] += 1
                if voice is not None:
                    voices[dimension, value, source.channel].add(voice)
    return Tally(dict(counted), {place: len(own) for place, own in voices.items()})


def count_rows(own: Tally, whole: Tally, dimension: str, small: int) -> tuple[CountRow, ...]:
    """Sources and voices per value of "channel", "zone" or "speaker", against those of the whole.

    Values that only the whole has are listed with 0. Cells of zones and kinds of speaker are suppressed for publication.
    """
    voices, of = own.spoken(), whole.spoken()
    rows = []
    values = {value for where, value in whole.sources if where == dimension}
    for value in sorted(values, key=lambda name: (len(name), name) if name.isdigit() else (99, name)):
        count, total = voices.get((dimension, value), 0), of.get((dimension, value), 0)
        low, high = wilson(count, total)
        share = round(count / total, 4) if total else 0.0
        rows.append(CountRow(value, own.sources.get((dimension, value), 0), count, total, share, low, high, count))
    return tuple(rows) if dimension == "channel" else suppressed(rows, small)


def suppressed(rows: Sequence[CountRow], small: int) -> tuple[CountRow, ...]:
    """`shown` None for counts of 1 to `small` - 1, and for as many others as keep these from being worked out.

    Zeros stay (nobody can be recognised in them) and the total is taken as public. The hidden cells together must leave
    room: were all but one of them 1, the last would still be `small` or more. When no set of cells does, all are hidden.
    """
    hidden = {place for place, row in enumerate(rows) if 0 < row.voices < small}
    if hidden:
        spare = sorted((row.voices, place) for place, row in enumerate(rows) if row.voices >= small)
        while len(hidden) < 2 or sum(rows[place].voices for place in hidden) < small + len(hidden) - 1:
            if not spare:
                hidden = set(range(len(rows)))
                break
            hidden.add(spare.pop(0)[1])
    return tuple(replace(row, shown=None if place in hidden else row.voices) for place, row in enumerate(rows))


Table = tuple[int, int, int, int]  # with theme in group, group, with theme in all, all: of one channel


def _hypergeometric(group: int, with_theme: int, total: int) -> NDArray[np.float64]:
    """Probabilities of 0, 1, ... members of a group among those with the theme, if it made no difference."""
    values = np.arange(min(group, with_theme) + 1)
    outside = total - group - with_theme + values  # of the group's complement, without the theme
    possible = outside >= 0
    logs = np.full(len(values), -np.inf)
    kept, left = values[possible], outside[possible]
    parts = gammaln(kept + 1) + gammaln(group - kept + 1) + gammaln(with_theme - kept + 1) + gammaln(left + 1)
    sums = gammaln(group + 1) + gammaln(total - group + 1) + gammaln(with_theme + 1) + gammaln(total - with_theme + 1)
    logs[possible] = sums - gammaln(total + 1) - parts
    return np.asarray(np.exp(logs))


def stratified_test(tables: Sequence[Table]) -> float:
    """Two-sided p-value that a group raises a theme as often as the others of its channel do.

    Exact: the distribution of the sum of independent hypergeometric counts, one per channel (Mantel and Haenszel's test
    in its exact form); two-sided by probability. For large channels its normal approximation.
    """
    tables = [table for table in tables if 0 < table[1] < table[3] and 0 < table[2] < table[3]]
    if not tables:
        return 1.0
    observed = sum(table[0] for table in tables)
    if max(table[3] for table in tables) > EXACT_UP_TO:
        mean = sum(group * with_theme / total for _, group, with_theme, total in tables)
        variance = sum(
            group * with_theme * (total - with_theme) * (total - group) / (total * total * (total - 1))
            for _, group, with_theme, total in tables
        )
        distance = max(0.0, abs(observed - mean) - 0.5)
        return math.erfc(distance / math.sqrt(2 * variance)) if variance > 0 else 1.0
    chances: NDArray[np.float64] = np.ones(1)
    for _, group, with_theme, total in tables:
        chances = np.convolve(chances, _hypergeometric(group, with_theme, total))
    return float(min(1.0, chances[chances <= chances[observed] * (1 + 1e-7)].sum()))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's (1995) q-values, in the order given."""
    number = len(p_values)
    order = sorted(range(number), key=lambda place: (p_values[place], place))
    result = [1.0] * number
    lowest = 1.0
    for rank in range(number, 0, -1):
        place = order[rank - 1]
        lowest = min(lowest, p_values[place] * number / rank)
        result[place] = lowest
    return result


def representation(themes: Mapping[str, Tally], whole: Tally, small: int) -> dict[str, tuple[Representation, ...]]:
    """Per theme key, the zones and kinds of speaker that raise it more or less than the others; q at most .05.

    Only groups with at least `small` voices, and only over-representation resting on at least `small`, are told.
    """
    groups = sorted({(dimension, value) for dimension, value, _ in whole.voices if dimension != "channel"})
    channels = sorted(value for dimension, value, _ in whole.voices if dimension == "channel")
    found: list[tuple[str, Representation]] = []
    for key in sorted(themes):
        inside = themes[key].voices
        for dimension, value in groups:
            tables: list[Table] = [
                (
                    inside.get((dimension, value, channel), 0),
                    whole.voices.get((dimension, value, channel), 0),
                    inside.get(("channel", channel, channel), 0),
                    whole.voices["channel", channel, channel],
                )
                for channel in channels
            ]
            count, size = sum(table[0] for table in tables), sum(table[1] for table in tables)
            others = sum(table[3] for table in tables) - size
            rest = sum(table[2] for table in tables) - count
            if size < small or others < small:
                continue
            expected = sum(table[1] * table[2] / table[3] for table in tables if table[3])
            p_value = stratified_test(tables)
            direction = "over" if count > expected else "under"
            shares = round(count / size, 4), round(rest / others, 4)
            found.append((key, Representation(dimension, value, direction, count, size, *shares, p_value, 1.0)))
    result: dict[str, list[Representation]] = defaultdict(list)
    for (key, row), q_value in zip(found, adjusted([row.p_value for _, row in found]), strict=True):
        if q_value <= FALSE_DISCOVERIES and (row.direction == "under" or row.voices >= small):
            result[key].append(replace(row, p_value=round(row.p_value, 6), q_value=round(q_value, 6)))
    return {
        key: tuple(sorted(rows, key=lambda row: (row.q_value, row.dimension, row.value)))
        for key, rows in result.items()
    }
