"""Minutes: how they read, their review by who was there, remarks and answers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import to_utc
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.listening.meetings import queries, rules, services
from consult.listening.meetings.forms import AnswerForm, RemarkForm, ReviewForm
from consult.listening.meetings.views.blueprint import ONE, PUBLIC, bp, found
from consult.listening.sources.rules import personal_token, token_owner
from consult.web import limits
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now

REVIEW = f"{PUBLIC}/verbale/<review_token>"


def _reviewed(review_token: str) -> queries.MeetingPage:
    key = token_owner("review", review_token, glue().settings.secret_key)
    meeting = queries.meeting(db(), process_id=context().id, meeting_id=key) if key else None
    if meeting is None or meeting.review_from is None or meeting.state == "draft":
        raise NotFound
    return meeting


def _review(meeting: queries.MeetingPage, form: RemarkForm) -> str:
    notes = [
        note for note in queries.notes(db(), meeting_id=meeting.id, public_only=False) if note.card.state == "live"
    ]
    form.note.choices = [
        ("", _("Al verbale intero")),
        *((str(n.id), f"{i}. {n.card.text[:80]}") for i, n in enumerate(notes, 1)),
    ]
    return render_template(
        "listening/meetings/review.html",
        meeting=meeting,
        form=form,
        chapters=rules.compose(notes),
        numbers={note.id: i for i, note in enumerate(notes, 1)},
        attendance=queries.attendance(db(), meeting_id=meeting.id),
        open=meeting.review_until is not None and meeting.review_until > now() and not meeting.minutes_published_at,
    )


@bp.get(REVIEW)
@limiter.limit(limits.GUESSES)
@requires(Permission.see_listening)
def review(slug: str, review_token: str) -> str:
    """The minutes for who was there, before they are published."""
    return _review(_reviewed(review_token), RemarkForm())


@bp.post(REVIEW)
@limiter.limit(limits.SUBMISSION)
@requires(Permission.attend_meeting)
def remark(slug: str, review_token: str) -> tuple[str, int] | Response:
    """Take a remark; the minutes stay as they are."""
    meeting, form = _reviewed(review_token), RemarkForm()
    notes = queries.notes(db(), meeting_id=meeting.id, public_only=False)
    form.note.choices = [("", ""), *((str(note.id), "") for note in notes)]
    if not form.validate_on_submit() or form.sito_web.data:
        return _review(meeting, form), 422
    services.remark(
        db(),
        process_id=context().id,
        meeting_id=meeting.id,
        source_id=clean_key(form.note.data),
        text=form.text.data,
        name=form.name.data or "",
        now=now(),
    )
    flash(_("Osservazione ricevuta. La risposta sarà pubblicata con il verbale."), "success")
    return redirect(url_for("meetings.review", slug=slug, review_token=review_token), 303)


def _desk(meeting: queries.MeetingPage, form: ReviewForm, answer: AnswerForm | None = None) -> str:
    notes = [
        note for note in queries.notes(db(), meeting_id=meeting.id, public_only=False) if note.card.state == "live"
    ]
    token = personal_token("review", meeting.id, glue().settings.secret_key)
    return render_template(
        "listening/meetings/minutes.html",
        meeting=meeting,
        form=form,
        answer=answer or AnswerForm(),
        notes=notes,
        chapters=rules.compose(notes),
        numbers={note.id: i for i, note in enumerate(notes, 1)},
        remarks=queries.remarks(db(), meeting_id=meeting.id),
        review_url=glue().settings.base_url + url_for("meetings.review", slug=context().slug, review_token=token),
        begun=meeting.starts_at <= now(),
        reviewing=meeting.review_until is not None and meeting.review_until > now(),
    )


@bp.get(f"{ONE}/verbale")
@requires(Permission.see_listening_desk)
def minutes(slug: str, meeting_id: uuid.UUID) -> str:
    """The minutes as they read now, their review, the remarks."""
    usual = (now() + timedelta(days=rules.REVIEW_DAYS)).date()
    return _desk(found(meeting_id), ReviewForm(data={"until": usual}))


@bp.post(f"{ONE}/verbale")
@requires(Permission.run_listening)
def start_review(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Give the minutes to who was there until the end of a day."""
    meeting, form = found(meeting_id), ReviewForm()
    if not form.validate_on_submit():
        return _desk(meeting, form), 422
    until = to_utc(datetime.combine(form.until.data, time(23, 59))).replace(tzinfo=UTC)
    try:
        services.start_review(
            db(), process_id=context().id, meeting_id=meeting_id, until=until, actor=actor(), now=now()
        )
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        return _desk(meeting, form), 422
    flash(_("Chi si era iscritto riceve una lettera con il link."), "success")
    return redirect(url_for("meetings.minutes", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{ONE}/verbale/osservazioni/<uuid:remark_id>")
@requires(Permission.run_listening)
def answer_remark(slug: str, meeting_id: uuid.UUID, remark_id: uuid.UUID) -> tuple[str, int] | Response:
    """Say what was done about a remark."""
    meeting, form = found(meeting_id), AnswerForm()
    if form.validate_on_submit():
        try:
            services.answer_remark(
                db(), process_id=context().id, meeting_id=meeting_id, remark_id=remark_id, taken=form.taken.data == "yes",
                answer=form.answer.data or "", actor=actor(), now=now(),
            )  # fmt: skip  # one row of values reads better so
        except Invalid as error:
            form.put_errors(error.fields)
        else:
            return redirect(url_for("meetings.minutes", slug=slug, meeting_id=meeting_id) + f"#o{remark_id}", 303)
    return _desk(meeting, ReviewForm(), form), 422
