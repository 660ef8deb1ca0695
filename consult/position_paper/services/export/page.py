"""The paper as one HTML file that needs nothing else: style, figures and text are inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from jinja2 import Environment, FileSystemLoader

from config import ROOT, Settings
from consult.position_paper.services.export.blocks import blocks, edition_name, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.printed import Printed
from consult.position_paper.services.showing import ShownPaper

_STYLE = ROOT / "templates" / "position_paper" / "export.css"


def to_html(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited] | None = None,
) -> bytes:
    """The file, readable without a network; `version` None is a draft."""
    found, drawings = blocks(paper, settings=settings, now=now, version=version, cited=cited or {})
    _ = translations(paper.language).ugettext
    kind = edition_name(paper, version, _)
    return write_html(
        Printed(paper.title, paper.process["title"], paper.language, kind, found, drawings), settings=settings
    )


def write_html(paper: Printed, *, settings: Settings) -> bytes:
    """Any document as one HTML file."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    environment.install_gettext_translations(translations(paper.language), newstyle=True)  # type: ignore[attr-defined]  # Added by the extension.
    notes: list[str] = []
    for block in paper.blocks:
        for run in block.get("runs", ()):
            if run["note"]:
                notes.append(run["note"])
                run["at"] = len(notes)
    page = environment.get_template("position_paper/export.html").render(
        paper=paper,
        blocks=paper.blocks,
        notes=notes,
        contents=[b for b in paper.blocks if b["kind"] == "heading" and b["level"] <= 2],
        style=_data(_STYLE.read_bytes(), "text/css"),
        figures={name: _data(svg.encode(), "image/svg+xml") for name, svg in paper.drawings.items()},
        authority=settings.authority_name,
    )
    return page.encode()


def _data(body: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"
