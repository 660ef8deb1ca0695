"""Pure rules: `runs` how work is cut, `themes` what a decision leads to and what may be shown, `places` quoted words and their hashes."""

from consult.evidence.rules.places import (
    MARK,
    bind,
    find_words,
    words_at,
    words_hash,
)
from consult.evidence.rules.reading import (
    UNDER,
    WORTH,
    pace,
    seconds_left,
    under_represented,
)
from consult.evidence.rules.runs import (
    SHARD_CHARACTERS,
    SHARD_SOURCES,
    cut_into_shards,
    inputs_hash,
    remaining_seconds,
)
from consult.evidence.rules.themes import (
    SMALL_CELL,
    TRANSITIONS,
    count_by,
    may_become,
    shown,
    speaker_words,
)

__all__ = [
    "MARK",
    "SHARD_CHARACTERS",
    "SHARD_SOURCES",
    "SMALL_CELL",
    "TRANSITIONS",
    "UNDER",
    "WORTH",
    "bind",
    "count_by",
    "cut_into_shards",
    "find_words",
    "inputs_hash",
    "may_become",
    "pace",
    "remaining_seconds",
    "seconds_left",
    "shown",
    "speaker_words",
    "under_represented",
    "words_at",
    "words_hash",
]
