"""Pure rules of the paper: `sentences` and the quotes bound in them."""

from consult.position_paper.rules.sentences import (
    CHANNEL_WORDS,
    SAME_SENTENCE,
    TRANSITIONS,
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

__all__ = [
    "CHANNEL_WORDS",
    "SAME_SENTENCE",
    "TRANSITIONS",
    "article_before",
    "contrary_ids",
    "count_text",
    "edit_sentences",
    "in_words",
    "may_become",
    "numbers",
    "origin_of",
    "publishable",
    "recount",
    "show",
    "split_sentences",
    "wording",
]
