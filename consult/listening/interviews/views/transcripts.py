"""What was said: the transcript as it stands, typed or read from a file and confirmed."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Forbidden, Invalid
from consult.core.permissions import Permission
from consult.files import queries as files
from consult.files.services import read_upload
from consult.files.views import attachment
from consult.listening.interviews import queries, rules, services
from consult.listening.interviews.forms import QUOTES, STATUSES, ConfirmForm, TranscriptFileForm, TranscriptForm
from consult.listening.interviews.views.blueprint import DESK, bp, interview_of
from consult.ports.storage import storage_for
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, glue, now


def _transcript(
    interview: queries.InterviewPage, form: TranscriptForm, file_form: TranscriptFileForm | None = None
) -> str:
    since = request.args.get("da", 0, type=int)
    # Without consent to transcribe nothing of the conversation is read: neither what was asked, nor who is said to have spoken.
    rows = (
        queries.passages(db(), interview_id=interview.id, since=since, limit=queries.PER_PAGE + 1)
        if interview.consent_transcribe
        else []
    )
    return render_template(
        "listening/interviews/show.html",
        interview=interview,
        form=form,
        passages=rows[: queries.PER_PAGE],
        since=since,
        after=rows[queries.PER_PAGE].position if len(rows) > queries.PER_PAGE else None,
        guide=queries.guide(db(), process_id=context().id),
        statuses=dict(STATUSES),
        quotes=dict(QUOTES),
        file_form=file_form or TranscriptFileForm(formdata=None),
        originals=queries.originals(db(), interview_id=interview.id),
        history=queries.consent_history(db(), interview_id=interview.id),
    )


@bp.get(f"{DESK}/<uuid:interview_id>")
@requires(Permission.see_listening_desk)
def show(slug: str, interview_id: uuid.UUID) -> str:
    """An interview: consent, transcript, and the place to type it."""
    return _transcript(interview_of(interview_id), TranscriptForm())


@bp.post(f"{DESK}/<uuid:interview_id>")
@requires(Permission.run_listening)
def transcribe(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Split what was typed into passages."""
    interview = interview_of(interview_id)
    form = TranscriptForm()
    if not form.validate_on_submit():
        return _transcript(interview, form), 422
    try:
        made = services.add_transcript(
            db(),
            process_id=context().id,
            interview_id=interview_id,
            text=form.transcript.data,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return _transcript(interview, form), 422
    _tell(made)
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.post(f"{DESK}/<uuid:interview_id>/file")
@requires(Permission.run_listening)
def upload(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Read a file, and show what was recognised before anything is stored as said."""
    interview = interview_of(interview_id)
    form = TranscriptFileForm()
    sent = request.files.get("file")
    try:
        original_id = services.keep_file(
            db(), process_id=context().id, interview_id=interview_id, storage=storage_for(glue().settings), actor=actor(), now=now(),
            upload=read_upload(sent.stream if sent else None, sent.filename if sent else None, kinds=services.KINDS),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"file": error.said_of("file")})
        return _transcript(interview, TranscriptForm(formdata=None), form), 422
    return redirect(url_for("interviews.reading", slug=slug, interview_id=interview_id, original_id=original_id), 303)


def _tell(made: services.Transcribed) -> None:
    flash(
        ngettext(
            "%(num)d passaggio è diventato una fonte.", "%(num)d passaggi sono diventati fonti.", len(made.sources)
        ),
        "success",
    )
    if made.left_out:
        flash(
            ngettext(
                "%(num)d passaggio è rimasto fuori: chi l’ha detto l’aveva ritirato. Un file che lo contiene non viene tenuto.",
                "%(num)d passaggi sono rimasti fuori: chi li ha detti li aveva ritirati. Un file che li contiene non viene tenuto.",
                made.left_out,
            ),
            "warning",
        )


def _original(interview_id: uuid.UUID, original_id: uuid.UUID) -> queries.OriginalRow:
    interview_of(interview_id)
    rows = queries.originals(db(), interview_id=interview_id)
    found = next((row for row in rows if row.id == original_id), None)
    if found is None:
        raise NotFound
    return found


def _reading(interview_id: uuid.UUID, original: queries.OriginalRow, form: ConfirmForm) -> str:
    speakers = rules.speakers_of(original.turns)
    form.interviewers.choices = [(speaker.name, speaker.name or _("senza nome")) for speaker in speakers]
    return render_template(
        "listening/interviews/reading.html",
        interview=interview_of(interview_id),
        original=original,
        speakers=speakers,
        form=form,
    )


@bp.get(f"{DESK}/<uuid:interview_id>/file/<uuid:original_id>")
@requires(Permission.see_listening_desk)
def reading(slug: str, interview_id: uuid.UUID, original_id: uuid.UUID) -> str | Response:
    """What was recognised in a file: voices, times, passages; who asks can be put right."""
    original = _original(interview_id, original_id)
    if not original.waiting:
        return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id))
    asking = [speaker.name for speaker in rules.speakers_of(original.turns) if speaker.asks]
    return _reading(interview_id, original, ConfirmForm(formdata=None, interviewers=asking))


@bp.post(f"{DESK}/<uuid:interview_id>/file/<uuid:original_id>")
@requires(Permission.run_listening)
def confirm(slug: str, interview_id: uuid.UUID, original_id: uuid.UUID) -> tuple[str, int] | Response:
    """Make passages of what was recognised."""
    original = _original(interview_id, original_id)
    form = ConfirmForm()
    try:
        made = services.confirm_file(
            db(), process_id=context().id, interview_id=interview_id, original_id=original_id,
            interviewers=request.form.getlist("interviewers"), actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"interviewers": error.said_of("interviewers")})
        return _reading(interview_id, original, form), 422
    _tell(made)
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.post(f"{DESK}/<uuid:interview_id>/file/<uuid:original_id>/scarta")
@requires(Permission.run_listening)
def drop(slug: str, interview_id: uuid.UUID, original_id: uuid.UUID) -> Response:
    """Remove a file that was read and not confirmed, or that nobody may open any more."""
    services.drop_file(
        db(), process_id=context().id, interview_id=interview_id, original_id=original_id, actor=actor(), now=now()
    )
    flash(_("File tolto: le pagine mostrano solo i passaggi che sono diventati fonti."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.get(f"{DESK}/<uuid:interview_id>/file/<uuid:original_id>/originale")
@requires(Permission.see_listening_desk)
def original_file(slug: str, interview_id: uuid.UUID, original_id: uuid.UUID) -> Response:
    """The file as it came, unless it holds words that were taken back since: who said them took them back from it, too."""
    original = _original(interview_id, original_id)
    if original.closed:
        raise Forbidden(_("Questo file non si scarica più: contiene parole che poi sono state ritirate o cancellate."))
    file = files.one(db(), file_id=original.file_id, process_id=context().id)
    if file is None:
        raise NotFound
    return attachment(file)
