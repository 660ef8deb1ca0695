"""What people are mailed about notices, in their language. Needs a context in which addresses of pages can be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import force_locale, format_datetime, ngettext
from flask_babel import gettext as _
from werkzeug.routing import BuildError

from consult.ports.mail import Letter
from consult.web.session import glue


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice as a letter shows it."""

    id: str
    subject: str
    body: str
    link_endpoint: str
    link_values: Mapping[str, Any]
    at: datetime
    thread: str = ""
    thread_title: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: address, name, language, and the mark of the unsubscribe link."""

    to: str
    name: str
    locale: str
    unsubscribe: str


def at_once(notices: Sequence[Wording], total: int, reader: Reader) -> Letter:
    """The letter of one notice, or of several that were told together; says how many more stand on the site."""
    first = notices[0]
    with force_locale(reader.locale):
        subject, parts = first.subject, [_("Ciao %(name)s,", name=reader.name)]
        if total > 1:
            rest = total - 1
            subject = ngettext("%(first)s, e un altro avviso", "%(first)s, e altri %(num)d avvisi", rest, first=first.subject)
        for notice in notices:
            # Of several each says what it is about, where its own words don't.
            about = notice.thread_title if total > 1 and notice.thread_title not in notice.subject + notice.body else ""
            parts += [part for part in (about, notice.subject, notice.body) if part]
            address = _address(notice)
            if address:
                parts.append(_("Qui si legge tutto:") + "\n" + address)
        if total > len(notices):
            parts.append(_("Gli altri si leggono sul sito.") + "\n" + url_for("notices.index", _external=True))
        return Letter(
            to=reader.to,
            subject=subject,
            text=_whole(parts, reader),
            key=f"notice:{first.id}",
            headers=_headers(reader),
        )


def digest(notices: Sequence[Wording], total: int, period: str, reader: Reader) -> Letter:
    """The letter of several notices; says how many more stand on the site."""
    with force_locale(reader.locale):
        subject = ngettext("C’è un avviso per te", "Ci sono %(num)d avvisi per te", total)
        parts = [_("Ciao %(name)s,", name=reader.name), subject + "."]
        parts += [_group(group) for group in by_thread(notices)]
        if total > len(notices):
            parts.append(_("Gli altri si leggono sul sito."))
        parts.append(_("Tutti gli avvisi:") + "\n" + url_for("notices.index", _external=True))
        return Letter(
            to=reader.to,
            subject=f"{glue().settings.service_name}: {subject}",
            text=_whole(parts, reader),
            key=f"digest:{period}:{reader.unsubscribe}",
            headers=_headers(reader),
        )


def by_thread(notices: Sequence[Wording]) -> list[list[Wording]]:
    """Notices of one thread together, threads in the order of their first notice; one of no thread stands alone."""
    groups: dict[str, list[Wording]] = {}
    for notice in notices:
        groups.setdefault(notice.thread or notice.id, []).append(notice)
    return list(groups.values())


def _group(group: Sequence[Wording]) -> str:
    """The lines of one thread: its name, then each notice; an address that is the same for all stands once, below."""
    addresses = [_address(notice) for notice in group]
    same = len(group) > 1 and len(set(addresses)) == 1
    title = next((notice.thread_title for notice in reversed(group) if notice.thread_title), "")
    # A notice that does not say itself what it is about stands under its name, also when it is the only one.
    lines = [title] if title and (len(group) > 1 or title not in group[0].subject) else []
    for notice, address in zip(group, addresses, strict=True):
        lines.append(f"* {notice.subject} ({format_datetime(notice.at, 'd MMMM')})")
        if address and not same:
            lines.append(f"  {address}")
    if same and addresses[0]:
        lines.append(f"  {addresses[0]}")
    return "\n".join(lines)


def _address(notice: Wording) -> str:
    """The page of a notice; empty where the route is no more."""
    if notice.link_endpoint not in current_app.view_functions:
        return ""
    try:
        return url_for(notice.link_endpoint, _external=True, **notice.link_values)
    except BuildError:
        return ""


def _stop(reader: Reader) -> str:
    return url_for("notices.unsubscribe", token=reader.unsubscribe, _external=True)


def _headers(reader: Reader) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{_stop(reader)}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _whole(parts: list[str], reader: Reader) -> str:
    settings = glue().settings
    foot = [
        "--",
        f"{settings.service_name} · {settings.authority_name}",
        _("Per non ricevere più questi messaggi: %(address)s", address=_stop(reader)),
        _(
            "Per riceverli una volta al giorno o alla settimana: %(address)s",
            address=url_for("notices.preferences", _external=True),
        ),
    ]
    return "\n\n".join(parts) + "\n\n" + "\n".join(foot) + "\n"
