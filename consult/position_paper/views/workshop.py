"""The workshop: all findings at a glance, sections, publishing, the draft's files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.evidence import queries as evidence
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import AnswerForm, ApprovalForm, NoteForm, PublishForm, SectionForm
from consult.position_paper.types import FindingRow, Whole
from consult.position_paper.views.blueprint import bp, download, say_asked
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

#: Sentences of a finding shown in the list.
OPENING = 2
#: The view of findings with an open comment in their margin.
COMMENTED = "commentate"


@bp.get("/scrivania/<slug>/paper")
@requires(Permission.see_paper_workshop)
def workshop(slug: str) -> str:
    """All sections and findings, with what waits for a decision and what moved under them."""
    here = context()
    paper = queries.paper(db(), process_id=here.id)
    wanted, section = request.args.get("stato", ""), clean_key(request.args.get("sezione"))
    states = {wanted} if wanted in rules.TRANSITIONS else {"proposed", "accepted"}
    notes = queries.open_notes(db(), process_id=here.id)
    rows, following = (
        queries.findings_page(
            db(), paper_id=paper.id, states=states, section_id=section, after=clean_key(request.args.get("dopo")),
            only=notes if wanted == COMMENTED else None,
        )
        if paper
        else ([], None)
    )  # fmt: skip  # one call of named values reads better so
    glance = queries.glance(db(), paper_id=paper.id) if paper else None
    whole = queries.whole(db(), process_id=here.id)
    return render_template(
        "position_paper/workshop.html",
        paper=paper,
        sections=queries.sections(db(), paper_id=paper.id) if paper else [],
        in_section=queries.findings_by_section(db(), paper_id=paper.id) if paper else {},
        section=section,
        findings=rows,
        # Nobody can accept what they can't read: each finding says its first sentences here.
        opening=_read(rows, whole, paper.language, most=OPENING) if paper else {},
        following=following,
        counts={state: glance.by_state.get(state, 0) if glance else 0 for state in rules.TRANSITIONS},
        stale=glance.stale if glance else 0,
        ready=glance.ready if glance else 0,
        blocked=glance.blocked if glance else frozenset(),
        wanted=wanted,
        of=whole.of,
        numbers=rules.numbers,
        notes=notes,
        commented=COMMENTED,
        tallies=queries.tallies(db(), process_id=here.id) if paper and paper.consulted else {},
        unanswered=_unanswered() if paper and paper.consulted else 0,
        just=_just_decided(),
        running=evidence.running_run_id(db(), process_id=here.id),
        versions=queries.versions(db(), process_id=here.id),
        files=queries.files(db(), paper_id=paper.id, version_number=0) if paper else queries.NO_FILES,
    )


def _read(
    rows: Sequence[FindingRow], whole: Whole, language: str, *, most: int | None = None
) -> dict[uuid.UUID, list[str]]:
    """The sentences of findings, or the first of them, with today's numbers and the words of their quotes; one statement."""
    first = {row.id: rules.present(row, whole, language)[:most] for row in rows}
    words = queries.quoted_words(db(), places=[p for told in first.values() for each in told for p in each.quotes])
    return {key: [rules.show(each, words).text for each in told] for key, told in first.items()}


def _just_decided() -> queries.StandingState | None:
    """The finding decided a moment ago from the list, which the undo bar names."""
    key = clean_key(request.args.get("appena"))
    found = queries.standing_state(db(), process_id=context().id, finding_id=key) if key else None
    return found if found and found.state in {"accepted", "refused"} else None


def _unanswered() -> int:
    """Comments on drafts that have no answer yet."""
    return sum(d.comments - d.answered for d in queries.consultations(db(), process_id=context().id))


def section_page(
    section_id: uuid.UUID,
    *,
    form: SectionForm | None = None,
    ask: ApprovalForm | None = None,
    answer: AnswerForm | None = None,
    note: NoteForm | None = None,
    status: int = 200,
) -> tuple[str, int]:
    """A section with its findings, approvals and comments; a form that was refused is passed in."""
    here = context()
    paper = queries.paper(db(), process_id=here.id)
    row = next((s for s in queries.sections(db(), paper_id=paper.id) if s.id == section_id), None) if paper else None
    if row is None or paper is None:
        raise NotFound
    asked, now_there = services.section_approvals(db(), process_id=here.id)
    approvals = asked.get(section_id, [])
    ask = ask or ApprovalForm(formdata=None)
    ask.people.choices = [
        (str(r.account_id), r.name)
        for r in queries.reviewers(db(), process_id=here.id)
        if r.account_id != actor().account_id
    ]
    findings, following = queries.findings_page(
        db(),
        paper_id=paper.id,
        states=queries.STANDING,
        section_id=section_id,
        after=clean_key(request.args.get("dopo")),
    )
    return render_template(
        "position_paper/section.html",
        form=form or SectionForm(formdata=None, version=row.version, title=row.title, words=row.words),
        id=row.id,
        findings=findings,
        texts=_read(findings, queries.whole(db(), process_id=here.id), paper.language),
        following=following,
        approvals=approvals,
        mine=any(a.account_id == actor().account_id for a in approvals),
        sha=now_there.get(section_id, ""),
        ask=ask,
        answer=answer or AnswerForm(formdata=None),
        note=note or NoteForm(formdata=None),
        notes=queries.notes(db(), process_id=here.id, section_id=section_id),
    ), status


@bp.get("/scrivania/<slug>/paper/sezioni/<uuid:section_id>")
@requires(Permission.see_paper_workshop)
def edit_section(slug: str, section_id: uuid.UUID) -> tuple[str, int]:
    """A section: its title and words, who approved it, what was said in its margin."""
    return section_page(section_id)


@bp.post("/scrivania/<slug>/paper/sezioni/<uuid:section_id>")
@requires(Permission.edit_paper)
def save_section(slug: str, section_id: uuid.UUID) -> Response | tuple[str, int]:
    """Save a section."""
    form = SectionForm()
    if not form.validate():
        return section_page(section_id, form=form, status=422)
    services.save_section(
        db(), process_id=context().id, section_id=section_id, version=form.version.data, title=form.title.data, words=form.words.data or "",
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return redirect(url_for("position_paper.workshop", slug=slug), 303)


@bp.get("/scrivania/<slug>/paper/pubblica")
@requires(Permission.see_paper_workshop)
def review(slug: str) -> tuple[str, int]:
    """What would be published now, and what would stay out and why."""
    return _review(PublishForm())


def _review(form: PublishForm, status: int = 200) -> tuple[str, int]:
    here = context()
    found = services.review_paper(db(), process_id=here.id)
    asked, now_there = services.section_approvals(db(), process_id=here.id)
    return render_template(
        "position_paper/publish.html",
        approvals=asked,
        now_there=now_there,
        unapproved=sum(
            row.state != "approved" or row.text_sha256 != now_there[key] for key, rows in asked.items() for row in rows
        ),
        form=form,
        sections=found.sections if found else (),
        ready=found.findings if found else 0,
        supporting=found.supporting if found else {},
        versions=queries.versions(db(), process_id=here.id),
        unanswered=_unanswered(),
        wrong=found.check.severe if found else (),
        quantities=rules.QUANTITIES,
    ), status


@bp.post("/scrivania/<slug>/paper/pubblica")
@requires(Permission.publish_paper)
def publish(slug: str) -> Response | tuple[str, int]:
    """Freeze and publish."""
    form = PublishForm()
    if not form.validate():
        return _review(form, 422)
    number = services.publish(db(), process_id=context().id, note=form.note.data or "", actor=actor(), now=now())
    flash(_("Versione %(n)s pubblicata. I documenti da scaricare si stanno preparando.", n=number), "success")
    return redirect(url_for("position_paper.public", slug=slug), 303)


@bp.post("/scrivania/<slug>/paper/file")
@requires(Permission.edit_paper)
def build_draft_file(slug: str) -> Response:
    """Have the draft's files built."""
    paper = queries.paper(db(), process_id=context().id)
    if paper is None:
        raise NotFound
    say_asked(services.ask_for_files(db(), paper_id=paper.id, version_number=0, asked_by=actor().account_id, now=now()))
    return redirect(url_for("position_paper.workshop", slug=slug), 303)


@bp.get("/scrivania/<slug>/paper/bozza/<string:kind>")
@requires(Permission.see_paper_workshop)
def draft_file(slug: str, kind: str) -> Response:
    """The draft as a file."""
    paper = queries.paper(db(), process_id=context().id)
    if paper is None:
        raise NotFound
    return download(paper.id, 0, kind, f"position-paper-{slug}-bozza", url_for(".workshop", slug=slug))
