"""Pure rules of the paper: `sentences` with their quotes, `quantities` and `claims` for numbers, `checking` and `identifying`, `redaction`."""

from consult.position_paper.rules.balance import (
    FAIR,
    TINY,
    Part,
    Share,
    shares,
)
from consult.position_paper.rules.checking import (
    claims_in,
    grounds,
    known_measures,
    present,
    problems,
    try_text,
    without_marks,
)
from consult.position_paper.rules.claims import (
    Verdict,
    bind_numbers,
    check,
    fill,
    grouped,
    judge,
    measures,
    say_instead,
    spoken,
)
from consult.position_paper.rules.clauses import NUMBER_MARK
from consult.position_paper.rules.files import (
    WHY_NO_FILE,
)
from consult.position_paper.rules.identifying import (
    SMALL_MUNICIPALITY,
    signs,
)
from consult.position_paper.rules.likeness import (
    Likeness,
    rank,
)
from consult.position_paper.rules.quantities import (
    QUANTITIES,
    Quantity,
)
from consult.position_paper.rules.redaction import (
    NAMINGS,
    REDACTED,
    redact,
)
from consult.position_paper.rules.replies import (
    mark_of_reply,
)
from consult.position_paper.rules.sentences import (
    CHANNEL_WORDS,
    COUNTED,
    SAME_SENTENCE,
    TRANSITIONS,
    UNDOABLE,
    article_before,
    contrary_ids,
    count_text,
    edit_sentences,
    in_words,
    may_become,
    numbers,
    origin_of,
    publishable,
    recount,
    show,
    split_sentences,
    wording,
)
from consult.position_paper.rules.spotting import Claim, find

__all__ = [
    "CHANNEL_WORDS",
    "COUNTED",
    "FAIR",
    "NAMINGS",
    "NUMBER_MARK",
    "QUANTITIES",
    "REDACTED",
    "SAME_SENTENCE",
    "SMALL_MUNICIPALITY",
    "TINY",
    "TRANSITIONS",
    "UNDOABLE",
    "WHY_NO_FILE",
    "Claim",
    "Likeness",
    "Part",
    "Quantity",
    "Share",
    "Verdict",
    "article_before",
    "bind_numbers",
    "check",
    "claims_in",
    "contrary_ids",
    "count_text",
    "edit_sentences",
    "fill",
    "find",
    "grounds",
    "grouped",
    "in_words",
    "judge",
    "known_measures",
    "mark_of_reply",
    "may_become",
    "measures",
    "numbers",
    "origin_of",
    "present",
    "problems",
    "publishable",
    "rank",
    "recount",
    "redact",
    "say_instead",
    "shares",
    "show",
    "signs",
    "split_sentences",
    "spoken",
    "try_text",
    "without_marks",
    "wording",
]
