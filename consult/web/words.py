"""Translated words, found by the request once and not once a word: a page holds a hundred of them.

Flask-Babel asks the context six times for each word. Here the catalogue is kept where Flask-Babel itself keeps it and forgets it
(`babel_translations`, cleared by `force_locale` and `refresh`), so both always speak the same language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, get_locale, get_translations
from flask_babel.speaklater import LazyString
from jinja2 import pass_context
from jinja2.runtime import Context

from consult.core.sentences import Sentence

#: The languages the site speaks; the first is the default.
LANGUAGES = ("it", "en")


#: What sentences call the days in them, and the Italian articles that lose their vowel before the eighth and the eleventh.
_DAYS = frozenset({"day", "moment", "until", "when", "date"})
_EIGHTH = re.compile(r"(?:8|11) [a-z]")
_ARTICLE = r"\b([Ii]l|[Aa]l|[Dd]al|[Dd]el|[Nn]el) (?=%%\(%s\)s)"
_ELIDED = {"il": "l’", "al": "all’", "dal": "dall’", "del": "dell’", "nel": "nell’"}


def with_articles(words: str, values: Mapping[str, Any]) -> str:
    """A sentence before its values are put in, with the article that its days ask for: l’11 dicembre, not il 11 dicembre.

    Only the sentence's own words change, never those of a value: a title that somebody wrote stays as it is.
    """
    if _DAYS.isdisjoint(values):
        return words
    for name in _DAYS.intersection(values):
        if _EIGHTH.match(str(values[name])):
            words = re.sub(_ARTICLE % name, _elided, words)
    return words


def _elided(found: re.Match[str]) -> str:
    article = found.group(1)
    short = _ELIDED[article.lower()]
    return short if article[0].islower() else short.capitalize()


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

    def gettext(self, string: str, **variables: Any) -> str:
        """The words in the reader's language."""
        words: str = self.get_translations().ugettext(string)
        return with_articles(words, variables) % variables if variables else words


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
    return with_articles(words, variables) % variables if variables else words


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


def _as_it_stands(words: str) -> str:
    return words


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
    # What Jinja makes of this puts the values in, escaped; the words are found before, since only here the days among the values are known.
    environment.install_gettext_callables(_as_it_stands, _plural, newstyle=True)  # type: ignore[attr-defined]  # Added by the i18n extension.
    put_in: Any = environment.globals["gettext"]

    @pass_context
    def on_page(context: Context, string: str, /, **variables: Any) -> str:
        words: str = _catalogue().ugettext(string)
        said: str = put_in(context, with_articles(words, variables) if variables else words, **variables)
        return said

    # Jinja's own `_` looks `gettext` up by name and calls it through the context; here it is the same function.
    environment.globals["_"] = environment.globals["gettext"] = on_page
