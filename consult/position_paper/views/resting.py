"""What the sentences of a paper's short texts rest on: each sentence with the sources behind it, as far as anyone may read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.position_paper import queries, services
from consult.position_paper.services import ShownPaper
from consult.position_paper.types import ShownSentence
from consult.position_paper.views.blueprint import bp
from consult.position_paper.views.consultation import opened
from consult.position_paper.views.opening import open_resting
from consult.web.access import requires
from consult.web.forms import asked_place
from consult.web.session import context, db


@dataclass(frozen=True, slots=True)
class ShortText:
    """The short text of a section, or of a strategy in it (`strategy` its code), with its sentences."""

    section: str
    strategy: str
    title: str
    sentences: tuple[ShownSentence, ...]


def _short_texts(paper: ShownPaper) -> Iterator[ShortText]:
    """Those of a paper, in its order."""
    for section in paper.sections:
        if section.summary:
            yield ShortText(section.code, "", section.title, section.summary)
        titles = {code: title for code, title, _ in section.by_strategy() if code}
        for code, told in section.strategies.items():
            if told:
                yield ShortText(section.code, code, f"{code} {titles.get(code) or ''}".strip(), told)


def _page(content: Mapping[str, Any], name: str, back: str, here: str) -> str:
    """The page of all short texts, or of the one sentence that is asked for; `here` is its own address."""
    listed = list(_short_texts(services.show_paper(db(), content=content)))
    asked = (request.args.get("di", ""), request.args.get("strategia", ""))
    text = next((t for t in listed if (t.section, t.strategy) == asked), None)
    place = asked_place(len(text.sentences) if text else 0)
    if place is None:
        return render_template("position_paper/resting.html", listed=listed, name=name, back=back, here=here)
    if text is None or not place:
        raise NotFound
    sentence = text.sentences[place - 1]
    return render_template(
        "position_paper/resting_sentence.html",
        text=text,
        place=place,
        sentence=sentence,
        cited=open_resting(content, sentence.source_ids, after=request.args.get("dopo", type=int) or 0),
        name=name,
        back=back,
        here=here,
    )


@bp.get("/processi/<slug>/position-paper/versioni/<int:number>/sintesi")
@requires(Permission.view_process)
def resting(slug: str, number: int) -> str:
    """The short texts of a published version, sentence by sentence, with what each rests on."""
    version = queries.version(db(), process_id=context().id, number=number) if number else None
    if version is None:
        raise NotFound
    back = url_for("position_paper.public", slug=slug, versione=number)
    return _page(version.content, version.content["title"], back, url_for(".resting", slug=slug, number=number))


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/sintesi")
@requires(Permission.view_process)
def draft_resting(slug: str, number: int) -> str:
    """The same of a draft in consultation."""
    found = opened(number)
    back = url_for("position_paper.draft", slug=slug, number=number)
    return _page(found.content, found.content["title"], back, url_for(".draft_resting", slug=slug, number=number))
