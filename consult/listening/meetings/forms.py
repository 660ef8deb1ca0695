"""Forms of a meeting and of a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, IntegerField, widgets
from wtforms.validators import InputRequired, NumberRange, Optional

from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import ZoneRow
from consult.listening.meetings import rules
from consult.web.forms import REQUIRED, Form, check_boxes, choice, line, long_text
from consult.web.labels import choices

NOTE_WORDS: dict[str, Any] = {
    "need": _l("bisogno"),
    "proposal": _l("proposta"),
    "criticism": _l("critica"),
    "agreement": _l("accordo"),
}
_NUMBER = NumberRange(min=0, max=100_000, message=_l("Scrivi un numero intero, da zero in su."))


class MeetingForm(Form):
    """What is known of a meeting."""

    title = line(_l("Titolo"))
    starts_at = DateTimeLocalField(_l("Inizio"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(message=REQUIRED)])
    ends_at = DateTimeLocalField(_l("Fine"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    place = line(_l("Luogo"))
    address = line(_l("Indirizzo"), required=False)
    zones = check_boxes(_l("Per quali zone"))
    agenda = long_text(_l("Di che cosa si parla"), required=False)
    people_present = IntegerField(_l("Quante persone sono venute"), validators=[Optional(), _NUMBER])
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class NoteForm(Form):
    """One thing said at a table."""

    text = long_text(_l("Che cosa è stato detto"), maximum=2000, rows=3)
    kind = choice(_l("Tipo"), choices=[(code, NOTE_WORDS[code]) for code in rules.NOTE_KINDS])
    speaker = choice(_l("Chi parla"), required=False)
    zone = choice(_l("Zona"), required=False)
    agreed = IntegerField(_l("Quanti erano d'accordo"), validators=[Optional(), _NUMBER])


def meeting_form(zones: Sequence[ZoneRow], **data: Any) -> MeetingForm:
    """The form with the zones of this territory."""
    form = MeetingForm(data=data or None)
    form.zones.choices = [(str(z.id), f"{z.code} {z.name}") for z in zones]
    return form


def note_form(zones: Sequence[ZoneRow]) -> NoteForm:
    """The form with the zones of this territory."""
    form = NoteForm()
    form.zone.choices = [("", _("non indicata")), *((str(z.id), f"{z.code} {z.name}") for z in zones)]
    form.speaker.choices = choices(SpeakerKind, empty=_("non indicato"))
    return form


def as_instant(value: datetime | None) -> datetime | None:
    """A time typed in the authority's zone, as an instant."""
    zone = get_timezone()
    return value.replace(tzinfo=zone) if value and zone else None
