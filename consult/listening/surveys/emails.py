"""Letters about questionnaires. Need a context in which addresses of pages can be written."""

from __future__ import annotations

from typing import Protocol

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from consult.ports.mail import Letter
from consult.web.session import glue


class _Asked(Protocol):
    """What a letter says of a questionnaire."""

    title: str
    intro: str
    privacy: str


def _promise(questionnaire: _Asked) -> str:
    words: str
    if questionnaire.privacy == "anonymous":
        words = _(
            "La risposta è anonima: il link non è legato a un indirizzo e dopo la chiusura nessuno può collegare una persona a una risposta. "
            "Il link vale una volta sola: chi lo passa ad altri lascia rispondere al proprio posto."
        )
        return words
    words = _(
        "La risposta è riservata: chi cura il processo può sapere chi ha risposto, per ricordarlo a chi manca. "
        "Nel piano non compare alcun nome. Fino alla chiusura si può rispondere a più riprese e correggere."
    )
    return words


def _foot() -> str:
    settings = glue().settings
    return f"--\n{settings.service_name} · {settings.authority_name}\n"


def invitation(questionnaire: _Asked, *, to: str, token: str, key: str, hide_recipient: bool = False) -> Letter:
    """The personal link. `hide_recipient`: the embedded mailbox keeps the letter without its recipient."""
    with force_locale("it"):
        parts = [
            _("Buongiorno,"),
            _("questo link apre il questionario «%(title)s»: ogni risposta conta.", title=questionnaire.title),
            _("Per rispondere:") + "\n" + url_for("surveys.by_token", token=token, _external=True),
            _promise(questionnaire),
            _("Aprire il link non consuma nulla: la risposta vale solo quando si preme «Invia»."),
            _foot(),
        ]
        subject = _("Un questionario aspetta una risposta: %(title)s", title=questionnaire.title)
    return Letter(to=to, subject=subject, text="\n\n".join(parts), key=key, hide_recipient=hide_recipient)


def reminder(questionnaire: _Asked, *, to: str, token: str | None, key: str) -> Letter:
    """A reminder; without `token` it goes to everybody and holds no link."""
    with force_locale("it"):
        parts = [_("Buongiorno,")]
        if token is not None:
            parts += [
                _("il questionario «%(title)s» aspetta ancora una risposta.", title=questionnaire.title),
                _("Per rispondere:") + "\n" + url_for("surveys.by_token", token=token, _external=True),
            ]
        else:
            parts += [
                _("il questionario «%(title)s» è ancora aperto.", title=questionnaire.title),
                _(
                    "Non sappiamo chi ha già risposto, perché le risposte sono anonime: questo messaggio va a tutti. "
                    "Per rispondere si usa il link della prima lettera."
                ),
            ]
        parts.append(_foot())
        subject = _("Promemoria: %(title)s", title=questionnaire.title)
    return Letter(to=to, subject=subject, text="\n\n".join(parts), key=key)
