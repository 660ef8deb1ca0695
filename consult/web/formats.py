"""Dates, numbers and time left, in the reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from babel.dates import format_date
from flask import has_app_context
from flask_babel import format_decimal, format_percent, get_timezone
from markupsafe import Markup

from consult.core.markdown import render_user_text, stored_user_text
from consult.core.settling import Term
from consult.web.session import now
from consult.web.words import gettext as _
from consult.web.words import locale_code, ngettext


def day(value: date | datetime | None) -> str:
    """12 dicembre 2026."""
    return _written(value, get_timezone(), locale_code()) if value else ""


def told_day(value: datetime | None) -> str:
    """The same by the authority's clock in a letter, in the language in force; without an application by that of Greenwich."""
    timezone = get_timezone() if has_app_context() else UTC
    return _written(value, timezone, locale_code()) if value else ""


def until(value: Term | None) -> str:
    """The day until which something is taken, or the moment where it ends within the day; on pages and in letters, as `told_day`."""
    if value is None:
        return ""
    written = told_day(value.at)
    if not value.exact:
        return written
    timezone = get_timezone() if has_app_context() else UTC
    return _("%(day)s, ore %(time)s", day=written, time=f"{value.at.astimezone(timezone):%H:%M}")


@lru_cache(maxsize=8192)
def _written(value: date | datetime, timezone: tzinfo, locale: str) -> str:
    # Lists show the same things, and so the same days, over and over.
    local = value.astimezone(timezone).date() if isinstance(value, datetime) else value
    return format_date(local, "d MMMM y", locale)


def moment(value: datetime | None) -> str:
    """12 dicembre 2026, ore 18:00."""
    return until(Term(value, exact=True)) if value else ""


def number(value: int | float | None) -> str:
    """12.345,6 as the reader writes it."""
    return "" if value is None else str(format_decimal(value))


def percent(value: float | None) -> str:
    """37 %, without decimals."""
    return "" if value is None else str(format_percent(value, "#,##0%"))


def clock(milliseconds: int | None) -> str:
    """A place in a recording: 1:02:05, or 2:05 within the first hour."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def ago(value: datetime | None) -> str:
    """How long ago, in the largest unit that fits."""
    if value is None:
        return ""
    passed = now() - value
    if passed < timedelta(minutes=1):
        return str(_("adesso"))
    if passed < timedelta(hours=1):
        n = int(passed.total_seconds() // 60)
        return str(ngettext("%(num)d minuto fa", "%(num)d minuti fa", n))
    if passed < timedelta(days=1):
        n = int(passed.total_seconds() // 3600)
        return str(ngettext("%(num)d ora fa", "%(num)d ore fa", n))
    if passed < timedelta(days=30):
        return str(ngettext("%(num)d giorno fa", "%(num)d giorni fa", passed.days))
    return day(value)


def closes_in(value: datetime | None) -> str:
    """chiude tra 3 giorni (12 dicembre 2026, ore 18:00)."""
    if value is None:
        return str(_("senza data di chiusura"))
    left = value - now()
    if left <= timedelta(0):
        return str(_("chiusa il %(moment)s", moment=moment(value)))
    if left < timedelta(hours=1):
        words = ngettext("%(num)d minuto", "%(num)d minuti", max(1, int(left.total_seconds() // 60)))
    elif left < timedelta(days=2):
        words = ngettext("%(num)d ora", "%(num)d ore", int(left.total_seconds() // 3600))
    else:
        words = ngettext("%(num)d giorno", "%(num)d giorni", left.days)
    return str(_("chiude tra %(left)s (%(moment)s)", left=words, moment=moment(value)))


def local_input(value: datetime | None) -> str:
    """The value of a datetime-local field, in the authority's time zone."""
    return value.astimezone(get_timezone()).strftime("%Y-%m-%dT%H:%M") if value else ""


def user_text(value: str | None) -> Markup:
    """Text typed by a person, as safe HTML."""
    return render_user_text(value or "")


FILTERS = {
    "day": day,
    "moment": moment,
    "until": until,
    "number": number,
    "percent": percent,
    "ago": ago,
    "clock": clock,
    "closes_in": closes_in,
    "local_input": local_input,
    "user_text": user_text,
    "stored_user_text": stored_user_text,
}
