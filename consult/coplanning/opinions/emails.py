"""What people are told about conversations, in their language."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _


def subject(title: str, language: str) -> str:
    """The news that a conversation is over and its results are there."""
    with force_locale(language):
        return str(_("I risultati di «%(title)s» sono pubblici", title=title))


def body(language: str) -> str:
    """What can be read, and what became of the votes."""
    with force_locale(language):
        return str(
            _(
                "Grazie per avere risposto. Si può leggere su che cosa si è d’accordo, che cosa divide e quali opinioni stanno insieme. "
                "Le risposte ora sono separate dai nomi."
            )
        )
