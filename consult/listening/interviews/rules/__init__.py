"""What consent allows (`consent`), and how a transcript is recognised: lines (`lines`), captions (`captions`), turns (`transcripts`). Pure."""

from consult.listening.interviews.rules.consent import (
    NOBODY_YET,
    QUOTES,
    STATUSES,
    Coverage,
    attribution,
    coverage,
    door_hash,
    door_token,
    narrower,
    question_parts,
    quotable,
)
from consult.listening.interviews.rules.lines import clock
from consult.listening.interviews.rules.transcripts import (
    Speaker,
    Transcript,
    Turn,
    recognise,
    speakers_of,
    split_transcript,
    with_interviewers,
)

__all__ = [
    "NOBODY_YET",
    "QUOTES",
    "STATUSES",
    "Coverage",
    "Speaker",
    "Transcript",
    "Turn",
    "attribution",
    "clock",
    "coverage",
    "door_hash",
    "door_token",
    "narrower",
    "question_parts",
    "quotable",
    "recognise",
    "speakers_of",
    "split_transcript",
    "with_interviewers",
]
