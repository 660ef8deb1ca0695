"""A draft in consultation as anyone reads it: the draft, one finding with its comments, one comment, the table of all, as files."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import STAFF, PhaseKind, Stance, ThingKind
from consult.discussion import queries as discussion
from consult.discussion.forms import CommentForm, ReplyForm, TalkForm
from consult.discussion.rules import signature
from consult.position_paper import queries, services
from consult.position_paper.types import Audience, ConsultationRow, ConsultedComment, ConsultedRow, DraftVerdict
from consult.position_paper.views.blueprint import bp, download, say_asked
from consult.position_paper.views.opening import asked_sentence, of_sentence, open_sources
from consult.process.queries import NoticeRow, current_notice
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now, stream_db

#: Columns of the files, with what each holds.
COLUMNS = {
    "draft": "Number of the draft.",
    "finding_number": "Number of the finding; 0 for the draft as a whole.",
    "finding_title": "Title of the finding as it was consulted.",
    "finding_id": "Permanent key of the finding; empty for the draft as a whole.",
    "comment_id": "Key of the comment.",
    "reply_to": "Key of the comment it answers, where it is a reply to one that can be read.",
    "author": "Signature as the page shows it.",
    "stance": "Declared stance: in_favour, against or neutral.",
    "text": "What was written, in Markdown.",
    "written_at": "When it was written (ISO 8601, UTC).",
    "answer": "What became of it: accepted, accepted_in_part or not_accepted; empty while it has no answer.",
    "answer_sentence": "The public reason.",
    "answered_at": "When it was answered (ISO 8601, UTC).",
}


def opened(number: int) -> queries.FrozenDraft:
    """The draft of this number, once its consultation has begun."""
    found = queries.frozen_draft(db(), process_id=context().id, number=number)
    if found is None:
        raise NotFound
    return found


def notice_in_force() -> NoticeRow | None:
    """The privacy notice that covers comments on a draft: the one of drafting, else of co-planning."""
    process_id = context().id
    return current_notice(db(), process_id=process_id, kind=PhaseKind.drafting) or current_notice(
        db(), process_id=process_id, kind=PhaseKind.co_planning
    )


def with_notice(form: TalkForm) -> TalkForm:
    """The form with the notice that it shows."""
    form.notice = notice_in_force()
    return form


def _me() -> uuid.UUID | None:
    who = person()
    return who.id if who else None


def _takes_comments(draft: ConsultationRow) -> bool:
    """Whether this person may comment now, as far as the page can tell; the service asks again."""
    if draft.stage(now()) != "open" or _me() is None:
        return False
    return draft.audience == Audience.accounts or bool(context().facts.roles & STAFF)


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>")
@requires(Permission.view_process)
def draft(slug: str, number: int) -> str:
    """The draft as it was frozen, each finding with how many comments it has."""
    found = opened(number)
    targets = queries.consulted(db(), consultation_id=found.row.id)
    paper = services.show_paper(db(), content=found.content)
    zone = request.args.get("zona", "")
    known = {z["code"]: z["name"] for z in paper.facts["zones"]}
    return render_template(
        "position_paper/draft.html",
        paper=paper,
        zone=zone if zone in known else "",
        zone_name=known.get(zone),
        channel_name=services.channel_name,
        files=queries.files(db(), paper_id=found.row.paper_id, version_number=0, draft_number=number),
        draft=found.row,
        stage=found.row.stage(now()),
        manifest=found.manifest,
        whole=next(t for t in targets if t.finding_id is None),
        targets={t.finding_id: t for t in targets},
        versions=queries.versions(db(), process_id=context().id),
        drafts=queries.consultations(db(), process_id=context().id),
    )


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/file/<string:kind>")
@requires(Permission.view_process)
def consulted_file(slug: str, number: int, kind: str) -> AnyResponse:
    """A built file of a draft in consultation, only while every quote in it still has the consent it was built under."""
    row = queries.consultation(db(), process_id=context().id, number=number)
    if row is None:
        raise NotFound
    return download(
        row.paper_id,
        0,
        kind,
        f"position-paper-{slug}-bozza-{number}",
        url_for(".draft", slug=slug, number=number),
        draft_number=number,
    )


@bp.post("/processi/<slug>/position-paper/bozze/<int:number>/file")
@requires(Permission.request_paper_file)
@limiter.limit(SUBMISSION)
def ask_for_consulted_file(slug: str, number: int) -> AnyResponse:
    """Have the files of a draft in consultation built anew."""
    row = queries.consultation(db(), process_id=context().id, number=number)
    if row is None:
        raise NotFound
    asked = services.ask_for_files(
        db(), paper_id=row.paper_id, version_number=0, draft_number=number, asked_by=actor().account_id, now=now()
    )
    say_asked(asked)
    return redirect(url_for("position_paper.draft", slug=slug, number=number), 303)


def target_of(found: queries.FrozenDraft, target_id: uuid.UUID) -> tuple[ConsultedRow, list[ConsultedRow]]:
    """What the page is about, and all that the draft has."""
    targets = queries.consulted(db(), consultation_id=found.row.id)
    target = next((t for t in targets if t.id == target_id), None)
    if target is None:
        raise NotFound
    return target, targets


def finding_values(slug: str, number: int, target_id: uuid.UUID, form: CommentForm | None = None) -> dict[str, Any]:
    """What the page of one finding of a draft shows; `form` is the refused comment, where there is one."""
    found = opened(number)
    target, targets = target_of(found, target_id)
    me = _me()
    stance = request.args.get("parere", "")
    page = discussion.comments(
        db(), target_kind=ThingKind.draft_finding, target_id=target_id, cursor=request.args.get("da"),
        stance=Stance(stance) if stance in set(Stance) else None,
    )  # fmt: skip  # one call of named values reads better so
    place = targets.index(target)
    base = url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id)
    may = _takes_comments(found.row)
    shown = (
        services.show_finding(db(), content=found.content, finding_id=target.finding_id) if target.finding_id else None
    )
    raw = services.raw_finding(found.content, target.finding_id) if target.finding_id else None
    sentence = asked_sentence(shown) if shown else None
    return {
        "draft": found.row,
        "stage": found.row.stage(now()),
        "target": target,
        "finding": shown,
        "sentence": sentence,
        "cited": open_sources(of_sentence(raw, shown, sentence), after=request.args.get("dopo", type=int) or 0)
        if raw and shown
        else None,
        "before": targets[place - 1] if place else None,
        "after": targets[place + 1] if place + 1 < len(targets) else None,
        "page": page,
        "answers": queries.answers(db(), comment_ids=[t.comment.id for t in page.rows]),
        "base": base,
        "first_url": base if request.args.get("da") else None,
        "next_url": url_for(
            "position_paper.draft_finding",
            slug=slug,
            number=number,
            target_id=target_id,
            da=page.next_cursor,
            parere=stance or None,
        )
        if page.next_cursor
        else None,
        "me": me,
        "may_reply": may,
        "invited_only": found.row.audience == Audience.readers,
        "form": with_notice(form or CommentForm(formdata=None)) if form or may else None,
        "waiting": discussion.own_waiting(db(), target_kind=ThingKind.draft_finding, target_id=target_id, account_id=me)
        if me and ThingKind.comment in context().premoderated
        else (),
    }


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/<uuid:target_id>")
@requires(Permission.view_process)
def draft_finding(slug: str, number: int, target_id: uuid.UUID) -> str:
    """One finding of a draft, or the draft as a whole: what it says, what was said of it, and the form to say more."""
    return render_template("position_paper/draft_finding.html", **finding_values(slug, number, target_id))


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/<uuid:target_id>/partecipa")
@requires(Permission.comment_draft)
def join_draft(slug: str, number: int, target_id: uuid.UUID) -> AnyResponse:
    """Where «sign in to comment» leads: through signing in, back to the finding."""
    return redirect(
        url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id, _anchor="commenta"), 303
    )


def conversation_values(
    slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID, form: ReplyForm | None = None
) -> dict[str, Any]:
    """What the page of one comment shows; `form` is the refused reply, where there is one."""
    found = opened(number)
    target, _targets = target_of(found, target_id)
    talk = discussion.conversation(
        db(),
        comment_id=comment_id,
        target_kind=ThingKind.draft_finding,
        target_id=target_id,
        cursor=request.args.get("da"),
    )
    if talk is None:
        raise NotFound(_("Questo commento non c’è, o non è più visibile."))
    head, replies = talk
    may = _takes_comments(found.row) and head.state == "visible"
    return {
        "draft": found.row,
        "target": target,
        "comment": head,
        "replies": replies,
        "answer": queries.answers(db(), comment_ids=[comment_id]).get(comment_id) if head.state == "visible" else None,
        "base": url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id),
        "next_url": url_for(
            "position_paper.draft_conversation", slug=slug, number=number, target_id=target_id, comment_id=comment_id,
            da=replies.next_cursor,
        )
        if replies.next_cursor
        else None,
        "me": _me(),
        "form": with_notice(form or ReplyForm(formdata=None)) if form or may else None,
        "open": found.row.stage(now()) == "open",
    }  # fmt: skip  # one value per line reads better so


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/<uuid:target_id>/commenti/<uuid:comment_id>")
@requires(Permission.view_process)
def draft_conversation(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID) -> str:
    """One comment with its answer, its replies and the form to reply."""
    return render_template(
        "position_paper/draft_conversation.html", **conversation_values(slug, number, target_id, comment_id)
    )


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/commenti")
@requires(Permission.view_process)
def draft_comments(slug: str, number: int) -> str:
    """All comments on a draft with what became of each."""
    row = queries.consultation(db(), process_id=context().id, number=number)
    if row is None:
        raise NotFound
    targets = queries.consulted(db(), consultation_id=row.id)
    target = clean_key(request.args.get("risultanza"))
    answer = request.args.get("risposta", "")
    answer = answer if answer in {queries.UNANSWERED, queries.ANSWERED, *DraftVerdict} else ""
    known = next((t for t in targets if t.id == target), None)
    page = queries.comment_table(
        db(),
        consultation_id=row.id,
        target_id=known.id if known else None,
        answer=answer,
        cursor=request.args.get("da"),
    )
    kept: dict[str, Any] = {"risultanza": known.id if known else None, "risposta": answer or None}
    here = "position_paper.draft_comments"
    return render_template(
        "position_paper/draft_comments.html",
        draft=row,
        stage=row.stage(now()),
        targets=[t for t in targets if t.tally.comments],
        target=known,
        answer=answer,
        verdicts=list(DraftVerdict),
        page=page,
        next_url=url_for(here, slug=slug, number=number, da=page.next_cursor, **kept) if page.next_cursor else None,
        first_url=url_for(here, slug=slug, number=number, **kept) if request.args.get("da") else None,
        latest=next(iter(queries.versions(db(), process_id=context().id)), None),
    )


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/commenti.<string:form>")
@requires(Permission.view_process)
def draft_comments_file(slug: str, number: int, form: str) -> Response:
    """All comments, replies and answers as CSV with safe cells, or as JSON with its dictionary."""
    if form not in {"csv", "json"}:
        raise NotFound
    row = queries.consultation(db(), process_id=context().id, number=number)
    if row is None:
        raise NotFound
    rows = [_line(c) for c in queries.comments_for_export(stream_db(), consultation_id=row.id)]
    if form == "json":
        answer = jsonify(process=slug, draft=number, columns=COLUMNS, comments=rows)
    else:
        lines = csv_lines(list(COLUMNS), (list(line.values()) for line in rows))
        answer = Response("".join(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-bozza-{number}-commenti.{form}"'
    return answer


def _line(c: ConsultedComment) -> dict[str, Any]:
    values = (
        c.draft, c.number, c.title, str(c.finding_id) if c.finding_id else None, str(c.id), str(c.parent_id) if c.parent_id else None,
        signature(c.author), c.stance, c.text, c.created_at.isoformat(), c.answer.verdict if c.answer else None,
        c.answer.sentence if c.answer else None, c.answer.at.isoformat() if c.answer else None,
    )  # fmt: skip  # the order of COLUMNS
    return dict(zip(COLUMNS, values, strict=True))
