"""Forms of the builder and of invitations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired, FileSize
from wtforms import DecimalField, IntegerField, widgets
from wtforms.validators import NumberRange, Optional

from consult.listening.sources.forms import day, moment
from consult.listening.surveys import rules
from consult.listening.surveys.rules.structure import MOST_PAGES
from consult.web.forms import BroughtFile, Form, choice, line, long_text, radio, tick

KINDS = tuple((kind, _l(words.template)) for kind, words in rules.KINDS.items())
PRIVACY = (
    ("pseudonymous", _l("Riservata: chi cura il processo sa chi ha risposto e può ricordarlo a chi manca")),
    ("anonymous", _l("Anonima: chi ha risposto e che cosa è stato detto non si collegano mai")),
)
ACCESS = (
    ("invitation", _l("Su invito, con un link personale")),
    ("registered", _l("Persone con un account, una risposta ciascuna")),
    ("open", _l("Aperto a chiunque")),
)


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
    may_edit = tick(
        _l("Chi ha risposto può correggere fino alla chiusura"),
        description=_l("Solo per la modalità riservata: una risposta anonima non si corregge."),
    )
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class QuestionForm(Form):
    """A question of any kind; `FIELDS` says which of these a kind shows."""

    kind = choice(_l("Tipo di domanda"), choices=KINDS)
    text = long_text(_l("Domanda"), minimum=2, maximum=2000, rows=2)
    help = long_text(_l("Aiuto"), required=False, maximum=1000, rows=2)
    purpose = line(
        _l("Perché la chiediamo"),
        required=False,
        maximum=300,
        description=_l("Chi risponde lo legge sotto la domanda. Si chiede solo quello che serve."),
    )
    required = tick(_l("Bisogna rispondere per inviare"))
    page = IntegerField(_l("Pagina"), validators=[Optional(), NumberRange(1, MOST_PAGES)])
    code = line(
        _l("Codice"),
        required=False,
        maximum=40,
        description=_l("Il nome della domanda nelle condizioni e nei file. Se è vuoto lo sceglie il sistema."),
    )
    rows = long_text(_l("Righe, una per riga di testo"), required=False, maximum=20_000, rows=5)
    options = long_text(
        _l("Voci tra cui scegliere, una per riga"),
        required=False,
        maximum=30_000,
        rows=6,
        description=_l("Un asterisco davanti: quella voce esclude le altre (per esempio «* Nessuna di queste»)."),
    )
    from_frame = choice(
        _l("Oppure prendi le voci dal piano"),
        choices=(("", _l("No, quelle scritte sopra")),),
        required=False,
        description=_l("Restano come sono adesso: si possono poi ritoccare, e portano il codice del piano nei file."),
    )
    look = tick(_l("Mostra le voci in un elenco a discesa"))
    random = tick(_l("Mostra le voci in ordine casuale, diverso per ognuno"))
    other = tick(_l("Aggiungi «Altro», con uno spazio per scrivere"))
    other_label = line(_l("Parole al posto di «Altro»"), required=False, maximum=100)
    least = IntegerField(_l("Quante voci al minimo"), validators=[Optional(), NumberRange(0, 200)])
    most = IntegerField(_l("Quante voci al massimo"), validators=[Optional(), NumberRange(1, 200)])
    low = IntegerField(_l("La scala va da"), validators=[Optional(), NumberRange(0, 9)])
    high = IntegerField(_l("a"), validators=[Optional(), NumberRange(1, 10)])
    low_label = line(_l("Che cosa vuol dire il numero più basso"), required=False, maximum=100)
    high_label = line(_l("Che cosa vuol dire il numero più alto"), required=False, maximum=100)
    smallest = DecimalField(_l("Il numero più piccolo ammesso"), validators=[Optional()], places=None)
    largest = DecimalField(_l("Il numero più grande ammesso"), validators=[Optional()], places=None)
    decimals = IntegerField(_l("Quanti decimali"), validators=[Optional(), NumberRange(0, 4)])
    unit = line(
        _l("Unità di misura"), required=False, maximum=40, description=_l("Per esempio: euro, chilometri, ore.")
    )
    least_chars = IntegerField(_l("Caratteri al minimo"), validators=[Optional(), NumberRange(0, 5000)])
    most_chars = IntegerField(_l("Caratteri al massimo"), validators=[Optional(), NumberRange(1, 5000)])
    earliest = day(_l("Prima data ammessa"), required=False)
    latest = day(_l("Ultima data ammessa"), required=False)
    total = IntegerField(_l("Punti da distribuire in tutto"), validators=[Optional(), NumberRange(2, 10_000)])
    upto_mb = IntegerField(_l("Megabyte al massimo"), validators=[Optional(), NumberRange(1, 20)])
    dont_know = tick(_l("Offri «Non so»"))
    prefer_not = tick(_l("Offri «Preferisco non rispondere»"))
    personal = tick(_l("È un dato personale: non si pubblica e non diventa una fonte"))
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class PageForm(Form):
    """The words of a page."""

    title = line(_l("Titolo della pagina"), required=False)
    intro = long_text(_l("Parole prima delle domande"), required=False, rows=4)
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


_OUT = ("dont_know", "prefer_not")
_TEXT = ("least_chars", "most_chars", *_OUT, "personal")
#: What each kind shows after text, help, purpose, required, page and code.
FIELDS: dict[str, tuple[str, ...]] = {
    "long": _TEXT, "short": _TEXT, "single": ("options", "from_frame", "look", "random", "other", "other_label", *_OUT),
    "multiple": ("options", "from_frame", "random", "other", "other_label", "least", "most", *_OUT), "yes_no": _OUT,
    "scale": ("low", "high", "low_label", "high_label", *_OUT), "likert": ("options", *_OUT),
    "matrix": ("rows", "options", "random", *_OUT), "matrix_multiple": ("rows", "options", "random", "least", "most", *_OUT),
    "ranking": ("options", "from_frame", "random", "least", "most", *_OUT), "points": ("options", "from_frame", "random", "total", *_OUT),
    "number": ("smallest", "largest", "decimals", "unit", *_OUT, "personal"), "date": ("earliest", "latest", *_OUT, "personal"),
    "place": _OUT, "speaker": _OUT, "strategy": ("least", "most", *_OUT), "axis": ("least", "most", *_OUT), "file": ("upto_mb",),
    "consent": (), "display": (),
}  # fmt: skip  # pairs read better side by side
#: Settings under another name in the form, so that the words beside a field can differ by kind.
_RENAMED = {
    "scale": {"min": "low", "max": "high", "min_label": "low_label", "max_label": "high_label"},
    "number": {"min": "smallest", "max": "largest"},
}


def names_of(kind: str) -> dict[str, str]:
    """Setting by setting, the form's field for a kind."""
    renamed = _RENAMED.get(kind, {})
    plain = {n: n for n in FIELDS[kind] if n not in {"options", "rows", "from_frame", *renamed.values()}}
    return {**plain, **renamed}


class ImportForm(Form):
    """A questionnaire in a file."""

    file = FileField(
        _l("File del questionario"),
        validators=[
            FileRequired(message=_l("Scegli un file.")),
            FileSize(max_size=5_000_000, message=_l("Il file può pesare al massimo 5 MB.")),
        ],
        description=_l(
            "Da LimeSurvey: «Struttura del questionario (.lss)». Da KoboToolbox, ODK e simili: l’XLSForm (.xlsx). "
            "Oppure un questionario esportato da qui (.json)."
        ),
        render_kw={"accept": ".lss,.xlsx,.json"},
    )
    access = radio(_l("Chi può rispondere"), choices=ACCESS)


class ResponsesForm(Form):
    """A file of answers collected elsewhere."""

    file = BroughtFile(
        _l("File delle risposte"),
        description=_l(
            "CSV o XLSX, con le intestazioni nella prima riga: per esempio l’esportazione di LimeSurvey o di Google Moduli."
        ),
        render_kw={"accept": ".csv,.xlsx,.tsv"},
    )


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
