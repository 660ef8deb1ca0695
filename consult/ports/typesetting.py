"""PDF from a document and its data: tagged, for readers and archives (PDF/UA-1 and PDF/A-2a at once), by typst.

What people wrote goes in as JSON data, never as markup, and the typesetter reads nothing outside a folder made for it. Characters that
no font has are written as [U+4F60], since one of them would stop the whole file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

from config import ROOT, Settings

_MISSING = re.compile(r"the text `\"((?:[^\"\\]|\\.)+)\"` could not be displayed")
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_ROUNDS = 12


def font_folders(settings: Settings) -> list[Path]:
    """Where fonts that the typesetter can read are kept: those fetched for it, else those of the site's own design."""
    vendor = ROOT / "consult" / "web" / "static" / "vendor" / "bootstrap-italia" / "fonts"
    return [path for path in (settings.data_dir / "fonts", ROOT / "var" / "fonts", vendor) if path.is_dir()]


def typeset(folder: Path, document: str, data: Any, *, settings: Settings, now: datetime) -> bytes:
    """Typeset `document`, which reads `data.json`, both in `folder`; writes characters that no font has by their number, and tries again."""
    import typst  # noqa: PLC0415  # The web shares this room and must not load a typesetter of 80 MB.

    fonts, data = font_folders(settings), _printable(data)
    for attempt in range(_ROUNDS):
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        try:
            body: bytes = typst.compile(
                folder / document,
                root=folder,
                font_paths=list(fonts),
                ignore_system_fonts=True,
                pdf_standards=["ua-1", "a-2a"],
                timestamp=int(now.timestamp()),
            )
            return body
        except typst.TypstError as error:
            missing = {
                c for words in _MISSING.findall(f"{error.message} {error.diagnostic}") for c in _unescaped(words)
            }
            if not missing:
                raise
            # Near the end of the tries everything that is no common writing of Europe goes at once.
            late = attempt >= _ROUNDS - 3
            data = _replace(data, missing, late)
    raise RuntimeError("the document holds characters that could not be replaced")


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
