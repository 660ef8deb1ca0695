"""Reading frame and territory files: everything that is wrong is said at once, each with the place where it stands. Pure."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from charset_normalizer import from_bytes

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.sentences import Sentence
from consult.core.vocabulary import PhaseKind
from consult.framework.types import (
    ReadAxis,
    ReadFrame,
    ReadMunicipality,
    ReadPhase,
    ReadPlan,
    ReadProvision,
    ReadStrategy,
    ReadTerritory,
    ReadZone,
)

MAXIMUM_PROBLEMS = 40
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_ISTAT = re.compile(r"[0-9]{6}")
_ALIASES = {
    "istat_code": {"istat_code", "istat", "codice_istat", "cod_istat", "codice istat"},
    "name": {"name", "nome", "comune", "denominazione", "zona_nome"},
    "zone_code": {"zone_code", "zona", "codice_zona", "zona_omogenea", "zone"},
    "residents": {"residents", "residenti", "abitanti", "popolazione"},
    "code": {"code", "codice", "numero"},
    "municipalities": {"municipalities", "comuni", "numero_comuni"},
    "tile_row": {"tile_row", "riga"},
    "tile_column": {"tile_column", "colonna"},
}


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
            raise Invalid("Il file non si può importare così com'è: niente è stato cambiato.", shown)


class _Node:
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
                self._at(name), "L'elenco ha %(n)s voci: al massimo possono essere %(max)s.", n=len(value), max=maximum
            )
        return [(f"{self._at(name)}[{i}]", item) for i, item in enumerate(value[:maximum], 1)]

    def nodes(self, name: str, maximum: int, *, required: bool = False) -> list[_Node]:
        return [_Node(item, place, self.problems) for place, item in self.items(name, maximum, required=required)]

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


def load_json(raw: bytes) -> Any:
    """The content of a JSON file. Raises Invalid with line and column of what can't be read."""
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("Il file non è scritto in UTF-8.", {"file": "Il file JSON deve essere in UTF-8."}) from error
    except json.JSONDecodeError as error:
        place = f"riga {error.lineno}, colonna {error.colno}"
        raise Invalid("Il file non è un JSON completo.", {place: "Da qui in poi il file non si legge."}) from error
    except (RecursionError, ValueError) as error:
        raise Invalid("Il file non è un JSON completo.", {"file": "Il file non si legge."}) from error


def read_frame(data: Any, descriptions: Mapping[str, Mapping[str, Any]] | None = None) -> ReadFrame:
    """A frame out of JSON values; `descriptions` adds plain words by strategy code. Raises Invalid with every problem found."""
    problems = Problems()
    top = _Node(data, "", problems)
    title = top.text("title", 300, required=True)
    period = _Node(top.value.get("period") or {}, "period", problems)
    axes = [_axis(node, descriptions or {}) for node in top.nodes("axes", 100, required=True)]
    _no_twins([(f"axes[{i}].number", str(a.number)) for i, a in enumerate(axes, 1)], problems, "un altro asse")
    pairs = [(f"strategia {s.code}", s.code) for a in axes for s in a.strategies]
    _no_twins(pairs, problems, "un'altra strategia")
    plans = [_plan(node) for node in top.nodes("reference_plans", 100)]
    _no_twins([(f"piano {p.code}", p.code) for p in plans], problems, "un altro piano")
    phases = [_phase(node) for node in top.nodes("phases", 20)]
    _no_twins([(f"fase {p.kind}", p.kind) for p in phases], problems, "un'altra fase dello stesso tipo")
    frame = ReadFrame(
        slug=_slug(top, title),
        title=title,
        name=top.text("name", 300),
        vision=top.text("vision", 5000, long=True),
        language=top.text("language", 5) or "it",
        source=top.text("source", 2000),
        start_year=period.number("start_year", maximum=3000),
        end_year=period.number("end_year", maximum=3000),
        axes=axes,
        plans=plans,
        phases=phases,
    )
    problems.refuse()
    return frame


def _axis(node: _Node, descriptions: Mapping[str, Mapping[str, Any]]) -> ReadAxis:
    return ReadAxis(
        number=node.number("number", required=True, maximum=999) or 0,
        title=node.text("title", 300, required=True),
        objective=node.text("objective", 5000, long=True),
        strategies=[_strategy(each, descriptions) for each in node.nodes("strategies", 200, required=True)],
    )


def _strategy(node: _Node, descriptions: Mapping[str, Mapping[str, Any]]) -> ReadStrategy:
    code = node.code("code")
    extra = _Node(descriptions.get(code) or {}, f"descrizione di {code}", node.problems)
    return ReadStrategy(
        code=code,
        title=node.text("title", 300, required=True),
        description=node.text("description", 5000, long=True) or extra.text("description", 5000, long=True),
        keywords=node.words("keywords", 200) or extra.words("keywords", 200),
    )


def _plan(node: _Node) -> ReadPlan:
    provisions = [
        ReadProvision(each.code("code", 60), each.text("text", 20_000, required=True, long=True), each.number("page"))
        for each in node.nodes("provisions", 5000)
    ]
    code = node.code("code", 40)
    _no_twins(
        [(f"piano {code}, previsione {p.code}", p.code) for p in provisions], node.problems, "un'altra previsione"
    )
    return ReadPlan(code, node.text("title", 300, required=True), node.text("version", 60), provisions)


def _phase(node: _Node) -> ReadPhase:
    kind = node.text("kind", 20, required=True)
    if kind and kind not in list(PhaseKind):
        known = ", ".join(PhaseKind)
        node.problems.complain(
            f"{node.place}.kind", "«%(kind)s» non è un tipo di fase. I tipi sono: %(known)s.", kind=kind, known=known
        )
        kind = ""
    work = node.words("work", 50)
    description = node.text("description", 5000, long=True) or "\n".join(f"- {item}" for item in work)
    return ReadPhase(
        PhaseKind(kind or "preliminary"),
        node.text("title", 200, required=True),
        description,
        node.text("start", 20),
        node.text("end", 20),
    )


def _slug(top: _Node, title: str) -> str:
    slug = top.text("slug", 60) or slug_of(title)
    if slug and not _SLUG.fullmatch(slug):
        top.problems.complain(
            "slug", "«%(slug)s» non va bene: solo lettere minuscole senza accenti, cifre e trattini.", slug=slug
        )
    return slug


def _no_twins(pairs: Sequence[tuple[str, str]], problems: Problems, other: str) -> None:
    seen: set[str] = set()
    for place, value in pairs:
        if value in seen and value:
            problems.complain(place, f"«{value}» è già di {other}.")
        seen.add(value)


def read_territory(data: Any, *, name: str = "") -> ReadTerritory:
    """A territory out of JSON values; `name` stands where the file gives none. Raises Invalid with every problem found."""
    problems = Problems()
    top = _Node(data, "", problems)
    title = top.text("name", 200) or clean_line(name)
    if not title:
        problems.complain("name", "Il nome del territorio manca: scrivilo nel modulo o nel file.")
    nodes = top.nodes("zones", 500, required=True)
    codes = [node.code("code") for node in nodes]
    _no_twins([(f"zones[{i}].code", code) for i, code in enumerate(codes, 1)], problems, "un'altra zona")
    tiles = _tiles(nodes, problems)
    zones = [
        ReadZone(
            code,
            node.text("name", 120, required=True),
            node.number("residents"),
            node.number("municipalities", maximum=10_000),
            row,
            column,
        )
        for node, code, (row, column) in zip(nodes, codes, tiles, strict=True)
    ]
    places = [town for node, code in zip(nodes, codes, strict=True) for town in _towns(node, code)]
    territory = ReadTerritory(_slug(top, title), title, top.text("source", 2000), zones, places)
    problems.refuse()
    return territory


def _towns(node: _Node, zone_code: str) -> list[ReadMunicipality]:
    found = []
    for place, item in node.items("main_places", 2000):
        town = _Node({"name": item} if isinstance(item, str) else item, place, node.problems)
        found.append(_town(town, zone_code, place))
    return found


def _town(node: _Node, zone_code: str, place: str) -> ReadMunicipality:
    istat = node.text("istat_code", 20).zfill(6) if node.value.get("istat_code") not in {None, ""} else None
    if istat and not _ISTAT.fullmatch(istat):
        node.problems.complain(f"{place}.istat_code", "«%(istat)s» non è un codice ISTAT: ha sei cifre.", istat=istat)
    return ReadMunicipality(node.text("name", 120, required=True), zone_code, istat, node.number("residents"), place)


def _tiles(nodes: Sequence[_Node], problems: Problems) -> list[tuple[int, int]]:
    """Places in the schematic map, from 0: those of the file; where it gives none, rows of a grid about as wide as high."""
    given = [(node.number("tile_row", maximum=60), node.number("tile_column", maximum=60)) for node in nodes]
    taken: set[tuple[int, int]] = set()
    for node, (row, column) in zip(nodes, given, strict=True):
        if (row is None) != (column is None):
            problems.complain(f"{node.place}.tile_row", "Servono tutte e due, tile_row e tile_column, oppure nessuna.")
        if row is not None and column is not None:
            if (row, column) in taken:
                problems.complain(f"{node.place}.tile_row", "Un'altra zona ha già questo posto nella mappa schematica.")
            taken.add((row, column))
    width = max(1, math.ceil(math.sqrt(len(nodes))))
    below = max((row for row, _column in taken), default=-1) + 1
    free = ((below + i // width, i % width) for i in range(len(nodes)))
    return [(r, c) if r is not None and c is not None else next(free) for r, c in given]


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(raw).best()
        if best is None:
            raise Invalid("Il file non è un testo.", {"file": "Il file non si legge come testo."}) from None
        return str(best)


def read_table(raw: bytes, required: Sequence[str], maximum: int = 20_000) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with (line number, values by our column names); delimiter, encoding and usual headings recognised.

    Raises Invalid where a required column is missing or the file has no rows.
    """
    text = _decode(raw)
    if "\x00" in text:
        raise Invalid(
            "Il file non è un testo.", {"file": "Il file contiene caratteri che non si possono leggere (NUL)."}
        )
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        heads = [_heading(cell) for cell in next(reader, [])]
        missing = [name for name in required if name not in heads]
        if missing:
            sentence = Sentence(
                "Nella prima riga manca: %(missing)s. Le colonne lette sono: %(heads)s.",
                missing=", ".join(missing),
                heads=", ".join(heads) or "–",
            )
            raise Invalid("Nel file mancano delle colonne.", {"riga 1": sentence})
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, dict(zip(heads, cells, strict=False))))
            if len(rows) > maximum:
                raise Invalid("Il file è troppo lungo.", {"file": Sentence("Al massimo %(n)s righe.", n=maximum)})
    except csv.Error as error:
        raise Invalid(
            "Il file non è un CSV completo.", {f"riga {reader.line_num}": "Questa riga non si legge."}
        ) from error
    if not rows:
        raise Invalid("Il file è vuoto.", {"file": "Sotto la prima riga non c'è niente."})
    return rows


def _heading(cell: str) -> str:
    plain = " ".join(cell.strip().casefold().split())
    return next((name for name, words in _ALIASES.items() if plain in words), plain.replace(" ", "_"))


def zones_from_table(raw: bytes) -> dict[str, Any]:
    """A CSV of zones (code, name, municipalities, residents, tile_row, tile_column) as the values `read_territory` takes."""
    rows = read_table(raw, ("code", "name"), maximum=500)
    return {"zones": [{name: value for name, value in row.items() if value.strip()} for _line, row in rows]}


def municipalities_from_table(
    raw: bytes, zone_codes: Callable[[str], bool]
) -> tuple[list[ReadMunicipality], list[tuple[str, str]]]:
    """A CSV of municipalities (istat_code, name, zone_code, residents): the good rows, and (place, sentence) of each bad one."""
    good: list[ReadMunicipality] = []
    bad: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    for line, row in read_table(raw, ("istat_code", "name", "zone_code")):
        problems, place = Problems(), f"riga {line}"
        node = _Node(row, "", problems)
        zone_code = node.text("zone_code", 20, required=True)
        town = _town(node, zone_code, place)
        if zone_code and not zone_codes(zone_code):
            problems.complain(place, "La zona «%(code)s» non c'è in questo territorio.", code=zone_code)
        key = town.istat_code or fold_name(town.name)
        if key in seen:
            problems.complain(place, f"È la stessa della {seen[key]}.")
        seen.setdefault(key, place)
        if problems.found:
            bad.append((place, " ".join(dict.fromkeys(problems.found.values()))))
        else:
            good.append(town)
    return good, bad
