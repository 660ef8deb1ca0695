"""What those who write a paper are told of it, in their language."""

from __future__ import annotations

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _


def redacted_subject(*, version: int, language: str) -> str:
    """A version came out by itself because consent was withdrawn."""
    with force_locale(language):
        return str(_("Position paper: è uscita la versione %(n)s, con parti tolte", n=version))


def redacted_body(*, of: int, findings: int, language: str) -> str:
    """What was taken out, and what is left to do."""
    with force_locale(language):
        return str(
            ngettext(
                "Il consenso su una fonte è cambiato: dalla versione %(of)s è stato tolto quello che non si può più mostrare, in %(num)s "
                "risultanza. La bozza la segnala: va riletta, corretta o ritirata prima della prossima pubblicazione.",
                "Il consenso su alcune fonti è cambiato: dalla versione %(of)s è stato tolto quello che non si può più mostrare, in %(num)s "
                "risultanze. La bozza le segnala: vanno rilette, corrette o ritirate prima della prossima pubblicazione.",
                findings,
                of=of,
            )
        )
