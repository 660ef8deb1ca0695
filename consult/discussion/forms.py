"""Forms of comments, replies and reports, and the words for this room's codes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from consult.core.vocabulary import Stance
from consult.discussion.services import MAX_COMMENT, MAX_NOTE
from consult.discussion.types import ReportReason
from consult.process.queries import NoticeRow
from consult.web.forms import Form, long_text, radio, tick
from consult.web.labels import add_words, choices

add_words(
    ReportReason,
    {
        ReportReason.insult: _l("offende qualcuno"),
        ReportReason.personal_data: _l("contiene dati personali di altri"),
        ReportReason.false_information: _l("dice cose false"),
        ReportReason.advertising: _l("è pubblicità"),
        ReportReason.off_topic: _l("non c’entra con il tema"),
        ReportReason.other: _l("altro"),
    },
)


class TalkForm(Form):
    """What both forms of the discussion carry beside their fields."""

    #: The privacy notice in force, which the form shows.
    notice: NoticeRow | None = None


class CommentForm(TalkForm):
    """A comment with its stance."""

    stance = radio(_l("Sei"), choices=choices(Stance), default=str(Stance.neutral))
    text = long_text(_l("Il tuo commento"), maximum=MAX_COMMENT, rows=4)
    hide_name = tick(_l("Non mostrare il mio nome"))


class ReplyForm(TalkForm):
    """An answer to a comment."""

    text = long_text(_l("La tua risposta"), maximum=MAX_COMMENT, rows=3)
    hide_name = tick(_l("Non mostrare il mio nome"))


class ReportForm(Form):
    """Why a text should be looked at."""

    reason = radio(_l("Perché lo segnali"), choices=choices(ReportReason))
    note = long_text(_l("Vuoi aggiungere qualcosa?"), required=False, maximum=MAX_NOTE, rows=3)
