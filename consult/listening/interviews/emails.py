"""Letters about interviews. Need a context in which addresses of pages can be written."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import force_locale, format_datetime
from flask_babel import gettext as _
from icalendar import Calendar, Event

from consult.ports.mail import Letter
from consult.web.session import glue

DURATION = timedelta(minutes=90)


def invitation(
    *,
    to: str,
    token: str,
    process_title: str,
    meets_at: datetime | None,
    place: str,
    uid: uuid.UUID,
    sequence: int,
    language: str,
    key: str,
    now: datetime,
) -> Letter:
    """The invitation with the personal page, and the appointment for the calendar where one is fixed."""
    settings = glue().settings
    with force_locale(language if language in {"it", "en"} else "it"):
        parts = [
            _("Buongiorno,"),
            _("per «%(title)s» si raccolgono esperienze in un’intervista: questo è un invito.", title=process_title),
        ]
        if meets_at is not None:
            when = format_datetime(meets_at, "EEEE d MMMM y, HH:mm")
            parts.append(
                _("Quando: %(when)s", when=when) + (("\n" + _("Dove: %(place)s", place=place)) if place else "")
            )
        parts += [
            _("Questa pagina è personale e resta valida:")
            + "\n"
            + url_for("interview_doors.page", token=token, _external=True),
            _(
                "Lì si leggono la trascrizione e le citazioni usate, si corregge, e si restringe o si ritira il consenso in ogni momento. "
                "Chi ha il link può farlo: non va passato ad altri."
            ),
            f"--\n{settings.service_name} · {settings.authority_name}\n",
        ]
        subject = _("Invito a un’intervista: %(title)s", title=process_title)
        entry = b""
        if meets_at is not None:
            entry = appointment(
                uid=uid, sequence=sequence, starts_at=meets_at, place=place, summary=subject, host=settings.base_url, organizer=settings.mail_from,
                written_at=now,
            )  # fmt: skip  # one row of values reads better so
    return Letter(to=to, subject=subject, text="\n\n".join(parts), key=key, calendar=entry)


def appointment(
    *,
    uid: uuid.UUID,
    sequence: int,
    starts_at: datetime,
    place: str,
    summary: str,
    host: str,
    organizer: str,
    written_at: datetime,
) -> bytes:
    """The calendar entry: its UID never changes, its SEQUENCE grows with each letter, so that calendars move it instead of adding another."""
    calendar = Calendar()
    calendar.add("prodid", "-//Consult//IT")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    event = Event()
    event.add("uid", f"intervista-{uid}@{host.partition('://')[2].partition(':')[0].partition('/')[0] or 'consult'}")
    event.add("sequence", sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + DURATION)
    event.add("summary", summary)
    event.add("organizer", f"mailto:{organizer.rpartition('<')[2].rstrip('>').strip()}")
    if place:
        event.add("location", place)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
