"""The thread of anything both ways, as nested lists and as a drawing, and where it is broken."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.overview import rules
from consult.overview.queries import orphans as broken
from consult.overview.queries import thread as queries
from consult.overview.queries.thread_nodes import Loader
from consult.overview.types import Node
from consult.web import formats
from consult.web.access import can, requires
from consult.web.labels import label
from consult.web.session import context, db

bp = Blueprint("thread", __name__)


@bp.get("/processi/<slug>/filo/<kind>/<uuid:thing_id>")
@requires(Permission.view_process)
def show(slug: str, kind: str, thing_id: uuid.UUID) -> str:
    """From what was said to what is decided, and back, for one thing."""
    staff = can("read_register")
    loader = Loader(db(), process_id=context().id, slug=slug, staff=staff)
    found = queries.thread(loader, kind=kind, thing_id=thing_id)
    if found is None:
        raise NotFound
    return render_template(
        "overview/thread.html", thread=found, drawing=rules.draw(found), words=words, link=link, own_page=own_page
    )


@bp.get("/scrivania/<slug>/filo")
@requires(Permission.read_register)
def orphans(slug: str) -> str:
    """Where the thread is broken."""
    return render_template("overview/orphans.html", found=broken.orphans(db(), process_id=context().id))


def link(node: Node) -> str:
    """The thread of a node."""
    return url_for("thread.show", slug=context().slug, kind=node.kind, thing_id=node.id)


def own_page(node: Node) -> str:
    """The page of a node, or nothing where the reader may not open it."""
    return url_for(node.page[0], **_values(node.page[1])) if node.page else ""


def words(node: Node) -> dict[str, str]:
    """Title and note of a node in the reader's language; `beside`: the note for where its number stands already."""
    number = f"n. {node.number}" if node.number is not None and not node.hidden else ""
    beside = " · ".join(part for part in _notes(node) if part)
    note = " · ".join(part for part in (number, beside) if part)
    return {"title": node.title or _no_title(node), "note": note, "beside": beside}


def _values(values: dict[str, str]) -> dict[str, Any]:
    return dict(values)


def _no_title(node: Node) -> str:
    if node.hidden:
        return str(_("proposta nascosta: non rispettava le regole"))
    return str(_("il testo non è pubblico") if node.kind == "source" else _("senza titolo"))


def _notes(node: Node) -> list[str]:
    """What is said of a node beside its title and number: state with its day and who decided, channel and zone."""
    day = formats.day(node.at) if node.at else ""
    if node.hidden:
        return []
    if node.kind == "finding":
        edition = _("position paper, versione %(n)s", n=node.version) if node.version else ""
        return [f"{edition}, {day}" if edition and day else str(edition)]
    if node.kind == "proposal":
        known = {
            "waiting": _("in attesa di risposta"), "onward": _("continua in un’altra proposta"), "parted": _("continua in più proposte"),
            "withdrawn": _("ritirata"),
            "merged": _("unita ad altre"), "split": _("nata da un’altra"),
            "divided": _("divisa in più proposte"),
        }  # fmt: skip  # one row per kind reads better so
        state = str(known.get(node.note) or label(node.note, "Outcome"))
        return [", ".join(part for part in (state, day, node.body) if part)]
    if node.kind == "action":
        return [label(node.note, "ActionState")]
    if node.kind == "theme":
        return [label(node.note, "Decision")]
    if node.kind == "source":
        if node.note == "contrary":
            return [str(_("di segno contrario"))]
        channel, _dot, rest = node.note.partition(" · ")
        return [label(channel, "Channel"), rest]
    return [node.note or day]
