"""Several texts at once, who takes care of which, and what is left before the phases may close."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.coplanning.proposals import queries as proposals
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Role, ThingKind
from consult.moderation import rules
from consult.moderation.forms import TogetherForm, seen_version
from consult.moderation.queries import closing as left
from consult.moderation.queries import flags, items, waiting
from consult.moderation.queries import queue as lists
from consult.moderation.services import together, visibility
from consult.moderation.types import Verb
from consult.process import queries as processes
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("moderation_work", __name__)

REPORTED, FLAGGED, MINE, WAITING = "segnalate", "da-controllare", "mie", "in-attesa"
LISTS = (FLAGGED, REPORTED, MINE, WAITING)
#: What each choice of the form does.
VERBS = {"keep": Verb.kept, "hide": Verb.hidden, "publish": Verb.published, "refuse": Verb.refused}
KINDS = visibility.MODERATED


@bp.get("/scrivania/<slug>/moderazione/insieme")
@requires(Permission.see_moderation)
def several(slug: str) -> str:
    """The texts of one list with a box before each, one reason for all that are ticked."""
    return _several(TogetherForm(formdata=None))


@bp.post("/scrivania/<slug>/moderazione/insieme")
@requires(Permission.moderate)
def decide(slug: str) -> Any:
    """Hide the ticked texts with one reason, leave them visible, or give them to a moderator."""
    form = TogetherForm()
    _offer(form)
    if not form.validate_on_submit():
        return _several(form), 422
    things = _ticked()
    try:
        if form.act.data == "assign":
            together.assign(
                db(),
                process_id=context().id,
                things=[(kind, key) for kind, key, _version in things],
                account_id=clean_key(form.account.data),
                actor=actor(),
                now=now(),
            )
            flash(ngettext("%(num)s testo affidato.", "%(num)s testi affidati.", len(things)), "success")
            return redirect(url_for("moderation_work.several", slug=slug, elenco=_list()), 303)
        batch = together.decide_together(
            db(),
            process_id=context().id,
            things=things,
            verb=VERBS[form.act.data],
            reason_code=form.reason.data,
            actor=actor(),
            now=now(),
            note=form.note.data or "",
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return _several(form, wrong="" if error.fields else say(error.message)), 422
    return redirect(url_for("moderation.queue", slug=slug, elenco=_list(), annulla=str(batch), _anchor="voce"), 303)


@bp.post("/scrivania/<slug>/moderazione/<kind>/<uuid:thing_id>/affida")
@requires(Permission.moderate)
def assign(slug: str, kind: str, thing_id: uuid.UUID) -> Response:
    """Give one text to a moderator, or to nobody."""
    if kind not in KINDS:
        raise NotFound
    together.assign(
        db(),
        process_id=context().id,
        things=[(ThingKind(kind), thing_id)],
        account_id=clean_key(request.form.get("account")),
        actor=actor(),
        now=now(),
    )
    flash(_("Salvato: si vede chi se ne occupa."), "success")
    place: dict[str, Any] = {
        name: value for name in ("elenco", "strategia", "zona") if (value := request.form.get(name))
    }
    return redirect(
        url_for("moderation.queue", slug=slug, voce=f"{kind}:{thing_id}", _anchor="voce", **place),
        303,
    )


@bp.get("/scrivania/<slug>/moderazione/chiusura")
@requires(Permission.see_moderation)
def closing(slug: str) -> str:
    """The proposals without an outcome, which keep co-planning and drafting open."""
    page = lists.undecided(db(), process_id=context().id, cursor=request.args.get("da"))
    by_strategy = left.left_by_strategy(db(), process_id=context().id)
    unread, first = left.unread(db(), process_id=context().id)
    return render_template(
        "moderation/closing.html",
        page=page,
        by_strategy=by_strategy,
        total=sum(row.number for row in by_strategy),
        unread=unread,
        contested=proposals.regroupings(db(), process_id=context().id, contested=True).rows,
        first=first,
    )


def _list() -> str:
    chosen = request.values.get("elenco", FLAGGED)
    return chosen if chosen in LISTS else FLAGGED


def _ticked() -> list[together.Seen]:
    found = []
    for value in request.form.getlist("cosa")[: rules.MAX_TOGETHER + 1]:
        kind, _colon, rest = value.partition(":")
        raw, _colon, version = rest.partition(":")
        key = clean_key(raw)
        if kind in KINDS and key:
            found.append((ThingKind(kind), key, seen_version(version)))
    return found


def _offer(form: TogetherForm) -> None:
    moderators = [m for m in processes.members(db(), process_id=context().id) if m.role == Role.moderator]
    form.offer([(str(m.account_id), m.display_name) for m in moderators], waiting=_list() == WAITING)


def _several(form: TogetherForm, wrong: str = "") -> str:
    _offer(form)
    here, who, name = context(), person(), _list()
    asked: dict[str, Any] = {"process_id": here.id, "cursor": request.values.get("da"), "size": rules.MAX_TOGETHER}
    page = (
        lists.reported(db(), **asked)
        if name == REPORTED
        else flags.flagged(db(), **asked)
        if name == FLAGGED
        else waiting.waiting(db(), **asked)
        if name == WAITING
        else flags.pending_for(db(), account_id=who.id if who else uuid.UUID(int=0), **asked)
    )
    texts = items.texts(db(), process_id=here.id, things=[(row.kind, row.id) for row in page.rows])
    ticked = set(request.form.getlist("cosa"))
    if request.method == "GET" and request.args.get("tutti") == "1":
        ticked = {f"{row.kind}:{row.id}:{texts[row.id].version}" for row in page.rows if row.id in texts}
    return render_template(
        "moderation/several.html",
        form=form,
        page=page,
        texts=texts,
        chosen=name,
        names=LISTS,
        ticked=ticked,
        here={"elenco": name, "da": request.values.get("da")},
        wrong=wrong,
        most=rules.MAX_TOGETHER,
    )
