"""Letters about questionnaires. Need a context in which addresses of pages can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from consult.ports.mail import Letter
from consult.web.session import glue
from consult.web.words import LANGUAGES


class _Asked(Protocol):
    """What a letter says of a questionnaire."""

    title: str
    privacy: str
    languages: list[Any]
    texts: dict[str, Any]


#: Between the same words in two languages.
BETWEEN = "\n\n· · ·\n\n"


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


def _to_answer(questionnaire: _Asked, token: str, language: str) -> str:
    """The link; below a translation it opens the questionnaire in that language."""
    chosen = {} if language == questionnaire.languages[0] else {"lingua": language}
    words: str = _("Per rispondere:")
    return f"{words}\n" + url_for("surveys.by_token", token=token, _external=True, **chosen)


def _foot() -> str:
    settings = glue().settings
    return f"--\n{settings.service_name} · {settings.authority_name}\n"


def _written(questionnaire: _Asked, write: Callable[[str, str], tuple[str, list[str]]]) -> tuple[str, str]:
    """Subject and text: nobody knows which language an invited person reads, so each of the questionnaire's that the site speaks.

    `write` gives the subject and the paragraphs for a title and a language; the subject of the letter is the original's.
    """
    subjects, texts = [], []
    for language in [code for code in questionnaire.languages if code in LANGUAGES] or ["it"]:
        with force_locale(language):
            title = questionnaire.texts.get(language, {}).get("title") or questionnaire.title
            subject, parts = write(title, language)
            subjects.append(subject)
            texts.append("\n\n".join([_("Buongiorno,"), *parts]))
    return subjects[0], f"{BETWEEN.join(texts)}\n\n{_foot()}"


def invitation(questionnaire: _Asked, *, to: str, token: str, key: str, hide_recipient: bool = False) -> Letter:
    """The personal link. `hide_recipient`: the embedded mailbox keeps the letter without its recipient."""

    def write(title: str, language: str) -> tuple[str, list[str]]:
        return _("Un questionario aspetta una risposta: %(title)s", title=title), [
            _("questo link apre il questionario «%(title)s»: ogni risposta conta.", title=title),
            _to_answer(questionnaire, token, language),
            _promise(questionnaire),
            _("Aprire il link non consuma nulla: la risposta vale solo quando si preme «Invia»."),
        ]

    subject, text = _written(questionnaire, write)
    return Letter(to=to, subject=subject, text=text, key=key, hide_recipient=hide_recipient)


def reminder(questionnaire: _Asked, *, to: str, token: str | None, key: str) -> Letter:
    """A reminder; without `token` it goes to everybody and holds no link."""

    def write(title: str, language: str) -> tuple[str, list[str]]:
        subject = _("Promemoria: %(title)s", title=title)
        if token is not None:
            return subject, [
                _("il questionario «%(title)s» aspetta ancora una risposta.", title=title),
                _to_answer(questionnaire, token, language),
            ]
        return subject, [
            _("il questionario «%(title)s» è ancora aperto.", title=title),
            _(
                "Non sappiamo chi ha già risposto, perché le risposte sono anonime: questo messaggio va a tutti. "
                "Per rispondere si usa il link della prima lettera."
            ),
        ]

    subject, text = _written(questionnaire, write)
    return Letter(to=to, subject=subject, text=text, key=key)
