"""Forms of an interview: what is known of it, consent, transcript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, widgets
from wtforms.validators import Optional

from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import ZoneRow
from consult.listening.interviews import rules
from consult.web.forms import Form, choice, line, long_text, radio, tick
from consult.web.labels import choices

STATUS_WORDS: dict[str, Any] = {
    "to_invite": _l("da invitare"),
    "invited": _l("invitata"),
    "scheduled": _l("fissata"),
    "held": _l("tenuta"),
    "transcribed": _l("trascritta"),
    "checked": _l("riletta"),
    "coded": _l("analizzata"),
}
QUOTE_WORDS: dict[str, Any] = {
    "none": _l("niente citazioni"),
    "anonymous": _l("citazioni senza nome né ruolo"),
    "role": _l("citazioni con il ruolo"),
    "name": _l("citazioni con nome e ruolo"),
}


class InterviewForm(Form):
    """Whom to hear and how far it is."""

    role = line(_l("Ruolo della persona"), description=_l("Per esempio: sindaca di un comune montano."))
    organisation = line(_l("Ente o associazione"), required=False)
    person_name = line(_l("Nome"), required=False, maximum=120, description=_l("Lo vede solo chi cura l'ascolto."))
    zone = choice(_l("Zona"), required=False)
    speaker = choice(_l("Tipo di voce"), required=False)
    status = choice(_l("A che punto è"), choices=[(code, STATUS_WORDS[code]) for code in rules.STATUSES])
    held_on = DateField(_l("Giorno"), validators=[Optional()])
    guide = long_text(_l("Traccia delle domande"), required=False, rows=5)
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class ConsentForm(Form):
    """What the person agrees to, each use by itself."""

    may_record = tick(_l("Si può registrare"))
    may_transcribe = tick(_l("Si può trascrivere"))
    may_code = tick(_l("Si può analizzare quello che è stato detto"))
    quote = radio(_l("Che cosa si può citare"), choices=[(code, QUOTE_WORDS[code]) for code in rules.QUOTE_CONSENTS])
    embargo_until = DateField(_l("Nessuna citazione prima del"), validators=[Optional()])


class TranscriptForm(Form):
    """What was said."""

    transcript = long_text(
        _l("Che cosa è stato detto"),
        maximum=400_000,
        rows=14,
        description=_l(
            "Una riga vuota separa un brano dall'altro. Le righe che iniziano con «D:» sono domande e si saltano."
        ),
    )


def interview_form(zones: Sequence[ZoneRow], **data: Any) -> InterviewForm:
    """The form with the zones of this territory."""
    form = InterviewForm(data=data or None)
    form.zone.choices = [("", _("non indicata")), *((str(z.id), f"{z.code} {z.name}") for z in zones)]
    form.speaker.choices = choices(SpeakerKind, empty=_("non indicato"))
    return form
