"""The one door for text typed by people or read from files."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 60_000
# Bidirectional overrides can make a name or a sentence read as another; marks for right-to-left text stay.
_OVERRIDES = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), None)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[ \t]+\n")
# Any character that `clean_text` would change or refuse: most texts hold none. Blanks before the end of a line are looked for apart, since
# one class alone is searched several times as fast as an alternative.
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class UnreadableText(ValueError):
    """The text holds something that can't be stored: NUL bytes or lone surrogates."""


def refuse_unreadable(value: str) -> None:
    """Raise UnreadableText for NUL bytes and lone surrogates, which PostgreSQL can't store."""
    if "\x00" in value:
        raise UnreadableText("Il testo contiene caratteri che non si possono salvare (NUL).")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableText("Il testo contiene caratteri incompleti che non si possono salvare.") from error


def clean_text(value: str) -> str:
    """NFC, unix line ends, no control characters and no direction overrides, outer blanks trimmed.

    Raises UnreadableText for NUL bytes and lone surrogates, which PostgreSQL can't store.
    """
    trailing = " \n" in value or "\t\n" in value
    if not trailing and _UNUSUAL.search(value) is None and unicodedata.is_normalized("NFC", value):
        return value.strip()
    refuse_unreadable(value)
    value = value.replace("\r\n", "\n").replace("\r", "\n").translate(_OVERRIDES)
    value = _CONTROL.sub("", value)
    return _BLANKS.sub("\n", unicodedata.normalize("NFC", value)).strip()


def clean_line(value: str) -> str:
    """As `clean_text`, on one line: every run of white space becomes one space."""
    return " ".join(clean_text(value).split())


def clean_email(value: str) -> str:
    """The address in the form used as key: trimmed and lower case."""
    return clean_line(value).lower()
