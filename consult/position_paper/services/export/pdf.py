"""The paper as a tagged PDF (PDF/UA-1 and PDF/A-2a at once), by typst in a child process with limits of its own.

What people wrote goes in as JSON data, never as markup, and the typesetter reads nothing outside a folder made for it. Characters that
no font has are written as [U+4F60], since one of them would stop the whole file.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from config import ROOT, Settings
from consult.position_paper.services.export.blocks import blocks, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.press import PressFailed, typeset
from consult.position_paper.services.showing import ShownPaper

_TEMPLATES = ROOT / "templates" / "position_paper"
_MISSING = re.compile(r"the text `\"((?:[^\"\\]|\\.)+)\"` could not be displayed")
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_ROUNDS = 12


def to_pdf(
    paper: ShownPaper, *, settings: Settings, now: datetime, version: int | None, cited: Mapping[str, Cited] | None = None
) -> bytes:
    """A tagged PDF with bookmarks and language; byte for byte the same for the same paper, version and moment.

    Raises PressFailed where it would take more than a minute or half a gigabyte.
    """
    found, drawings = blocks(paper, settings=settings, now=now, version=version, cited=cited or {})
    _ = translations(paper.language).ugettext
    data = {
        "title": paper.title,
        "process": paper.process["title"],
        "author": settings.authority_name,
        "lang": paper.language,
        "contents": _("Indice"),
        "page": _("Pagina"),
        "kind": _("Bozza") if version is None else _("Versione %s") % version,
        "blocks": found,
    }
    with _folder() as folder:
        for name, svg in drawings.items():
            (folder / f"{name}.svg").write_text(svg, "utf-8")
        shutil.copyfile(_TEMPLATES / "report.typ", folder / "report.typ")
        return _typeset(folder, _printable(data), font_folders(settings), now)


def drawings_as_png(drawings: Mapping[str, str], *, settings: Settings) -> dict[str, bytes]:
    """Figures as PNG at 144 dots an inch, for formats that show no SVG everywhere."""
    if not drawings:
        return {}
    with _folder() as folder:
        # All in one go, a page each: the child costs more than the drawing.
        pages = []
        for name, svg in drawings.items():
            (folder / f"{name}.svg").write_text(svg, "utf-8")
            pages.append(f'#image("{name}.svg", width: 100%)')
        body = "#set page(width: 15cm, height: auto, margin: 0pt)\n" + "\n#pagebreak()\n".join(pages)
        (folder / "figures.typ").write_text(body, "utf-8")
        typeset(
            {
                "input": str(folder / "figures.typ"),
                "output": str(folder / "page-{p}.png"),
                "root": str(folder),
                "fonts": [str(path) for path in font_folders(settings)],
                "format": "png",
            }
        )
        return {name: (folder / f"page-{n}.png").read_bytes() for n, name in enumerate(drawings, start=1)}


def png_size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header (PNG, section 11.2.2)."""
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="paper-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def font_folders(settings: Settings) -> list[Path]:
    """Where fonts that the typesetter can read are kept: those fetched for it, else those of the site's own design."""
    vendor = ROOT / "consult" / "web" / "static" / "vendor" / "bootstrap-italia" / "fonts"
    return [path for path in (settings.data_dir / "fonts", ROOT / "var" / "fonts", vendor) if path.is_dir()]


def _typeset(folder: Path, data: Any, fonts: list[Path], now: datetime) -> bytes:
    """Typeset, writing characters that no font has by their number, and trying again."""
    task = {
        "input": str(folder / "report.typ"), "output": str(folder / "report.pdf"), "root": str(folder), "fonts": [str(path) for path in fonts],
        "format": "pdf", "standards": ["ua-1", "a-2a"], "timestamp": int(now.timestamp()),
    }  # fmt: skip  # one row of values reads better so
    for attempt in range(_ROUNDS):
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        try:
            typeset(task)
            return (folder / "report.pdf").read_bytes()
        except PressFailed as failed:
            missing = {c for words in _MISSING.findall(str(failed)) for c in _unescaped(words)}
            if not missing or failed.limits:
                raise
            # Near the end of the tries everything that is no common writing of Europe goes at once.
            late = attempt >= _ROUNDS - 3
            data = _replace(data, missing, late)
    raise RuntimeError("the paper holds characters that could not be replaced")


def _unescaped(words: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), words).replace('\\"', '"').replace("\\\\", "\\")


def _replace(value: Any, missing: set[str], late: bool) -> Any:
    def plain(character: str) -> str:
        bad = character in missing or (late and ord(character) > 0x24F and character not in "–—‘’“”«»…€•⟦⟧")
        return f"[U+{ord(character):04X}]" if bad and not character.isspace() else " " if bad else character

    if isinstance(value, str):
        return "".join(plain(c) for c in value)
    if isinstance(value, list):
        return [_replace(v, missing, late) for v in value]
    if isinstance(value, dict):
        return {
            k: v if k in {"kind", "name", "id", "url", "lang"} else _replace(v, missing, late) for k, v in value.items()
        }
    return value


def _printable(value: Any) -> Any:
    """Values without control and format characters, which no font has and PDF/UA refuses; joiners inside emoji stay."""
    if isinstance(value, str):
        return "".join(
            c for c in value if c in "\n\u200d\ufe0f" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        )
    if isinstance(value, list):
        return [_printable(v) for v in value]
    if isinstance(value, dict):
        return {k: _printable(v) for k, v in value.items()}
    return value
