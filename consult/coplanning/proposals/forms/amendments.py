"""The form of a change proposed to somebody's words, and of the author's answer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from consult.coplanning.proposals.services.amending import MAX_WHY, MIN_WHY
from consult.coplanning.proposals.services.answering_amendments import MAX_ANSWER
from consult.coplanning.proposals.services.checks import MAX_TEXT, MAX_TITLE, MIN_TEXT, MIN_TITLE
from consult.coplanning.proposals.types import AmendmentState
from consult.web.forms import Form, line, long_text, tick, whole_number
from consult.web.labels import add_words

add_words(
    AmendmentState,
    {
        AmendmentState.open: _l("aspetta risposta"),
        AmendmentState.accepted: _l("accolta"),
        AmendmentState.declined: _l("non accolta"),
        AmendmentState.lapsed: _l("decaduta senza risposta"),
        AmendmentState.withdrawn: _l("ritirata da chi l’ha proposta"),
        AmendmentState.hidden: _l("nascosta"),
        AmendmentState.waiting: _l("aspetta un moderatore"),
        AmendmentState.dropped: _l("ritirata prima di comparire"),
    },
)


class AmendmentForm(Form):
    """The words as they would be, and why."""

    title = line(_l("Titolo"), minimum=MIN_TITLE, maximum=MAX_TITLE)
    text = long_text(
        _l("Testo della proposta, come lo vorresti"),
        minimum=MIN_TEXT,
        maximum=MAX_TEXT,
        rows=12,
        description=_l("È il testo di adesso: cambia solo ciò che vorresti diverso. Le differenze si vedono da sole."),
    )
    reason = long_text(
        _l("Perché"),
        minimum=MIN_WHY,
        maximum=MAX_WHY,
        rows=3,
        description=_l("Lo legge chi ha scritto la proposta, e chiunque."),
    )
    hide_name = tick(_l("Non mostrare il mio nome"))
    base_version = HiddenField()
    version = HiddenField()

    def words(self) -> dict[str, Any]:
        """What the services take, by name."""
        return {
            "base_version": whole_number(self.base_version.data),
            "title": self.title.data or "",
            "text": self.text.data or "",
            "reason": self.reason.data or "",
        }

    @property
    def seen(self) -> int:
        """The version of the amendment that was on the screen."""
        return whole_number(self.version.data)


class AmendmentAnswerForm(Form):
    """Yes or no, with a sentence."""

    answer = long_text(
        _l("Una frase per chi l’ha proposta"),
        required=False,
        maximum=MAX_ANSWER,
        rows=3,
        description=_l("La legge chiunque. Serve se dici di no; se accetti è facoltativa."),
    )
    version = HiddenField()
    proposal_version = HiddenField()

    @property
    def seen(self) -> tuple[int, int]:
        """The versions of amendment and proposal that were on the screen."""
        return whole_number(self.version.data), whole_number(self.proposal_version.data)
