"""Translated words, found by the request once and not once a word: a page holds a hundred of them.

Flask-Babel asks the context six times for each word. Here the catalogue is kept where Flask-Babel itself keeps it and forgets it
(`babel_translations`, cleared by `force_locale` and `refresh`), so both always speak the same language.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, get_locale, get_translations
from flask_babel.speaklater import LazyString

from consult.core.sentences import Sentence

#: The languages the site speaks; the first is the default.
LANGUAGES = ("it", "en")


def _catalogue() -> Any:
    if not has_app_context():
        return get_translations()
    found = getattr(g.get("_flask_babel"), "babel_translations", None)
    if found is None:
        found = get_translations()
        g._flask_babel.babel_translations = found
    return found


class _Words(Domain):  # type: ignore[misc]  # Flask-Babel has no types.
    """Flask-Babel's own functions find the catalogue by the same short way, for labels and sentences made outside templates."""

    def get_translations(self) -> NullTranslations:
        """The catalogue in the reader's language."""
        kept = getattr(g.get("_flask_babel"), "babel_translations", None) if has_app_context() else None
        found: NullTranslations | None = kept
        if found is None:
            found = super().get_translations()
            if has_app_context() and "_flask_babel" in g:
                g._flask_babel.babel_translations = found
        return found


class Translator(Babel):  # type: ignore[misc]  # Flask-Babel has no types.
    """Flask-Babel with these words."""

    _words = _Words()

    @property
    def domain_instance(self) -> Domain:
        """Where Flask-Babel's functions look words up."""
        return self._words


def gettext(string: str, **variables: Any) -> str:
    """The words in the reader's language."""
    words: str = _catalogue().ugettext(string)
    return words % variables if variables else words


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    """The words in the reader's language, for so many."""
    variables.setdefault("num", num)
    words: str = _catalogue().ungettext(singular, plural, num)
    return words % variables


def lazy_gettext(string: str, **variables: Any) -> LazyString:
    """Words that are translated when they are shown."""
    return LazyString(gettext, string, **variables)


def say(sentence: str) -> str:
    """A sentence of a room that knows no gettext, in the reader's language; one that came translated stays as it is."""
    if isinstance(sentence, Sentence):
        # A sentence within a sentence is translated too.
        values = {name: say(each) if isinstance(each, Sentence) else each for name, each in sentence.values.items()}
        return gettext(sentence.template, **values)
    return gettext(sentence) if sentence else ""


def _plural(singular: str, plural: str, num: int) -> str:
    words: str = _catalogue().ungettext(singular, plural, num)
    return words


def locale_code() -> str:
    """The reader's language as a code."""
    return _code_of(get_locale())


@lru_cache(maxsize=16)
def _code_of(locale: Any) -> str:
    return str(locale or "it")


def register(app: Flask) -> None:
    """Give these to the templates; Jinja puts the variables in, escaped."""
    app.jinja_env.filters["say"] = say
    environment = app.jinja_env
    environment.install_gettext_callables(gettext, _plural, newstyle=True)  # type: ignore[attr-defined]  # Added by the i18n extension.
    # Jinja's own `_` looks `gettext` up by name and calls it through the context; here it is the same function.
    environment.globals["_"] = environment.globals["gettext"]
