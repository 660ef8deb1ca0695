"""Letters of questionnaires, the shuffled sweep, deletion of keys."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from consult.core.clock import database_now
from consult.core.db import unit_of_work
from consult.core.permissions import Actor
from consult.listening.surveys import services
from consult.ports.storage import storage_for
from worker.celery_app import settings
from worker.jobs import outbox_task, sessions
from worker.letters import outgoing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@outbox_task("surveys.mail_invitations")
def mail_invitations(session: Session, *, questionnaire_id: str) -> None:
    """Pseudonymous mode: one job per letter."""
    services.ask_for_letters(session, questionnaire_id=uuid.UUID(questionnaire_id))


@outbox_task("surveys.mail_invitation")
def mail_invitation(session: Session, *, invitation_id: str) -> None:
    """Mail one personal link."""
    with outgoing() as mailer:
        services.send_invitation(
            session,
            invitation_id=uuid.UUID(invitation_id),
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )


@outbox_task("surveys.mail_ballots")
def mail_ballots(session: Session, *, questionnaire_id: str) -> None:
    """Anonymous mode: mint all ballots and mark the letters as sent, commit, and only then send: at most once each."""
    with outgoing() as mailer:
        with unit_of_work(sessions()) as own:
            ballots = services.mint_ballots(own, questionnaire_id=uuid.UUID(questionnaire_id), now=database_now(own))
        failed, refused = services.hand_over(ballots, mailer)
    services.finish_batch(session, questionnaire_id=uuid.UUID(questionnaire_id), failed=failed, refused=refused)


@outbox_task("surveys.mail_reminder")
def mail_reminder(session: Session, *, invitation_id: str) -> None:
    """Mail one reminder."""
    with outgoing() as mailer:
        services.send_reminder(
            session,
            invitation_id=uuid.UUID(invitation_id),
            mailer=mailer,
            secret=settings.secret_key,
            now=database_now(session),
        )


@outbox_task("surveys.sweep")
def sweep(session: Session, *, questionnaire_id: str) -> None:
    """Move staged answers, shuffled."""
    services.sweep(session, questionnaire_id=uuid.UUID(questionnaire_id), now=database_now(session))


@outbox_task("surveys.delete_keys")
def delete_keys(session: Session, *, day: str) -> None:
    """Delete key tables whose day has come, files of answers that are some days old, and what is left over."""
    services.delete_keys(session, now=database_now(session))
    services.delete_files(session, now=database_now(session))
    services.tidy(session, now=database_now(session))


@outbox_task("surveys.write_file", limit_s=600)
def write_file(session: Session, *, file_id: str) -> None:
    """Write a file of answers; how far it is stands in transactions of their own, so that the page can show it."""
    key = uuid.UUID(file_id)
    with unit_of_work(sessions()) as own:
        services.begin_file(own, file_id=key)

    def progress(done: int, total: int) -> None:
        with unit_of_work(sessions()) as own:
            services.note_progress(own, file_id=key, done=done, total=total)

    try:
        services.write_file(
            session,
            file_id=key,
            storage=storage_for(settings),
            progress=progress,
            settings=settings,
            now=database_now(session),
        )
    except BaseException:
        with unit_of_work(sessions()) as own:
            services.fail_file(own, file_id=key)
        raise


def _answers_failed(session: Session, *, import_id: str, turn: int, by: str) -> None:
    services.fail_work(session, import_id=uuid.UUID(import_id), turn=turn)


@outbox_task("surveys.work_through", limit_s=900, when_lost=_answers_failed)
def work_through(session: Session, *, import_id: str, turn: int, by: str) -> None:
    """Look through a large file of answers, take it in, or take it out again; how far it is stands in transactions of their own."""
    key = uuid.UUID(import_id)

    def progress(seen: int, total: int) -> None:
        with unit_of_work(sessions()) as own:
            services.note_rows(own, import_id=key, seen=seen, total=total)

    try:
        services.run_work(
            session, import_id=key, turn=turn, storage=storage_for(settings), progress=progress, actor=Actor(account_id=uuid.UUID(by)),
            now=database_now(session),
        )
    except BaseException:
        # Its own transaction may hold the row that says so.
        session.rollback()
        with unit_of_work(sessions()) as own:
            _answers_failed(own, import_id=import_id, turn=turn, by=by)
        raise
