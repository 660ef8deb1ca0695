"""Forms of notices."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from consult.notices.rules import Digest
from consult.web.forms import Form, radio

DIGESTS = (
    (str(Digest.at_once), _l("Subito, appena succede qualcosa")),
    (str(Digest.daily), _l("Una volta al giorno, tutti insieme")),
    (str(Digest.weekly), _l("Una volta alla settimana, tutti insieme")),
    (str(Digest.none), _l("Mai: li leggo qui sul sito")),
)


class PreferenceForm(Form):
    """When to be told by mail."""

    digest = radio(_l("Quando vuoi ricevere gli avvisi per posta?"), choices=DIGESTS)


class StopForm(Form):
    """One button that stops all mails about notices."""
