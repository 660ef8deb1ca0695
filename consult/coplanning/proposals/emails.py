"""What people are told about the discussion of proposals: subjects and bodies of notices, in their language."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _


def comment_subject(title: str, *, answered: bool, own: bool, language: str) -> str:
    """Somebody answered the reader's comment, commented their proposal, or one they follow."""
    with force_locale(language):
        if answered:
            return str(_("Una risposta al tuo commento su «%(title)s»", title=title))
        if own:
            return str(_("Un commento alla tua proposta «%(title)s»", title=title))
        return str(_("Un commento a una proposta che segui: «%(title)s»", title=title))
