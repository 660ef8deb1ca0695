"""The coding desk: an interview's passages on the left, the chosen one with its codes on the right."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.evidence import queries, rules
from consult.evidence.forms import ApplyForm, MemoForm, VerdictForm
from consult.evidence.services import codebook, coding
from consult.evidence.views.blueprint import bp
from consult.listening.interviews import queries as interviews
from consult.listening.sources import queries as sources
from consult.people import queries as people
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

DESK = "/scrivania/<slug>/codifica"


@bp.get(DESK)
@requires(Permission.see_evidence)
def coding_units(slug: str) -> str:
    """Interviews that can be coded, how far each has come, and how many new codes each brought."""
    here = context()
    after = clean_key(request.args.get("dopo"))
    found = queries.units(db(), process_id=here.id, after=after, limit=queries.UNITS_PER_PAGE + 1)
    units = found[: queries.UNITS_PER_PAGE]
    fresh = queries.saturation(db(), process_id=here.id) if after is None else []
    return render_template(
        "evidence/coding/units.html",
        units=units,
        following=units[-1].id if len(found) > len(units) else None,
        later=after is not None,
        fresh=fresh,
        drawing=rules.saturation_drawing([(row.fresh, row.total) for row in fresh]),
    )


def _desk(
    interview_id: uuid.UUID, source_id: uuid.UUID | None, *, status: int = 200, form: ApplyForm | None = None
) -> tuple[str, int]:
    here = context()
    interview = interviews.interview(db(), process_id=here.id, interview_id=interview_id)
    if interview is None:
        raise NotFound
    since = request.args.get("da", 0, type=int)
    chosen = source_id or (None if "da" in request.args else queries.next_uncoded(db(), unit_id=interview_id, after=0))
    place = queries.place_of(db(), process_id=here.id, source_id=chosen) if chosen else None
    if source_id is not None and (place is None or place[0] != interview_id):
        raise NotFound
    if place is not None and "da" not in request.args:
        since = queries.page_before(db(), unit_id=interview_id, position=place[1] + 1) or 0
    lines = queries.passages(db(), unit_id=interview_id, since=since)
    shown, more = lines[: queries.PASSAGES_PER_PAGE], lines[queries.PASSAGES_PER_PAGE :]
    if chosen is None and shown:
        chosen, place = shown[0].id, (interview_id, shown[0].position)
    values: dict[str, object] = {"card": None}
    if chosen is not None and place is not None:
        values = _passage(chosen, place[1], interview_id, form)
    page = render_template(
        "evidence/coding/desk.html",
        interview=interview,
        lines=shown,
        chosen=chosen,
        since=since,
        before=queries.page_before(db(), unit_id=interview_id, position=since) if since else None,
        after=more[0].position if more else None,
        codes=[code for code in queries.codes(db(), process_id=here.id, live_only=True) if code.codable],
        **values,
    )
    return page, status


def _passage(chosen: uuid.UUID, position: int, interview_id: uuid.UUID, form: ApplyForm | None) -> dict[str, object]:
    """What the right-hand side shows of a passage."""
    here, person = context(), actor()
    card = sources.card(db(), source_id=chosen, process_id=here.id)
    if card is None:
        raise NotFound
    blind = person.account_id is not None and queries.in_open_sample(
        db(), process_id=here.id, source_id=chosen, account_id=person.account_id
    )
    codings = queries.codings_of(db(), source_id=chosen, text=card.text, only_by=person.account_id if blind else None)
    history = [] if blind else queries.history(db(), source_id=chosen)
    accounts = {row.coder_id for row in codings if row.coder_id} | {row[2] for row in history if row[2]}
    standing = [(i, row) for i, row in enumerate(codings) if row.standing]
    pieces = rules.segments(card.text, [(row.start, row.end) for _i, row in standing])
    return {
        "card": card,
        "codings": codings,
        "segments": [(piece.text, [standing[i][1] for i in piece.codings]) for piece in pieces],
        "sentences": [(start, end, card.text[start:end]) for start, end in rules.sentences(card.text)],
        "suggestions": queries.suggestions(db(), source_id=chosen),
        "names": people.names(db(), account_ids=list(accounts)),
        "me": person.account_id,
        "blind": blind,
        "history": history,
        "form": form or ApplyForm(formdata=None, revision=card.revision),
        "next_id": queries.next_uncoded(db(), unit_id=interview_id, after=position),
    }


@bp.get(f"{DESK}/<uuid:interview_id>")
@requires(Permission.see_evidence)
def coding_desk(slug: str, interview_id: uuid.UUID) -> tuple[str, int]:
    """The desk of one interview."""
    return _desk(interview_id, clean_key(request.args.get("fonte")))


@bp.get(f"{DESK}/fonti/<uuid:source_id>")
@requires(Permission.see_evidence)
def coding_source(slug: str, source_id: uuid.UUID) -> Response:
    """The desk with one passage open."""
    place = queries.place_of(db(), process_id=context().id, source_id=source_id)
    if place is None:
        raise NotFound
    return redirect(_at(slug, place[0], source_id))


def _at(slug: str, interview_id: uuid.UUID, source_id: uuid.UUID | None) -> str:
    return url_for("evidence.coding_desk", slug=slug, interview_id=interview_id, fonte=source_id, _anchor="passaggio")


def _interview_of(source_id: uuid.UUID) -> uuid.UUID:
    place = queries.place_of(db(), process_id=context().id, source_id=source_id)
    if place is None:
        raise NotFound
    return place[0]


@bp.post(f"{DESK}/fonti/<uuid:source_id>")
@requires(Permission.code_sources)
def code_passage(slug: str, source_id: uuid.UUID) -> Response | tuple[str, int]:
    """Put words of a passage under a code, made in place where it is new."""
    interview_id = _interview_of(source_id)
    form = ApplyForm()
    try:
        if not form.validate():
            return _desk(interview_id, source_id, status=422, form=form)
        code_id = codebook.code_named(db(), process_id=context().id, name=form.code.data, actor=actor(), now=now())
        coding.apply_code(
            db(), process_id=context().id, source_id=source_id, code_id=code_id, revision=form.revision.data, span=_span(form),
            memo=form.memo.data or "", actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"code": error.said_of("code")})
        return _desk(interview_id, source_id, status=422, form=form)
    return redirect(_at(slug, interview_id, source_id), 303)


def _span(form: ApplyForm) -> tuple[int, int] | None:
    """The words chosen by selection, else from the first to the last sentence that was ticked, else the whole passage."""
    if form.span_start.data is not None and form.span_end.data:
        return form.span_start.data, form.span_end.data
    edges = [part.split("-") for part in form.sentences.data or []]
    numbers = [(int(a), int(b)) for a, b in (e for e in edges if len(e) == 2) if a.isdigit() and b.isdigit()]
    return (min(a for a, _b in numbers), max(b for _a, b in numbers)) if numbers else None


@bp.post(f"{DESK}/codifiche/<uuid:coding_id>/togli")
@requires(Permission.code_sources)
def uncode(slug: str, coding_id: uuid.UUID) -> Response:
    """Take one's own code off."""
    row = coding.remove_code(db(), process_id=context().id, coding_id=coding_id, actor=actor(), now=now())
    return redirect(_at(slug, _interview_of(row.source_id), row.source_id), 303)


@bp.post(f"{DESK}/codifiche/<uuid:coding_id>/nota")
@requires(Permission.code_sources)
def note_coding(slug: str, coding_id: uuid.UUID) -> Response:
    """Write the note of one's own coding."""
    form = MemoForm()
    if not form.validate():
        raise Invalid(_("La nota è troppo lunga, o la pagina era di un’altra versione."))
    row = coding.write_memo(
        db(), process_id=context().id, coding_id=coding_id, version=form.version.data, memo=form.memo.data or "", actor=actor(), now=now()
    )  # fmt: skip  # one row of values reads better so
    flash(_("Nota salvata."), "success")
    return redirect(_at(slug, _interview_of(row.source_id), row.source_id), 303)


@bp.post(f"{DESK}/fonti/<uuid:source_id>/proposte")
@requires(Permission.code_sources)
def decide_suggested(slug: str, source_id: uuid.UUID) -> Response:
    """Accept or refuse a suggestion."""
    interview_id = _interview_of(source_id)
    form = VerdictForm()
    target = clean_key(form.target_id.data)
    if not form.validate() or target is None:
        raise Invalid(_("Questa decisione non si può prendere."))
    coding.decide_suggestion(
        db(), process_id=context().id, source_id=source_id, kind=form.kind.data, target_id=target, verdict=form.verdict.data,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return redirect(_at(slug, interview_id, source_id), 303)


@bp.post(f"{DESK}/<uuid:interview_id>/annulla")
@requires(Permission.code_sources)
def undo_coding(slug: str, interview_id: uuid.UUID) -> Response:
    """Undo one's last act in an interview."""
    kind = coding.undo(db(), process_id=context().id, unit_id=interview_id, actor=actor(), now=now())
    words = {"added": _("Codice tolto."), "removed": _("Codice rimesso."), "memo": _("Nota rimessa com’era.")}
    flash(words[kind] if kind else _("Non c’è niente da annullare."), "success")
    return redirect(_at(slug, interview_id, clean_key(request.form.get("fonte"))), 303)
