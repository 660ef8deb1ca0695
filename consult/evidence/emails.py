"""What people are told about runs, in their language."""

from __future__ import annotations

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _


def run_done(*, themes: int, sources: int, language: str) -> tuple[str, str]:
    """Subject and body of the notice that a run has finished."""
    with force_locale(language):
        subject = ngettext(
            "Aggregazione finita: %(num)d tema proposto", "Aggregazione finita: %(num)d temi proposti", themes
        )
        body = _(
            "Fonti lette: %(n)s. I temi proposti aspettano una decisione, e la bozza del position paper è in arrivo.",
            n=sources,
        )
    return subject, body
