"""Forms of meetings, registrations and notes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, StringField, widgets
from wtforms.validators import InputRequired, NumberRange, Optional

from consult.core.vocabulary import SpeakerKind
from consult.listening.sources.forms import moment
from consult.web.forms import Form, check_boxes, choice, email, line, long_text, radio, tick
from consult.web.labels import choices

NOTE_KINDS = (
    ("need", _l("bisogno")),
    ("proposal", _l("proposta")),
    ("criticism", _l("critica")),
    ("agreement", _l("accordo")),
)


class MeetingForm(Form):
    """What is known of a meeting."""

    title = line(_l("Titolo"), minimum=4)
    summary = long_text(_l("Presentazione"), required=False, rows=3, description=_l("A che cosa serve, per chi è."))
    starts_at = moment(_l("Inizio"))
    ends_at = moment(_l("Fine"), required=False)
    place = line(_l("Luogo"), description=_l("Per esempio: sala consiliare del municipio."))
    address = line(_l("Indirizzo"), required=False, maximum=300)
    zones = check_boxes(_l("Zone a cui è rivolto"))
    agenda = long_text(_l("Programma"), required=False, rows=5)
    registration = tick(_l("Ci si può iscrivere (non serve per partecipare)"))
    capacity = IntegerField(_l("Posti"), validators=[Optional(), NumberRange(1, 100_000)])
    minutes = long_text(
        _l("Introduzione al verbale"),
        required=False,
        maximum=20_000,
        rows=4,
        description=_l("Com'è andato l'incontro. Gli appunti si aggiungono da soli."),
    )
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class RegistrationForm(Form):
    """Who comes, as far as it is needed."""

    email = email(_l("E-mail"), description=_l("La usiamo solo per avvisarti se l'incontro cambia."))
    name = line(_l("Nome"), required=False, maximum=120)
    organisation = line(_l("Organizzazione"), required=False)
    sito_web = StringField(_l("Lascia vuoto questo campo"), render_kw={"autocomplete": "off", "tabindex": "-1"})


class NoteForm(Form):
    """One thing that was said."""

    text = long_text(_l("Che cosa è stato detto"), minimum=3, maximum=5000, rows=3)
    kind = radio(_l("Che cos'è"), choices=NOTE_KINDS)
    speaker = choice(_l("Chi parla"), required=False)
    zone = choice(_l("Zona"), required=False)
    agreed = IntegerField(_l("Quante persone concordano"), validators=[Optional(), NumberRange(0, 10_000)])
    revision = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())

    def fill(self, zones: list[tuple[str, str]]) -> NoteForm:
        """Put in the zones of the territory."""
        self.zone.choices = [("", _l("Non detta")), *zones]
        self.speaker.choices = choices(SpeakerKind, empty=_l("Non detto"))
        return self


class StateForm(Form):
    """One of the states of a meeting or of its minutes."""

    state = HiddenField(validators=[InputRequired()])
