"""Sentences of rooms that know no gettext: Italian where they are raised, in the reader's language where they are shown."""

from __future__ import annotations

from typing import Any


def N_(text: str) -> str:
    """Mark a text for translation where it stands as data; pages and mails translate it when they show it."""
    return text


class Sentence(str):
    """An Italian sentence, with its figures put in, that pages can still translate: `Sentence("Al massimo %(n)s.", n=5)`.

    Babel collects the template (consult/web/extraction.py); `consult.web.words.say` translates it and puts the figures in.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Sentence:
        """Raises KeyError where a figure is missing."""
        made = super().__new__(cls, template % values if values else template)
        made.template = template
        made.values = values
        return made

    def __str__(self) -> str:
        """Itself, so that `str(error)` of an exception raised with a sentence keeps the template."""
        return self


def parts_of(sentence: str) -> list[Any]:
    """A sentence as plain values, so that it can be kept, and said in another language later."""
    if not isinstance(sentence, Sentence):
        return [str(sentence), {}]
    values = {
        name: {"sentence": parts_of(each)} if isinstance(each, Sentence) else each
        for name, each in sentence.values.items()
    }
    return [sentence.template, values]


def sentence_of(parts: list[Any]) -> Sentence:
    """The sentence again; one that was kept before sentences were written with typographic apostrophes is found by them too."""
    values = {
        name: sentence_of(each["sentence"]) if isinstance(each, dict) and "sentence" in each else each
        for name, each in parts[1].items()
    }
    return Sentence(parts[0].replace("'", "’"), **values)
