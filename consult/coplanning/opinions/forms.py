"""Forms of conversations, and the words for this room's codes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from consult.coplanning.opinions.rules import MAX_TEXT
from consult.coplanning.opinions.types import (
    ConversationFields,
    NewStatement,
    OpinionVote,
    ResultsShown,
    StatementOrigin,
    StatementState,
)
from consult.coplanning.rounds.rules import MAX_QUESTION, MAX_TITLE, MIN_TITLE
from consult.web.forms import Form, clean_key, line, long_text, radio, tick
from consult.web.labels import add_words, choices

add_words(
    StatementState,
    {
        StatementState.waiting: _l("aspetta un moderatore"),
        StatementState.shown: _l("visibile"),
        StatementState.out: _l("tolta"),
        StatementState.hidden: _l("nascosta da un moderatore"),
    },
)
add_words(
    StatementOrigin,
    {
        StatementOrigin.facilitator: _l("scritta da chi conduce"),
        StatementOrigin.finding: _l("da una risultanza"),
        StatementOrigin.proposal: _l("da una proposta"),
        StatementOrigin.participant: _l("scritta da chi partecipa"),
    },
)
add_words(
    OpinionVote,
    {
        OpinionVote.agree: _l("d’accordo"),
        OpinionVote.disagree: _l("non d’accordo"),
        OpinionVote.passed: _l("non so"),
    },
)
add_words(
    ResultsShown,
    {ResultsShown.always: _l("subito, mentre si risponde"), ResultsShown.closed: _l("solo alla fine")},
)


class ConversationForm(Form):
    """What a conversation is."""

    title = line(_l("Titolo"), minimum=MIN_TITLE, maximum=MAX_TITLE)
    question = long_text(
        _l("Di che cosa si parla"), maximum=MAX_QUESTION, rows=3, description=_l("Una o due frasi: che cosa si vuole capire, e a che cosa serve.")
    )  # fmt: skip  # one call reads better so
    participants_add = tick(_l("Chi partecipa può aggiungere frasi. Un moderatore le legge prima."))
    results_shown = radio(
        _l("Quando si vedono i risultati"), choices=choices(ResultsShown), default=str(ResultsShown.always)
    )
    version = HiddenField()

    def fields(self) -> ConversationFields:
        """What the services take."""
        return ConversationFields(
            title=self.title.data or "",
            question=self.question.data or "",
            participants_add=bool(self.participants_add.data),
            results_shown=ResultsShown(self.results_shown.data),
        )


class WrittenForm(Form):
    """Statements written by who leads, one a line."""

    text = long_text(
        _l("Frasi, una per riga"),
        maximum=20_000,
        rows=5,
        description=_l(
            "Una sola idea per frase, al massimo 200 caratteri, in modo che si possa dire: sono d’accordo, oppure no."
        ),
    )

    def listed(self) -> list[NewStatement]:
        """The statements, without empty lines."""
        return [NewStatement(row) for row in (self.text.data or "").splitlines() if row.strip()]


class DrawForm(Form):
    """Statements drawn from findings and proposals: which are ticked and how they are put is read from the fields of each."""


class SuggestForm(Form):
    """A participant's own statement."""

    text = line(
        _l("La tua frase"), maximum=MAX_TEXT, description=_l("Una sola idea, con parole semplici. Non scrivere nomi di persone.")
    )  # fmt: skip  # one call reads better so
    notice_id = HiddenField()


class VoteForm(Form):
    """An answer; the button that was pressed says which."""

    notice_id = HiddenField()


def typed_votes(values: Mapping[str, str]) -> dict[uuid.UUID, OpinionVote]:
    """Answers out of fields «v-<key>»; what is no answer is passed over."""
    found: dict[uuid.UUID, OpinionVote] = {}
    for name, value in values.items():
        key = clean_key(name.removeprefix("v-")) if name.startswith("v-") else None
        if key and value in set(OpinionVote):
            found[key] = OpinionVote(value)
    return found


def drawn_statements(values: Any) -> list[tuple[str, NewStatement]]:
    """The ticked things to draw statements from, each with the words typed beside it: (key of the form, statement)."""
    found = []
    for chosen in values.getlist("da"):
        kind, _colon, raw = chosen.partition(":")
        key = clean_key(raw)
        if key and kind in ("finding", "proposal"):
            text = values.get(f"testo-{chosen}", "")
            made = NewStatement(text, finding_id=key) if kind == "finding" else NewStatement(text, proposal_id=key)
            found.append((chosen, made))
    return found
