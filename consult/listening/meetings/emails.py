"""Letters to who registered for a meeting. Need a context in which addresses of pages can be written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Protocol

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from consult.listening.sources.rules import personal_token
from consult.ports.mail import Letter
from consult.web.formats import day, moment
from consult.web.session import glue


class _Met(Protocol):
    """What a letter says of a meeting."""

    id: uuid.UUID
    title: str
    starts_at: datetime
    place: str
    address: str
    version: int
    review_until: datetime | None


def _facts(meeting: _Met, table: int | None) -> str:
    lines = [meeting.title, moment(meeting.starts_at), ", ".join(filter(None, (meeting.place, meeting.address)))]
    if table is not None:
        lines.append(_("Tavolo %(n)s", n=table))
    return "\n".join(lines)


def _foot() -> str:
    settings = glue().settings
    return f"--\n{settings.service_name} · {settings.authority_name}\n"


def about_registration(
    what: str,
    *,
    meeting: _Met,
    slug: str,
    to: str,
    registration_id: uuid.UUID,
    table: int | None,
    secret: str,
    language: str,
) -> Letter:
    """One letter: `registered`, `waiting`, `promoted`, `reminder`, `changed`, `cancelled` or `review`."""
    with force_locale(language):
        own = url_for(
            "meetings.own_registration", token=personal_token("registration", registration_id, secret), _external=True
        )
        page = url_for("meetings.public_page", slug=slug, meeting_id=meeting.id, _external=True)
        calendar = url_for("meetings.calendar_one", slug=slug, meeting_id=meeting.id, _external=True)
        title = meeting.title
        leave = _("Per rinunciare, così il posto va a chi aspetta:") + "\n" + own
        to_calendar = _("Per metterlo in calendario:") + "\n" + calendar
        facts = _facts(meeting, table)
        if what == "registered":
            subject = _("Iscrizione all’incontro: %(title)s", title=title)
            parts = [_("l’iscrizione è arrivata. Ci vediamo qui:"), facts, to_calendar, leave]
        elif what == "waiting":
            subject = _("Lista d’attesa: %(title)s", title=title)
            parts = [
                _(
                    "i posti sono finiti e l’iscrizione è in lista d’attesa. Se si libera un posto arriva un’altra lettera."
                ),
                facts,
                leave,
            ]
        elif what == "promoted":
            subject = _("Si è liberato un posto: %(title)s", title=title)
            parts = [_("si è liberato un posto: l’iscrizione adesso vale."), facts, to_calendar, leave]
        elif what == "reminder":
            subject = _("Promemoria: %(title)s", title=title)
            parts = [_("l’incontro si avvicina."), facts, _("Programma e materiali:") + "\n" + page, leave]
        elif what == "changed":
            subject = _("Cambia l’incontro: %(title)s", title=title)
            parts = [
                _("la data o il luogo dell’incontro sono cambiati. Adesso sono questi:"),
                facts,
                to_calendar,
                leave,
            ]
        elif what == "cancelled":
            subject = _("Incontro annullato: %(title)s", title=title)
            parts = [_("l’incontro è annullato. Ci dispiace."), facts, _("Gli altri incontri:") + "\n" + page]
        else:
            subject = _("Il verbale da rileggere: %(title)s", title=title)
            parts = [
                _(
                    "il verbale dell’incontro è pronto per chi c’era. Fino al %(day)s si può leggere e dire che cosa manca o non torna.",
                    day=day(meeting.review_until),
                ),
                _("Per leggerlo:") + "\n" + own,
                _("Dopo quel giorno il verbale viene pubblicato, con le risposte alle osservazioni."),
            ]
        text = "\n\n".join([_("Buongiorno,"), *parts, _foot()])
    return Letter(to=to, subject=subject, text=text, key=f"meeting:{registration_id}:{what}:{meeting.version}")
