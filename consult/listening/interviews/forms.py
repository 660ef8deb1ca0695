"""Forms of interviews."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, IntegerField, SelectMultipleField, widgets
from wtforms.validators import InputRequired, Optional

from consult.core.vocabulary import SpeakerKind
from consult.listening.interviews.rules import narrower
from consult.listening.sources.forms import day, moment
from consult.web.forms import Form, choice, line, long_text, radio, tick
from consult.web.forms import email as email_field
from consult.web.labels import choices

STATUSES = (
    ("to_invite", _l("da invitare")),
    ("invited", _l("invitata")),
    ("scheduled", _l("fissata")),
    ("held", _l("fatta")),
    ("transcribed", _l("trascritta")),
    ("checked", _l("riletta da chi ha parlato")),
    ("coded", _l("codificata")),
)
QUOTES = (
    ("none", _l("no")),
    ("anonymous", _l("sì, senza nome né ruolo")),
    ("role", _l("sì, con il ruolo")),
    ("name", _l("sì, con il nome")),
)


class InterviewForm(Form):
    """Who is heard, and what they agreed to."""

    role = line(_l("Ruolo, senza nome"), description=_l("Per esempio: sindaca di un comune montano."))
    organisation = line(_l("Organizzazione"), required=False)
    person_name = line(
        _l("Nome"),
        required=False,
        maximum=120,
        description=_l("Solo se serve: si mostra soltanto con il consenso a citare con il nome."),
    )
    zone = choice(_l("Zona"), required=False)
    speaker = choice(_l("Tipo di voce"), required=False)
    language = choice(_l("Lingua"), choices=[("it", _l("italiano")), ("en", _l("inglese")), ("fr", _l("francese"))])
    status = choice(_l("Stato"), choices=STATUSES)
    email = email_field(
        _l("Indirizzo di posta"), required=False, description=_l("Per l’invito e per la pagina personale.")
    )
    meets_at = moment(_l("Appuntamento"), required=False)
    place = line(_l("Luogo"), required=False, description=_l("Un indirizzo, o come ci si collega."))
    held_on = day(_l("Data dell’intervista"), required=False)
    consent_record = tick(_l("Consenso a registrare"))
    consent_transcribe = tick(_l("Consenso a trascrivere"))
    consent_code = tick(_l("Consenso a leggere, classificare e contare"))
    consent_quote = radio(_l("Consenso a citare"), choices=QUOTES)
    consent_text = line(_l("Versione del testo di consenso"), required=False, maximum=80)
    consent_on = day(_l("Data del consenso"), required=False)
    embargo_until = day(_l("Nessuna citazione prima del"), required=False)
    notes = long_text(_l("Note per chi lavora sulle interviste"), required=False, rows=3)
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())

    def fill(self, zones: list[tuple[str, str]]) -> InterviewForm:
        """Put in the zones of the territory."""
        self.zone.choices = [("", _l("Nessuna")), *zones]
        self.speaker.choices = choices(SpeakerKind, empty=_l("Non detto"))
        return self


class TranscriptForm(Form):
    """What was said, as typed."""

    transcript = long_text(
        _l("Trascrizione"),
        maximum=60_000,
        rows=14,
        description=_l(
            "Una riga vuota separa i passaggi. «D:» o «Intervistatrice:» segna le domande, «R:» le risposte."
        ),
    )


class TranscriptFileForm(Form):
    """A file with what was said."""

    file = FileField(
        _l("File della trascrizione"),
        description=_l(
            "DOCX, ODT, testo, Markdown, SRT o VTT, fino a 10 MB. Prima di salvare si vede che cosa è stato riconosciuto."
        ),
    )


class ConfirmForm(Form):
    """Which voices ask."""

    interviewers = SelectMultipleField(
        _l("Chi fa le domande"),
        description=_l("Le domande restano accanto alle risposte e non diventano fonti."),
        validate_choice=False,
        validators=[Optional()],
    )


class GuideForm(Form):
    """The questions of the guide, one a line."""

    questions = long_text(
        _l("Domande della traccia, una per riga"),
        required=False,
        maximum=10_000,
        rows=10,
        description=_l("In fondo a una domanda si può dire di che cosa parla: [2.1] una strategia, [3] un asse."),
    )


class NarrowForm(Form):
    """What the person still consents to."""

    consent_record = tick(_l("Registrare"))
    consent_transcribe = tick(_l("Trascrivere"))
    consent_code = tick(_l("Leggere, classificare e contare"))
    consent_quote = radio(_l("Citare"), choices=QUOTES)
    embargo_until = day(_l("Nessuna citazione prima del"), required=False)

    def offer_less(self) -> list[str]:
        """Offer only what is not more than is consented to now; returns the names of what was taken back before."""
        now = self.consent_quote.data
        self.consent_quote.choices = [pair for pair in QUOTES if narrower(before=now, after=pair[0])]
        gone = [name for name in ("consent_record", "consent_transcribe", "consent_code") if not self[name].data]
        labels = [str(self[name].label.text) for name in gone]
        for name in gone:
            del self[name]
        return labels


class CorrectForm(Form):
    """A passage as the person wants it."""

    revision = IntegerField(validators=[InputRequired()], widget=widgets.HiddenInput())
    text = long_text(_l("Testo del passaggio"), maximum=60_000, rows=4)
