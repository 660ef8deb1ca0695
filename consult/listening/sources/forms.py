"""The field "zone or municipality", asked alike wherever a place is asked, and the form of changes to a source."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone, to_utc
from wtforms import DateField, DateTimeLocalField, IntegerField, widgets
from wtforms.validators import InputRequired, Optional

from consult.framework.queries import MunicipalityRow, ZoneRow
from consult.web.forms import REQUIRED, Form, choice, clean_key, long_text, radio


def place_choices(
    zones: Sequence[ZoneRow], municipalities: Sequence[MunicipalityRow], *, empty: Any
) -> dict[str, list[tuple[str, Any]]]:
    """Choices of a drop-down in groups: first each zone as a whole, then the loaded municipalities by zone."""
    groups: dict[str, list[tuple[str, Any]]] = {"": [("", empty)]}
    groups[_("Zone omogenee")] = [
        (f"z:{zone.id}", _("Zona %(code)s %(name)s", code=zone.code, name=zone.name)) for zone in zones
    ]
    for zone in zones:
        towns = [(f"m:{town.id}", town.name) for town in municipalities if town.zone_id == zone.id]
        if towns:
            groups[_("Comuni della zona %(code)s %(name)s", code=zone.code, name=zone.name)] = towns
    return groups


def read_place(
    value: str | None, municipalities: Sequence[MunicipalityRow]
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The zone and municipality that were chosen; the zone follows from the municipality."""
    kind, _colon, rest = (value or "").partition(":")
    key = clean_key(rest)
    if key is None:
        return None, None
    if kind == "z":
        return key, None
    town = next((t for t in municipalities if t.id == key), None)
    return (town.zone_id, town.id) if town else (None, None)


REASONS = (
    ("personal_data", _l("contiene dati personali")),
    ("typing_error", _l("errore di trascrizione")),
    ("author_asked", _l("lo ha chiesto chi l’ha detta")),
    ("consent_withdrawn", _l("consenso ritirato")),
    ("offence", _l("offende o discrimina")),
    ("duplicate", _l("è due volte la stessa")),
    ("off_topic", _l("non riguarda il processo")),
    ("mistake", _l("inserita per errore")),
)


class SourceChangeForm(Form):
    """What to do with a source, why, and the text that stays."""

    change = radio(
        _l("Che cosa serve fare?"),
        choices=[
            ("redact", _l("Togliere dati personali (il testo di prima si cancella anche dalla storia)")),
            ("correct", _l("Correggere il testo (il testo di prima resta nella storia)")),
            ("withdraw", _l("Ritirarla")),
            ("hide", _l("Nasconderla")),
            ("restore", _l("Rimetterla tra le fonti valide")),
        ],
    )
    text = long_text(_l("Testo che resta"), required=False, maximum=60_000, rows=8)
    reason = choice(_l("Motivo"), choices=[("", _l("Scegli")), *REASONS])
    revision = IntegerField(validators=[InputRequired()], widget=widgets.HiddenInput())


class LanguageForm(Form):
    """The language of a source."""

    language = radio(
        _l("Lingua del testo"), choices=[("it", _l("italiano")), ("en", _l("inglese")), ("fr", _l("francese"))]
    )


NOT_A_DATE = _l("Questa data non esiste.")


class _Moment(DateTimeLocalField):  # type: ignore[misc]  # WTForms ships no types.
    """A day and time in the authority's time zone; its data is an instant in UTC."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(NOT_A_DATE) from error
        if self.data is not None:
            self.data = to_utc(self.data).replace(tzinfo=UTC)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return to_user_timezone(self.data).strftime("%Y-%m-%dT%H:%M") if isinstance(self.data, datetime) else ""


class _Day(DateField):  # type: ignore[misc]  # WTForms ships no types.
    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(NOT_A_DATE) from error


def moment(label: Any, *, required: bool = True, **options: Any) -> DateTimeLocalField:
    """A day and time, as an instant."""
    return _Moment(label, validators=[InputRequired(message=REQUIRED) if required else Optional()], **options)


def day(label: Any, *, required: bool = True, **options: Any) -> DateField:
    """A day."""
    return _Day(label, validators=[InputRequired(message=REQUIRED) if required else Optional()], **options)
