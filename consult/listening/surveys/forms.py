"""Forms of the builder, of invitations, and the sheet a respondent fills in, made from the questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileSize
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.validators import NumberRange, Optional

from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import MunicipalityRow, ZoneRow
from consult.listening.sources.forms import day, moment, place_choices
from consult.listening.surveys.rules import LONGEST
from consult.listening.surveys.types import QuestionRow
from consult.web.forms import Form, choice, line, long_text, radio, tick
from consult.web.labels import choices

KINDS = (
    ("long", _l("testo lungo")),
    ("short", _l("testo breve")),
    ("single", _l("una sola risposta")),
    ("multiple", _l("più risposte")),
    ("yes_no", _l("sì o no")),
    ("scale", _l("scala")),
    ("place", _l("zona o comune")),
    ("speaker", _l("tipo di voce")),
)
PRIVACY = (
    ("pseudonymous", _l("Riservata: chi cura il processo sa chi ha risposto e può ricordarlo a chi manca")),
    ("anonymous", _l("Anonima: chi ha risposto e che cosa è stato detto non si collegano mai")),
)
ACCESS = (("invitation", _l("Su invito, con un link personale")), ("open", _l("Aperto a chiunque")))
SMALL_LIST = 7


class SettingsForm(Form):
    """Title, words at both ends, and the promise made to respondents."""

    title = line(_l("Titolo"), minimum=4)
    intro = long_text(
        _l("Introduzione"),
        required=False,
        rows=4,
        description=_l("A che cosa serve, quanto tempo ci vuole, che cosa ne nasce."),
    )
    thanks = long_text(_l("Ringraziamento"), required=False, rows=2)
    privacy = radio(
        _l("Riservatezza"),
        choices=PRIVACY,
        description=_l("Dopo il primo invito o la pubblicazione non si cambia più."),
    )
    access = radio(_l("Chi può rispondere"), choices=ACCESS)
    closes_at = moment(_l("Chiusura"), required=False, description=_l("Se è vuota, chiude con la fase di ascolto."))
    keys_deleted_on = day(
        _l("Giorno in cui si cancella chi ha risposto"),
        required=False,
        description=_l("Solo per la modalità riservata; se è vuoto, 180 giorni dopo la chiusura."),
    )
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class QuestionForm(Form):
    """A question of any kind."""

    kind = choice(_l("Tipo di domanda"), choices=KINDS)
    text = long_text(_l("Domanda"), minimum=3, maximum=500, rows=2)
    help = long_text(_l("Aiuto"), required=False, maximum=500, rows=2)
    purpose = line(
        _l("Perché la chiediamo"),
        required=False,
        maximum=300,
        description=_l("Chi risponde lo legge sotto la domanda."),
    )
    required = tick(_l("Bisogna rispondere per inviare"))
    page = IntegerField(
        _l("Passo"),
        validators=[Optional(), NumberRange(1, 20)],
        description=_l("Le domande dello stesso passo stanno insieme."),
    )
    options = long_text(
        _l("Voci tra cui scegliere, una per riga"),
        required=False,
        maximum=5000,
        rows=5,
        description=_l("Solo per una o più risposte."),
    )
    most = IntegerField(
        _l("Quante voci al massimo"),
        validators=[Optional(), NumberRange(1, 50)],
        description=_l("Solo per più risposte."),
    )
    low = IntegerField(_l("La scala va da"), validators=[Optional(), NumberRange(0, 9)])
    high = IntegerField(_l("a"), validators=[Optional(), NumberRange(1, 10)])
    low_label = line(_l("Che cosa vuol dire il numero più basso"), required=False, maximum=100)
    high_label = line(_l("Che cosa vuol dire il numero più alto"), required=False, maximum=100)


class InviteForm(Form):
    """A list of people, pasted or in a file."""

    people = long_text(
        _l("Elenco"),
        required=False,
        maximum=60_000,
        rows=8,
        description=_l("Una persona per riga: e-mail; organizzazione; tipo di voce; zona. Bastano gli indirizzi."),
    )
    file = FileField(
        _l("Oppure un file CSV"),
        validators=[FileSize(max_size=2_000_000, message=_l("Il file può pesare al massimo 2 MB."))],
        render_kw={"accept": ".csv,.txt,.tsv"},
    )


class AnswerForm(Form):
    """The sheet of a respondent; the questions' fields are added by `answer_form`."""

    code = HiddenField()
    step = HiddenField()
    version = HiddenField()


def _description(question: QuestionRow) -> str:
    why = _("Perché lo chiediamo: %(purpose)s", purpose=question.purpose) if question.purpose else ""
    return " ".join(part for part in (question.help, why) if part)


def _field(question: QuestionRow, zones: Sequence[ZoneRow], towns: Sequence[MunicipalityRow]) -> Any:
    """The field of a question. What must be answered is asked by the service, so that pages and drafts can stay incomplete."""
    common: dict[str, Any] = {"label": question.text, "description": _description(question)}
    listed = [(option.code, option.label) for option in question.options]
    nothing = [] if question.required else [("", _("Nessuna risposta"))]
    if question.kind == "long":
        return TextAreaField(**common, render_kw={"rows": 6, "data-max": LONGEST["long"]})
    if question.kind == "short":
        return StringField(**common, render_kw={"maxlength": LONGEST["short"]})
    if question.kind == "multiple":
        return SelectMultipleField(
            **common,
            choices=listed,
            validate_choice=False,
            option_widget=widgets.CheckboxInput(),
            widget=widgets.ListWidget(prefix_label=False),
        )
    if question.kind == "place":
        return SelectField(**common, choices=place_choices(zones, towns, empty=_("Scegli")), validate_choice=False)
    if question.kind == "speaker":
        return SelectField(**common, choices=choices(SpeakerKind, empty=_("Scegli")), validate_choice=False)
    if question.kind == "yes_no":
        return RadioField(**common, choices=[("yes", _("Sì")), ("no", _("No")), *nothing], validate_choice=False)
    if question.kind == "scale":
        return RadioField(**common, choices=[*_scale(question), *nothing], validate_choice=False)
    if len(listed) > SMALL_LIST:
        return SelectField(**common, choices=[("", _("Scegli")), *listed], validate_choice=False)
    return RadioField(**common, choices=[*listed, *nothing], validate_choice=False)


def _scale(question: QuestionRow) -> list[tuple[str, str]]:
    low, high = question.settings.get("min", 1), question.settings.get("max", 5)
    words = {low: question.settings.get("min_label"), high: question.settings.get("max_label")}
    return [(str(n), f"{n} ({words[n]})" if words.get(n) else str(n)) for n in range(low, high + 1)]


def answer_form(
    questions: Sequence[QuestionRow],
    zones: Sequence[ZoneRow],
    towns: Sequence[MunicipalityRow],
    values: Mapping[str, Any] | None = None,
) -> AnswerForm:
    """The sheet for these questions, filled with `values` by question key where nothing was sent yet."""
    fields = {question.field: _field(question, zones, towns) for question in questions}
    sheet: type[AnswerForm] = type("Sheet", (AnswerForm,), fields)
    filled = {
        q.field: _as_typed((values or {}).get(str(q.id)))
        for q in questions
        if (values or {}).get(str(q.id)) is not None
    }
    form = sheet(data=filled)
    for question in questions:
        # Says "optional" where it is; the value itself is checked by the service.
        form[question.field].flags.required = question.required
    return form


def _as_typed(value: Any) -> Any:
    return value if isinstance(value, list) else str(value)


def sent_values(form: AnswerForm, questions: Sequence[QuestionRow]) -> dict[str, Any]:
    """What was sent, by question key."""
    return {str(question.id): form[question.field].data for question in questions}
