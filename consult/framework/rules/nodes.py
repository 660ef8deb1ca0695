"""Reading one JSON file of the frame or the territory, field by field; all that is wrong is said at once, with its place. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from charset_normalizer import from_bytes

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.sentences import Sentence

MAXIMUM_PROBLEMS = 40


_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")


class Problems:
    """Collects what is wrong with a file, with the place of each."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def complain(self, place: str, sentence: str, **figures: Any) -> None:
        """Note a problem; the first of a place stands."""
        self.found.setdefault(place, Sentence(sentence, **figures) if figures else sentence)

    def refuse(self) -> None:
        """Raise Invalid with all that was found, or go on where nothing was."""
        if self.found:
            shown = dict(list(self.found.items())[:MAXIMUM_PROBLEMS])
            raise Invalid("Il file non si può importare così com’è: niente è stato cambiato.", shown)


class Node:
    """One object of the file, read field by field; what is wrong goes to `problems` under `place`."""

    def __init__(self, value: Any, place: str, problems: Problems) -> None:
        self.place, self.problems = place, problems
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            problems.complain(place, "Qui ci vuole un oggetto con i suoi campi, tra parentesi graffe.")

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def text(self, name: str, maximum: int, *, required: bool = False, long: bool = False) -> str:
        value = self.value.get(name)
        if value is None or value == "":
            if required:
                self.problems.complain(self._at(name), "Questo campo serve e manca.")
            return ""
        if not isinstance(value, str | int) or isinstance(value, bool):
            self.problems.complain(self._at(name), "Qui ci vuole un testo.")
            return ""
        try:
            clean = (clean_text if long else clean_line)(str(value))
        except UnreadableText as error:
            self.problems.complain(self._at(name), str(error))
            return ""
        if len(clean) > maximum:
            self.problems.complain(self._at(name), "Il testo può avere al massimo %(max)d caratteri.", max=maximum)
        if required and not clean:
            self.problems.complain(self._at(name), "Questo campo serve e manca.")
        return clean[:maximum]

    def code(self, name: str, maximum: int = 20) -> str:
        code = self.text(name, maximum, required=True)
        if code and not _CODE.fullmatch(code):
            self.problems.complain(
                self._at(name), "«%(code)s» non è un codice: solo lettere, cifre, punti, trattini.", code=code
            )
        return code

    def number(self, name: str, *, required: bool = False, maximum: int = 100_000_000) -> int | None:
        value = self.value.get(name)
        if value is None or value == "":
            if required:
                self.problems.complain(self._at(name), "Questo numero serve e manca.")
            return None
        if isinstance(value, str):
            plain = re.sub(r"[.\s\u00a0'’](?=\d{3}\b)", "", value.strip())
            value = int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 else value
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
            self.problems.complain(
                self._at(name),
                "«%(value)s» non è un numero intero tra 0 e %(max)s.",
                value=str(value)[:40],
                max=maximum,
            )
            return None
        return value

    def items(self, name: str, maximum: int, *, required: bool = False) -> list[tuple[str, Any]]:
        value = self.value.get(name)
        if value is None and not required:
            return []
        if not isinstance(value, list) or (required and not value):
            self.problems.complain(self._at(name), "Qui ci vuole un elenco, tra parentesi quadre, con almeno una voce.")
            return []
        if len(value) > maximum:
            self.problems.complain(
                self._at(name), "L’elenco ha %(n)s voci: al massimo possono essere %(max)s.", n=len(value), max=maximum
            )
        return [(f"{self._at(name)}[{i}]", item) for i, item in enumerate(value[:maximum], 1)]

    def nodes(self, name: str, maximum: int, *, required: bool = False) -> list[Node]:
        return [Node(item, place, self.problems) for place, item in self.items(name, maximum, required=required)]

    def words(self, name: str, maximum: int) -> list[str]:
        found: list[str] = []
        for place, item in self.items(name, maximum):
            if isinstance(item, str) and len(item) <= 2000:
                found.append(clean_line(item))
            else:
                self.problems.complain(place, "Qui ci vuole un testo breve.")
        return found


def slug_of(text: str) -> str:
    """A name for addresses made from a title: lower case letters, digits and single hyphens, at most 60 characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def fold_name(name: str) -> str:
    """A place name without accents, case and punctuation, to recognise the same place in two lists."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def slug_given(top: Node, title: str) -> str:
    """The slug a file gives, or one made of its title."""
    slug = top.text("slug", 60) or slug_of(title)
    if slug and not _SLUG.fullmatch(slug):
        top.problems.complain(
            "slug", "«%(slug)s» non va bene: solo lettere minuscole senza accenti, cifre e trattini.", slug=slug
        )
    return slug


def no_twins(pairs: Sequence[tuple[str, str]], problems: Problems, other: str) -> None:
    """Note every code that stands twice, with the place of the other."""
    seen: set[str] = set()
    for place, value in pairs:
        if value in seen and value:
            problems.complain(place, "«%(value)s» è già di %(other)s.", value=value, other=Sentence(other))
        seen.add(value)


def decode(raw: bytes) -> str:
    """The text of a file in whatever encoding it has. Raises Invalid where it can not be read."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(raw).best()
        if best is None:
            raise Invalid("Il file non è un testo.", {"file": "Il file non si legge come testo."}) from None
        return str(best)


def load_json(raw: bytes) -> Any:
    """The content of a JSON file. Raises Invalid with line and column of what can't be read."""
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("Il file non è scritto in UTF-8.", {"file": "Il file JSON deve essere in UTF-8."}) from error
    except json.JSONDecodeError as error:
        place = Sentence("riga %(n)s, colonna %(column)s", n=error.lineno, column=error.colno)
        raise Invalid("Il file non è un JSON completo.", {place: "Da qui in poi il file non si legge."}) from error
    except (RecursionError, ValueError) as error:
        raise Invalid("Il file non è un JSON completo.", {"file": "Il file non si legge."}) from error
