"""Reads of questionnaires: `building` for the builder, those invited and the respondent; `results` counts, export, receipts."""

from consult.listening.surveys.queries.building import (
    AccountAnswer,
    account_answer,
    door,
    invitation_states,
    invitations,
    open_now,
    open_questionnaires,
    question_titles,
    questionnaire,
    questionnaires,
    questions,
    said,
)
from consult.listening.surveys.queries.results import answers, by_receipt, own, progress, tally, words_per_question

__all__ = [
    "AccountAnswer",
    "account_answer",
    "answers",
    "by_receipt",
    "door",
    "invitation_states",
    "invitations",
    "open_now",
    "open_questionnaires",
    "own",
    "progress",
    "question_titles",
    "questionnaire",
    "questionnaires",
    "questions",
    "said",
    "tally",
    "words_per_question",
]
