"""Forms of the paper workshop. Every one that changes something carries the version its author saw."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consult.core.vocabulary import Support
from consult.web.forms import Form, check_boxes, choice, line, long_text, radio, tick
from consult.web.labels import choices


def _version() -> IntegerField:
    return IntegerField(widget=HiddenInput(), validators=[InputRequired()])


class FindingForm(Form):
    """Title, statement and strategy of a finding."""

    version = _version()
    title = line(_l("Titolo"), maximum=200)
    statement = long_text(
        _l("Testo"),
        maximum=8000,
        rows=10,
        description=_l(
            "Una frase per riga. Le parole tra «virgolette» prese da una fonte restano legate a lei; i numeri giusti, ai dati."
        ),
    )
    strategy_id = choice(_l("Strategia"), required=False)


class NewFindingForm(Form):
    """A finding written by hand."""

    section_id = choice(_l("Sezione"))
    title = line(_l("Titolo"), maximum=200)
    statement = long_text(_l("Testo"), maximum=8000, rows=8, description=_l("Una frase per riga."))
    strategy_id = choice(_l("Strategia"), required=False)
    sources = long_text(
        _l("Fonti su cui poggia"),
        required=False,
        maximum=8000,
        rows=4,
        description=_l("Un codice di fonte per riga, dal registro. Senza fonti è una considerazione di chi scrive."),
    )


class StateForm(Form):
    """Accept, refuse, withdraw or reopen a finding."""

    version = _version()
    state = HiddenField(validators=[InputRequired()])


class CiteForm(Form):
    """Sources to cite, and on which side."""

    version = _version()
    sources = line(_l("Codici delle fonti"), maximum=2000)
    support = radio(_l("Come sta rispetto alla risultanza"), choices=choices(Support), default=str(Support.supporting))
    words = line(_l("Citazione, parola per parola"), required=False, maximum=1000)


class SectionForm(Form):
    """Title of a section and the words at its head."""

    version = _version()
    title = line(_l("Titolo"), maximum=300)
    words = long_text(_l("Testo introduttivo"), required=False, maximum=8000, rows=8)


class PublishForm(Form):
    """What changed in this version."""

    note = long_text(_l("Che cosa cambia in questa versione"), required=False, maximum=2000, rows=4)


class SentenceForm(Form):
    """What a sentence rests on."""

    version = _version()
    own = tick(_l("È una considerazione di chi scrive: non poggia su fonti"))
    sources = check_boxes(_l("Fonti su cui poggia questa frase"))


class MoveForm(Form):
    """Another section for a finding."""

    version = _version()
    section_id = choice(_l("Sezione"))
