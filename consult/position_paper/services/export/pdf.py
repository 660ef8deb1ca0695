"""The paper as a tagged PDF with bookmarks; what people wrote goes in as data, never as markup (`ports.typesetting`)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime

from config import ROOT, Settings
from consult.ports.typesetting import short_lived_folder, typeset
from consult.position_paper.services.export.blocks import blocks, edition_name, translations
from consult.position_paper.services.export.citations import Cited
from consult.position_paper.services.export.printed import Printed
from consult.position_paper.services.showing import ShownPaper

#: Beyond these the typesetter would need more memory than it is given: notes then stand under each finding, and the sources are told
#: by channel instead of one a row. Five thousand sources and twelve hundred notes took 1.2 GB, and so take a quarter of one.
MOST_FOOTNOTES, MOST_SOURCES = 300, 600
_TEMPLATE = ROOT / "templates" / "position_paper" / "report.typ"


def to_pdf(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited] | None = None,
) -> bytes:
    """The file, byte for byte the same for the same paper, version and moment; `version` None is a draft.

    Raises PressFailed where it is refused, or would take more than a minute or the memory a file is given.
    """
    known = cited or {}
    found, drawings = blocks(
        paper, settings=settings, now=now, version=version, cited=known, each_source=len(known) <= MOST_SOURCES
    )
    _ = translations(paper.language).ugettext
    kind = edition_name(paper, version, _)
    printed = Printed(paper.title, paper.process["title"], paper.language, kind, found, drawings)
    return write_pdf(printed, settings=settings, now=now)


def write_pdf(paper: Printed, *, settings: Settings, now: datetime) -> bytes:
    """Any document as PDF. Raises PressFailed."""
    noted = [run for block in paper.blocks for run in block.get("runs", ()) if run["note"]]
    for number, run in enumerate(noted, start=1):
        run["at"] = number
    _ = translations(paper.language).ugettext
    data = {
        "title": paper.title,
        "process": paper.about,
        "author": settings.authority_name,
        "lang": paper.language,
        "contents": _("Indice"),
        "page": _("Pagina"),
        "kind": paper.kind,
        "gathered": len(noted) > MOST_FOOTNOTES,
        "blocks": list(paper.blocks),
    }
    with short_lived_folder() as folder:
        for name, svg in paper.drawings.items():
            (folder / f"{name}.svg").write_text(svg, "utf-8")
        shutil.copyfile(_TEMPLATE, folder / _TEMPLATE.name)
        return typeset(folder, _TEMPLATE.name, data, settings=settings, now=now)
