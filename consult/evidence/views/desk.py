"""The reading queue, who is where, and making two themes of one."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.evidence import queries, rules
from consult.evidence.forms import SplitForm
from consult.evidence.services import reading, splitting
from consult.evidence.views.blueprint import bp
from consult.evidence.views.themes import desk, opened
from consult.listening.sources import queries as sources
from consult.web.access import requires, without_receipt
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

#: Things a person may be seen at.
PLACES = frozenset({"theme", "finding", "section", "source"})


@bp.post("/scrivania/<slug>/presenza")
@requires(Permission.be_seen)
@without_receipt("Sent every few seconds by an open page: each time it says the same.")
def presence(slug: str) -> str:
    """Say where this person is, and learn who else is here."""
    kind, thing_id = request.form.get("tipo", ""), clean_key(request.form.get("id"))
    if kind not in PLACES or thing_id is None:
        raise NotFound
    reading.be_seen(db(), process_id=context().id, kind=kind, thing_id=thing_id, actor=actor(), now=now())
    others = queries.others_here(db(), process_id=context().id, account_id=actor().account_id)
    return render_template("evidence/_presence.html", others=others, kind=kind, thing_id=thing_id)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/divisione")
@requires(Permission.decide_themes)
def split(slug: str, theme_id: uuid.UUID) -> Response | tuple[str, int]:
    """Move chosen sources under a new theme."""
    form = SplitForm()
    keys = [key for raw in request.form.getlist("fonte") if (key := clean_key(raw))]
    if not form.validate():
        return desk(theme_id, status=422, split=form)
    try:
        new_id = splitting.split(
            db(), process_id=context().id, theme_id=theme_id, version=form.version.data, label=form.label.data, source_ids=keys,
            actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"label": next(iter(error.fields.values()), error.message)})
        return desk(theme_id, status=422, split=form)
    flash(
        ngettext(
            "%(num)d fonte sta ora sotto il tema nuovo.", "%(num)d fonti stanno ora sotto il tema nuovo.", len(keys)
        ),
        "success",
    )
    return opened(slug, new_id, just=theme_id)


def _hours(seconds: float) -> str:
    """Time in words, rounded as one would say it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return str(_("meno di un minuto"))
    if minutes < 90:
        return str(ngettext("circa %(num)d minuto", "circa %(num)d minuti", minutes))
    return str(ngettext("circa %(num)d ora", "circa %(num)d ore", round(minutes / 60)))


@bp.get("/scrivania/<slug>/lettura")
@requires(Permission.see_evidence)
def queue(slug: str) -> str:
    """The sources to read, those worth most first, with one of them open."""
    here, who = context(), actor().account_id
    done = request.args.get("vista") == "lette"
    left = queries.left_to_read(db(), process_id=here.id, account_id=who)
    points, after = request.args.get("da", type=int), clean_key(request.args.get("dopo"))
    rows = queries.reading_queue(
        db(), process_id=here.id, account_id=who, under_zones=left.under_zones, under_speakers=left.under_speakers, read=done,
        after=(points, after) if points is not None and after is not None else None,
    )  # fmt: skip  # one row of values reads better so
    wanted = clean_key(request.args.get("fonte"))
    chosen = wanted or (rows[0].id if rows else None)
    card = sources.card(db(), source_id=chosen, process_id=here.id) if chosen else None
    if wanted and card is None:
        raise NotFound
    order = [row.id for row in rows]
    at = order.index(chosen) if chosen in order else -1
    return render_template(
        "evidence/reading.html",
        rows=rows,
        card=card,
        row=next((row for row in rows if row.id == chosen), None),
        themes=queries.themes_for_source(db(), source_ids=[chosen])[chosen] if chosen and card else [],
        readers_of=queries.readers_of(db(), source_ids=[chosen])[chosen] if chosen and card else [],
        next_id=order[at + 1] if 0 <= at < len(order) - 1 else None,
        previous_id=order[at - 1] if at > 0 else None,
        done=done,
        left=left,
        hours=_hours(rules.seconds_left(left.sources, left.words, left.pace)),
        readers=queries.readers(db(), process_id=here.id),
        just=clean_key(request.args.get("appena")),
        full=len(rows) == queries.QUEUE,
    )


@bp.post("/scrivania/<slug>/lettura/<uuid:source_id>")
@requires(Permission.read_sources)
def mark_read(slug: str, source_id: uuid.UUID) -> Response:
    """Mark a source as read, or as not read after all, and open the next."""
    read = request.form.get("letta") != "no"
    reading.mark_read(db(), process_id=context().id, source_id=source_id, read=read, actor=actor(), now=now())
    if not read:
        return redirect(url_for("evidence.queue", slug=slug, fonte=source_id), 303)
    return redirect(
        url_for("evidence.queue", slug=slug, fonte=clean_key(request.form.get("poi")), appena=source_id), 303
    )
