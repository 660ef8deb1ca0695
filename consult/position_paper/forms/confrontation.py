"""Forms of the confrontation and of the review."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, IntegerField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consult.web.forms import Form, check_boxes, choice, line, long_text, number

STATES = [
    ("covered", _l("già previsto")),
    ("partly", _l("previsto in parte")),
    ("conflicting", _l("in contrasto")),
    ("gap", _l("manca")),
    ("not_competent", _l("non di competenza")),
]


class ConfrontForm(Form):
    """How a finding stands to a provision, or to a plan that has none on it."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    plan_id = HiddenField(validators=[InputRequired()])
    provision_id = HiddenField(validators=[Optional()])
    score = HiddenField(validators=[Optional()])
    state = choice(_l("Esito"), choices=STATES)
    note = long_text(_l("Perché"), required=False, maximum=2000, rows=2)


class ReplyForm(Form):
    """The reply of the department that owns the plan."""

    department = line(_l("Ufficio che risponde"), maximum=200)
    reply = long_text(_l("Risposta"), maximum=4000, rows=3)


class PlanForm(Form):
    """An existing plan."""

    code = line(
        _l("Sigla"),
        maximum=40,
        description=_l("Per esempio PUMS. Con una sigla che c’è già si cambiano titolo e versione."),
    )
    title = line(_l("Titolo del piano"), maximum=300)
    plan_version = line(_l("Versione o data"), required=False, maximum=60)


class ProvisionFileForm(Form):
    """A file of provisions."""

    file = FileField(
        _l("File delle previsioni"),
        description=_l(
            "CSV, XLSX o JSON con codice e testo; se ci sono, anche pagina e strategie (per esempio «1.2; 3.1»)."
        ),
    )


class ProvisionForm(Form):
    """One provision written by hand."""

    code = line(
        _l("Codice"),
        maximum=60,
        description=_l("Articolo o numero. Con un codice che c’è già si cambia quella previsione."),
    )
    text = long_text(_l("Testo della previsione"), maximum=20_000, rows=4)
    page = number(_l("Pagina"))
    strategies = line(_l("Strategie"), required=False, maximum=200, description=_l("Codici separati da una virgola."))


class NoteForm(Form):
    """A comment in the margin."""

    sentence = IntegerField(widget=HiddenInput(), validators=[Optional()])
    text = long_text(_l("Commento"), maximum=3000, rows=3)


class ApprovalForm(Form):
    """People asked to approve a section."""

    people = check_boxes(_l("A chi si chiede"))


class AnswerForm(Form):
    """The answer to a request of approval."""

    verdict = HiddenField(validators=[InputRequired()])
    note = long_text(_l("Che cosa va cambiato"), required=False, maximum=3000, rows=3)
