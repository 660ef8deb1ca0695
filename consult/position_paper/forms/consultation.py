"""Forms of drafts in consultation, and the words for their codes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, HiddenField, IntegerField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consult.position_paper.services.commenting import MAX_SENTENCE, MIN_SENTENCE
from consult.position_paper.services.consulting import MAX_WORDS
from consult.position_paper.types import Audience, DraftVerdict
from consult.web.forms import Form, long_text, radio
from consult.web.labels import add_words, choices

add_words(
    DraftVerdict,
    {
        DraftVerdict.accepted: _l("accolto"),
        DraftVerdict.accepted_in_part: _l("accolto in parte"),
        DraftVerdict.not_accepted: _l("non accolto"),
    },
)
add_words(
    Audience,
    {
        Audience.accounts: _l("chiunque abbia un account"),
        Audience.readers: _l("solo chi ha un ruolo in questo processo"),
    },
)


class ConsultationForm(Form):
    """When a draft is put before the public, who may comment it, and what they are asked."""

    opens_at = DateTimeLocalField(
        _l("Apre"),
        format="%Y-%m-%dT%H:%M",
        validators=[Optional()],
        description=_l("Vuoto: adesso. Il testo si fissa comunque adesso, com’è."),
    )
    closes_at = DateTimeLocalField(
        _l("Chiude"),
        format="%Y-%m-%dT%H:%M",
        validators=[InputRequired(message=_l("Serve una data di chiusura."))],
    )
    audience = radio(
        _l("Chi può commentare"),
        choices=choices(Audience),
        default=str(Audience.accounts),
        description=_l("La bozza la può leggere comunque chiunque."),
    )
    words = long_text(
        _l("Che cosa si chiede a chi legge"),
        required=False,
        maximum=MAX_WORDS,
        rows=5,
        description=_l(
            "Per esempio: che cosa manca, che cosa è detto male, che cosa non torna con quello che si vede ogni giorno."
        ),
    )


class EndForm(Form):
    """Another last moment for comments."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    closes_at = DateTimeLocalField(_l("Chiude"), format="%Y-%m-%dT%H:%M", validators=[Optional()])


class AnswersForm(Form):
    """What became of the comments that are ticked beside it."""

    verdict = radio(_l("Esito"), choices=choices(DraftVerdict))
    sentence = long_text(
        _l("Perché, in una frase pubblica"),
        minimum=MIN_SENTENCE,
        maximum=MAX_SENTENCE,
        rows=3,
        description=_l("La leggono chi ha scritto il commento e chiunque apra la tabella delle risposte."),
    )
    #: Refusals that concern the ticks, which are no field of their own.
    comments = HiddenField()
