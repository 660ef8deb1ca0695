"""What consent allows (`consent`), and how a transcript is recognised: lines (`lines`), captions (`captions`), turns (`transcripts`). Pure."""

from consult.listening.interviews.rules.consent import QUOTES, STATUSES, attribution, quotable
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
    "QUOTES",
    "STATUSES",
    "Speaker",
    "Transcript",
    "Turn",
    "attribution",
    "clock",
    "quotable",
    "recognise",
    "speakers_of",
    "split_transcript",
    "with_interviewers",
]
