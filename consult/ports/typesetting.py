"""PDF from a document and its data: tagged, for readers and archives (PDF/UA-1 and PDF/A-2a at once), by typst in
a child process with limits of its own (`ports.press`).

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
from time import monotonic
from typing import Any

from config import ROOT, Settings
from consult.ports.press import PATIENCE_S, PressFailed, press

_MISSING = re.compile(r"the text `\"((?:[^\"\\]|\\.)+)\"` could not be displayed")
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_ROUNDS = 12


def font_folders(settings: Settings) -> list[Path]:
    """Where fonts that the typesetter can read are kept: those fetched for it, else those of the site's own design."""
    vendor = ROOT / "consult" / "web" / "static" / "vendor" / "bootstrap-italia" / "fonts"
    return [path for path in (settings.data_dir / "fonts", ROOT / "var" / "fonts", vendor) if path.is_dir()]


def typeset(folder: Path, document: str, data: Any, *, settings: Settings, now: datetime) -> bytes:
    """Typeset `document`, which reads `data.json`, both in `folder`; writes characters that no font has by their number, and tries again.

    Raises PressFailed where it is refused, or takes more than a minute or the memory it is given.
    """
    data = _printable(data)
    task = {
        **_task(folder, document, "out.pdf", settings), "format": "pdf", "standards": ["ua-1", "a-2a"], "timestamp": int(now.timestamp()),
    }  # fmt: skip  # one row of values reads better so
    until = monotonic() + PATIENCE_S
    for attempt in range(_ROUNDS):
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        try:
            # All rounds together have the minute that a document is given.
            press(task, patience=until - monotonic())
            return (folder / "out.pdf").read_bytes()
        except PressFailed as failed:
            missing = {c for words in _MISSING.findall(str(failed)) for c in _unescaped(words)}
            if not missing or failed.limits:
                raise
            # Near the end of the tries everything that is no common writing of Europe goes at once.
            late = attempt >= _ROUNDS - 3
            data = _replace(data, missing, late)
    raise PressFailed("The document holds characters that could not be replaced.")


def as_png(drawings: Mapping[str, str], *, settings: Settings) -> dict[str, bytes]:
    """Drawings in SVG, by name, as PNG at 144 dots an inch: for formats that show no SVG everywhere."""
    if not drawings:
        return {}
    with short_lived_folder() as folder:
        # All in one go, a page each: the child costs more than the drawing.
        pages = []
        for name, svg in drawings.items():
            (folder / f"{name}.svg").write_text(svg, "utf-8")
            pages.append(f'#image("{name}.svg", width: 100%)')
        body = "#set page(width: 15cm, height: auto, margin: 0pt)\n" + "\n#pagebreak()\n".join(pages)
        (folder / "figures.typ").write_text(body, "utf-8")
        press({**_task(folder, "figures.typ", "page-{p}.png", settings), "format": "png"})
        return {name: (folder / f"page-{n}.png").read_bytes() for n, name in enumerate(drawings, start=1)}


def png_size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header (PNG, section 11.2.2)."""
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


@contextmanager
def short_lived_folder() -> Iterator[Path]:
    """A folder for what is typeset, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="paper-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _task(folder: Path, document: str, output: str, settings: Settings) -> dict[str, Any]:
    return {
        "input": str(folder / document),
        "output": str(folder / output),
        "root": str(folder),
        "fonts": [str(path) for path in font_folders(settings)],
    }


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
