"""What people are told about prioritisation rounds, in their language."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _


def subject(what: str, *, title: str, language: str) -> str:
    """An invitation, or the news that the results are there."""
    with force_locale(language):
        if what == "invited":
            return str(_("Di’ che cosa viene prima: «%(title)s»", title=title))
        return str(_("I risultati di «%(title)s» sono pubblici", title=title))


def body(what: str, *, closes: str, language: str) -> str:
    """What to do, until when, and what becomes of the answer."""
    with force_locale(language):
        if what == "invited":
            return str(
                _(
                    "Bastano tre minuti, anche dal telefono. Si può rispondere, e cambiare la risposta, fino al %(day)s. "
                    "I risultati saranno pubblici, senza nomi.",
                    day=closes,
                )
            )
        return str(
            _(
                "Grazie per avere partecipato. Si può leggere che cosa viene prima, e quanto si è d’accordo, zona per zona."
            )
        )
