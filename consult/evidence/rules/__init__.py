"""Pure rules: `coding` spans and segments, `exchange` codebooks as files, `runs` how work is cut, `themes` what a decision leads to and
what may be shown, `places` quoted words and their hashes."""

from consult.evidence.rules.coding import (
    Drawing,
    Segment,
    anchored,
    saturation_drawing,
    segments,
    sentences,
    tree_order,
    trimmed,
)
from consult.evidence.rules.exchange import BookCode, BookSet, Codebook, parse_codebook, write_codebook
from consult.evidence.rules.places import MARK, bind, find_words, words_at, words_hash
from consult.evidence.rules.reading import (
    ENOUGH,
    PAUSE,
    SECONDS_EACH,
    UNDER,
    WORDS_A_MINUTE,
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
    inputs_with,
    remaining_seconds,
)
from consult.evidence.rules.themes import SMALL_CELL, TRANSITIONS, may_become, shown, speaker_words

__all__ = [
    "ENOUGH",
    "MARK",
    "PAUSE",
    "SECONDS_EACH",
    "SHARD_CHARACTERS",
    "SHARD_SOURCES",
    "SMALL_CELL",
    "TRANSITIONS",
    "UNDER",
    "WORDS_A_MINUTE",
    "WORTH",
    "BookCode",
    "BookSet",
    "Codebook",
    "Drawing",
    "Segment",
    "anchored",
    "bind",
    "cut_into_shards",
    "find_words",
    "inputs_hash",
    "inputs_with",
    "may_become",
    "pace",
    "parse_codebook",
    "remaining_seconds",
    "saturation_drawing",
    "seconds_left",
    "segments",
    "sentences",
    "shown",
    "speaker_words",
    "tree_order",
    "trimmed",
    "under_represented",
    "words_at",
    "words_hash",
    "write_codebook",
]
