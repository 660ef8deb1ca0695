"""Tables of zones and municipalities, as CSV of any delimiter and encoding. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.framework.rules.nodes import Node, Problems, decode, fold_name
from consult.framework.rules.territories import _town
from consult.framework.types import (
    ReadMunicipality,
)

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


def read_table(raw: bytes, required: Sequence[str], maximum: int = 20_000) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with (line number, values by our column names); delimiter, encoding and usual headings recognised.

    Raises Invalid where a required column is missing or the file has no rows.
    """
    text = decode(raw)
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
            "Il file non è un CSV completo.", {Sentence("riga %(n)s", n=reader.line_num): "Questa riga non si legge."}
        ) from error
    if not rows:
        raise Invalid("Il file è vuoto.", {"file": "Sotto la prima riga non c’è niente."})
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
        problems, place = Problems(), Sentence("riga %(n)s", n=line)
        node = Node(row, "", problems)
        zone_code = node.text("zone_code", 20, required=True)
        town = _town(node, zone_code, place)
        if zone_code and not zone_codes(zone_code):
            problems.complain(place, "La zona «%(code)s» non c’è in questo territorio.", code=zone_code)
        key = town.istat_code or fold_name(town.name)
        if key in seen:
            problems.complain(place, "È la stessa della %(row)s.", row=seen[key])
        seen.setdefault(key, place)
        if problems.found:
            bad += [(place, sentence) for sentence in dict.fromkeys(problems.found.values())]
        else:
            good.append(town)
    return good, bad
