"""The letter that proves an address. Needs a context in which addresses of pages can be written."""

from __future__ import annotations

import uuid

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from consult.listening.sources.rules import personal_token
from consult.ports.mail import Letter
from consult.web.session import glue


def proof(*, to: str, slug: str, title: str, waiting_id: uuid.UUID, secret: str, language: str) -> Letter:
    """The link that makes a contribution count; without it the text is forgotten after two days."""
    settings = glue().settings
    token = personal_token("contribution", waiting_id, secret)
    with force_locale(language):
        parts = [
            _("Buongiorno,"),
            _("è arrivato un contributo per «%(title)s» con questo indirizzo.", title=title),
            _("Per confermarlo:") + "\n" + url_for("contributions.confirm", slug=slug, token=token, _external=True),
            _(
                "Il link vale due giorni. Dopo la conferma l’indirizzo viene cancellato e il contributo resta senza nome."
            ),
            _("Chi non ha scritto nulla può ignorare questa lettera: il testo viene dimenticato."),
            f"--\n{settings.service_name} · {settings.authority_name}\n",
        ]
        subject = _("Un contributo da confermare: %(title)s", title=title)
    return Letter(to=to, subject=subject, text="\n\n".join(parts), key=f"contribution:{waiting_id}")
