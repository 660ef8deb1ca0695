"""Reading proposals: the list, one proposal, its comments and versions, feed and files."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, session, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.proposals import queries, rules
from consult.coplanning.proposals.queries.listing import MERGED, OPEN
from consult.coplanning.proposals.types import Sort
from consult.coplanning.proposals.views.blueprint import bp, shown, viewer_id
from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import Outcome, PhaseKind, SpeakerKind, Stance, ThingKind
from consult.core.wordings import changes
from consult.discussion import queries as discussion
from consult.discussion.forms import CommentForm, ReplyForm, TalkForm
from consult.discussion.rules import signature
from consult.framework import queries as framework
from consult.position_paper.queries import finding_cards
from consult.process.queries import current_notice
from consult.web.access import can, requires
from consult.web.session import context, db

#: Column of the files, with what it holds: the data dictionary travels with the data.
COLUMNS = {
    "id": "Permanent key of the proposal.",
    "number": "Its number in the process.",
    "title": "Title.",
    "text": "Text, in Markdown.",
    "strategy_code": "Code of the strategy it is for.",
    "strategy_title": "Title of the strategy.",
    "finding_id": "Key of the finding of the position paper it answers, if any.",
    "zone_codes": "Codes of the zones it speaks of, separated by spaces; empty for the whole territory.",
    "municipality": "Municipality it speaks of, if any.",
    "author": "Signature as its page shows it.",
    "author_kind": "Kind of speaker.",
    "organisation": "Body in whose name it is, if any.",
    "state": "published or merged.",
    "supports_count": "People who support it.",
    "comments_count": "Visible comments and replies.",
    "outcome": "Published disposition, if any.",
    "outcome_reason": "Public reason of the disposition.",
    "outcome_body": "Body that decided.",
    "outcome_at": "When the disposition was published (ISO 8601, UTC).",
    "created_at": "When it was submitted (ISO 8601, UTC).",
    "edited_at": "When its words last changed, if they did (ISO 8601, UTC).",
    "origin": "web, paper or meeting: how it came in.",
    "latitude": "Degrees north of the point it is about, if any.",
    "longitude": "Degrees east of the point it is about, if any.",
    "co_authors": "Signatures of who proposed changes that are part of the text, separated by semicolons.",
}


#: Where a point is shown: a free map that anyone may use, opened only by who asks for it.
MAP = "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=16/{lat}/{lon}"
#: Ways of showing the list besides cards, as the address spells them.
VIEWS = ("tabella", "mappa")


@bp.get("/processi/<slug>/proposte")
@requires(Permission.view_process)
def index(slug: str) -> str:
    """The list: search, filters, order, pages."""
    here = context()
    given = {
        name: request.args.get(name, "").strip()
        for name in ("q", "asse", "strategia", "zona", "stato", "chi", "ordine", "vista")
    }
    strategies = framework.strategies(db(), frame_id=here.frame_id)
    zones = framework.zones(db(), territory_id=here.territory_id)
    cursor = request.args.get("da")
    sort = Sort(given["ordine"]) if given["ordine"] in set(Sort) else Sort.newest
    if given["vista"] not in VIEWS:
        given["vista"] = ""
    if sort == Sort.needs_opinions and not given["stato"]:
        # Opinions help only what is not decided yet.
        given["stato"] = OPEN
    wanted = [
        s.id
        for s in strategies
        if given["strategia"] == s.code or (not given["strategia"] and given["asse"] == str(s.axis_number))
    ]
    if (given["strategia"] or given["asse"]) and not wanted:
        given["strategia"] = given["asse"] = ""
    filters = queries.Filters(
        words=given["q"][:200],
        strategy_ids=wanted,
        zone_id=next((z.id for z in zones if z.code == given["zona"]), None),
        state=given["stato"] if given["stato"] in {OPEN, MERGED, *Outcome} else "",
        author_kind=given["chi"] if given["chi"] in set(SpeakerKind) else "",
        language=here.language,
    )
    page = queries.listing(
        db(),
        process_id=here.id,
        filters=filters,
        sort=sort,
        viewer_id=viewer_id(),
        cursor=cursor,
        seed=_seed(cursor) if sort == Sort.shuffled else 0,
    )
    base = url_for("proposals.index", slug=slug)
    kept = {name: value for name, value in given.items() if value}
    in_zones = queries.by_zone(db(), process_id=here.id, filters=filters) if given["vista"] == "mappa" else {}
    outlines = framework.outline_map(db(), territory_id=here.territory_id) if given["vista"] == "mappa" else None
    dots = queries.points(db(), process_id=here.id, filters=filters) if outlines else []
    most = max((n for code, n in in_zones.items() if code), default=1)
    return render_template(
        "coplanning/proposals/index.html",
        page=page,
        total=queries.count(db(), process_id=here.id, filters=filters),
        base=base,
        next_url=f"{base}?{urlencode({**kept, 'da': page.next_cursor})}" if page.next_cursor else None,
        first_url=f"{base}?{urlencode(kept)}" if cursor else None,
        given=given,
        in_zones=in_zones,
        outlines=outlines,
        dots=[(p, place) for p in dots if outlines and (place := outlines.mark(p.latitude, p.longitude))],
        levels={code: -(-4 * n // most) for code, n in in_zones.items()},
        addresses={name: f"{base}?{urlencode({**kept, 'vista': name})}" for name in VIEWS},
        cards_address=f"{base}?{urlencode({k: v for k, v in kept.items() if k != 'vista'})}",
        zone_links={z.code: f"{base}?{urlencode({**kept, 'zona': z.code})}" for z in zones},
        filters=filters,
        filters_mark=None if kept else _mark(base, strategies, zones),
        sort=sort,
        sorts=list(Sort),
        axes=[(number, list(group)) for number, group in groupby(strategies, key=lambda s: s.axis_number)],
        by_id={s.id: s for s in strategies},
        zones=zones,
        zone_names={z.code: z.name for z in zones},
        speakers=list(SpeakerKind),
        outcomes=list(Outcome),
        may_start=here.is_open(PhaseKind.co_planning),
        phase=here.phase(PhaseKind.co_planning),
    )


def _mark(base: str, strategies: Sequence[framework.StrategyRow], zones: Sequence[framework.ZoneRow]) -> Hashable:
    """All that the form to narrow the list shows to who has chosen nothing."""
    offered = tuple((s.code, s.title, s.axis_number, s.axis_title) for s in strategies)
    return base, offered, tuple((z.code, z.name) for z in zones)


def _seed(cursor: str | None) -> int:
    """The visitor's own order: drawn once, kept in the browser's own cookie, carried by the pages that follow."""
    drawn = queries.seed_of(cursor)
    if drawn is not None:
        return drawn
    if "shuffle" not in session:
        session["shuffle"] = secrets.randbelow(2**31)
    return int(session["shuffle"])


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>")
@requires(Permission.view_process)
def show(slug: str, proposal_id: uuid.UUID) -> str:
    """One proposal: what it says, what became of it, arguments on both sides, what one may do."""
    here = context()
    proposal = shown(proposal_id)
    me = viewer_id()
    own = rules.is_author(proposal.author_id, me)
    still_open = here.is_open(PhaseKind.co_planning)
    outlines = framework.outline_map(db(), territory_id=here.territory_id) if proposal.latitude is not None else None
    return render_template(
        "coplanning/proposals/show.html",
        p=proposal,
        base=url_for("proposals.show", slug=slug, proposal_id=proposal_id),
        list_url=url_for("proposals.index", slug=slug),
        reacted=_reacted(proposal_id, me, still_open and proposal.state == "published"),
        arguments=discussion.arguments(db(), target_kind=ThingKind.proposal, target_id=proposal_id),
        finding=finding_cards(db(), ids=[proposal.finding_id]).get(proposal.finding_id)
        if proposal.finding_id
        else None,
        own=own,
        me=me,
        outlines=outlines,
        mark=outlines.mark(proposal.latitude, proposal.longitude) if outlines else None,
        map_url=MAP.format(lat=proposal.latitude, lon=proposal.longitude),
        inherited=queries.inherited_supports(db(), proposal_id=proposal_id)
        if any(r.earlier for r in proposal.relatives)
        else 0,
        questions=queries.questions_about(db(), proposal_id=proposal_id) if own else (),
        changes_until=queries.first_answer_by(db(), proposal_id=proposal_id, now=context().now)
        if own and proposal.amended[0]
        else None,
        may_join=own and still_open and rules.may_be_regrouped(proposal.state, proposal.outcome),
        may_regroup=can("see_moderation") and rules.may_be_regrouped(proposal.state, proposal.outcome),
        phase_open=still_open,
        may_amend=still_open and rules.may_amend(proposal.state, proposal.outcome, proposal.author_id, me),
        may_edit=own
        and still_open
        and rules.words_are_open(proposal.state, proposal.first_supported_at, proposal.outcome),
        may_withdraw=own and still_open and rules.may_be_withdrawn(proposal.state, proposal.outcome),
        form=_comment_form(proposal, me, still_open),
        waiting=own_waiting(proposal_id, me),
    )


def own_waiting(proposal_id: uuid.UUID, me: uuid.UUID | None) -> list[discussion.CommentCard]:
    """What this person wrote here and no moderator has read yet; asked only where moderators read first."""
    if me is None or ThingKind.comment not in context().premoderated:
        return []
    return discussion.own_waiting(db(), target_kind=ThingKind.proposal, target_id=proposal_id, account_id=me)


def _reacted(proposal_id: uuid.UUID, me: uuid.UUID | None, may: bool) -> set[tuple[uuid.UUID, str]] | None:
    """What this person marked; None where nothing may be marked now."""
    if me is None or not may:
        return None
    return discussion.own_reactions(db(), target_kind=ThingKind.proposal, target_id=proposal_id, account_id=me)


def _comment_form(proposal: queries.ShownProposal, me: uuid.UUID | None, still_open: bool) -> TalkForm | None:
    return with_notice(CommentForm(formdata=None)) if me and still_open and proposal.state == "published" else None


def with_notice(form: TalkForm) -> TalkForm:
    """The form with the privacy notice in force, which it shows."""
    form.notice = current_notice(db(), process_id=context().id, kind=PhaseKind.co_planning)
    return form


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/versioni")
@requires(Permission.view_process)
def versions(slug: str, proposal_id: uuid.UUID) -> str:
    """The words of a proposal at each time, the latest first."""
    found = queries.versions(db(), process_id=context().id, proposal_id=proposal_id, cursor=request.args.get("da"))
    if found is None:
        raise NotFound(_("Questa proposta non c’è, o non è più visibile."))
    base = url_for("proposals.show", slug=slug, proposal_id=proposal_id)
    listed = [*found.rows, *([found.before] if found.before else [])]
    return render_template(
        "coplanning/proposals/versions.html",
        past=found,
        earlier={now.number: before for now, before in pairwise(listed)},
        changes={
            now.number: (changes(before.title, now.title), changes(before.text, now.text))
            for now, before in pairwise(listed)
        },
        base=base,
        next_url=f"{base}/versioni?da={found.next_cursor}" if found.next_cursor else None,
        first_url=f"{base}/versioni" if request.args.get("da") else None,
        list_url=url_for("proposals.index", slug=slug),
    )


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/commenti")
@requires(Permission.view_process)
def comments(slug: str, proposal_id: uuid.UUID) -> str:
    """Comments of a proposal, newest first; only their part of the page where htmx asks for it."""
    proposal = shown(proposal_id)
    chosen = request.args.get("parere", "")
    stance = Stance(chosen) if chosen in set(Stance) else None
    page = discussion.comments(
        db(), target_kind=ThingKind.proposal, target_id=proposal_id, cursor=request.args.get("da"), stance=stance
    )
    base = url_for("proposals.show", slug=slug, proposal_id=proposal_id)
    kept = {"parere": chosen} if stance else {}
    fragment = request.headers.get("HX-Request") == "true"
    me = viewer_id()
    still_open = context().is_open(PhaseKind.co_planning)
    return render_template(
        "discussion/_fragment.html" if fragment else "coplanning/proposals/comments.html",
        p=proposal,
        page=page,
        base=base,
        list_url=url_for("proposals.index", slug=slug),
        next_url=f"{base}/commenti?{urlencode({**kept, 'da': page.next_cursor})}" if page.next_cursor else None,
        first_url=f"{base}/commenti?{urlencode(kept)}" if request.args.get("da") else None,
        stance=stance,
        stances=list(Stance),
        me=me,
        reacted=_reacted(proposal_id, me, still_open and proposal.state == "published"),
        may_reply=bool(me) and still_open and proposal.state == "published",
        form=None if fragment else _comment_form(proposal, me, still_open),
        waiting=() if fragment else own_waiting(proposal_id, me),
    )


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>")
@requires(Permission.view_process)
def conversation(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> str:
    """One comment with all its replies and the form to answer it."""
    return render_template(
        "coplanning/proposals/conversation.html", **conversation_values(slug, proposal_id, comment_id)
    )


def conversation_values(
    slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID, form: ReplyForm | None = None
) -> dict[str, Any]:
    """What the page of one comment shows; `form` is the refused answer, where there is one."""
    proposal = shown(proposal_id)
    found = discussion.conversation(
        db(),
        comment_id=comment_id,
        target_kind=ThingKind.proposal,
        target_id=proposal_id,
        cursor=request.args.get("da"),
    )
    if found is None:
        raise NotFound(_("Questo commento non c’è, o non è più visibile."))
    head, replies = found
    me = viewer_id()
    answerable = (
        bool(me)
        and context().is_open(PhaseKind.co_planning)
        and proposal.state == "published"
        and head.state == "visible"
    )
    base = url_for("proposals.show", slug=slug, proposal_id=proposal_id)
    here = f"{base}/commenti/{comment_id}"
    return {
        "p": proposal,
        "comment": head,
        "replies": replies,
        "waiting": [card for card in own_waiting(proposal_id, me) if card.parent_id == comment_id],
        "base": base,
        "list_url": url_for("proposals.index", slug=slug),
        "next_url": f"{here}?{urlencode({'da': replies.next_cursor})}" if replies.next_cursor else None,
        "me": me,
        "form": with_notice(form or ReplyForm(formdata=None)) if form or answerable else None,
    }


@bp.get("/processi/<slug>/proposte/feed.atom")
@requires(Permission.view_process)
def feed(slug: str) -> Response:
    """The latest proposals, for feed readers."""
    rows = queries.feed(db(), process_id=context().id)
    body = render_template(
        "coplanning/proposals/feed.xml", rows=rows, updated=max((r.changed_at for r in rows), default=context().now)
    )
    return Response(body, mimetype="application/atom+xml")


@bp.get("/processi/<slug>/proposte/dati.csv")
@requires(Permission.view_process)
def as_csv(slug: str) -> Response:
    """All listed proposals as CSV with safe cells."""
    lines = csv_lines(list(COLUMNS), (list(row.values()) for row in _export_rows()))
    return _download(stream_with_context(lines), "text/csv; charset=utf-8", slug, "csv")


@bp.get("/processi/<slug>/proposte/dati.json")
@requires(Permission.view_process)
def as_json(slug: str) -> Response:
    """All listed proposals as JSON with their data dictionary."""

    def pieces() -> Iterator[str]:
        yield json.dumps({"process": slug, "columns": COLUMNS}, ensure_ascii=False)[:-1] + ', "proposals": ['
        for i, row in enumerate(_export_rows()):
            yield (",\n" if i else "\n") + json.dumps(row, ensure_ascii=False)
        yield "\n]}\n"

    return _download(stream_with_context(pieces()), "application/json", slug, "json")


def _export_rows() -> Iterator[dict[str, Any]]:
    for row in queries.rows_for_export(db(), process_id=context().id):
        values = {name: getattr(row, name) for name in COLUMNS}
        values["id"] = str(row.id)
        values["finding_id"] = str(row.finding_id) if row.finding_id else None
        values["zone_codes"] = " ".join(row.zone_codes)
        values["author"] = signature(row.author)
        values["co_authors"] = "; ".join(signature(name) for name in row.co_authors)
        for name in ("outcome_at", "created_at", "edited_at"):
            moment = values[name]
            values[name] = moment.isoformat() if moment else None
        yield values


def _download(pieces: Iterator[str], mimetype: str, slug: str, ending: str) -> Response:
    response = Response(pieces, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="proposte-{slug}.{ending}"'
    return response
