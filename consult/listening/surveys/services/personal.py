"""A person's answers in pseudonymous mode, for export and erasure; anonymous ones can't be found (GDPR art. 11)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.files.services import forget as forget_files
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source
from consult.listening.surveys import queries
from consult.listening.surveys.models import (
    AccountDraft,
    Answer,
    AnswerKey,
    DeskMark,
    Participation,
    Questionnaire,
    SurveyFile,
)
from consult.listening.surveys.services.uploads import files_named

ERASED_TEXT = "[testo tolto su richiesta di chi lo aveva scritto]"


class OwnAnswers:
    """Implements `core.protocols.PersonalData`."""

    name = "risposte ai questionari"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """All answers given while signed in, with question texts."""
        found: list[Mapping[str, Any]] = []
        for row in queries.own(session, account_id=account_id):
            questions = queries.questions(session, questionnaire_id=row.questionnaire_id)
            words = queries.said(session, answer_id=row.answer_id)
            values = {**row.values, **words}
            found.append(
                {
                    "processo": row.process_title,
                    "questionario": row.title,
                    "inviato": row.submitted_at.isoformat(),
                    "risposte": {q.text: values[str(q.id)] for q in questions if str(q.id) in values}
                    | {f"{q.text} (altro)": values[q.other_key] for q in questions if q.other_key in values},
                }
            )
        for title, typed in session.execute(
            select(Questionnaire.title, AccountDraft.values)
            .join(Questionnaire, Questionnaire.id == AccountDraft.questionnaire_id)
            .where(AccountDraft.account_id == account_id)
            .order_by(Questionnaire.title, AccountDraft.questionnaire_id)
        ):
            found.append({"questionario": title, "bozza": typed})
        for title, typed in session.execute(
            select(Questionnaire.title, DeskMark.values)
            .join(Questionnaire, Questionnaire.id == DeskMark.questionnaire_id)
            .where(DeskMark.account_id == account_id, DeskMark.values.is_not(None))
            .order_by(Questionnaire.title, DeskMark.place)
        ):
            found.append({"questionario": title, "modifica_non_salvata": typed})
        for title in session.execute(
            select(Questionnaire.title)
            .join(Participation, Participation.questionnaire_id == Questionnaire.id)
            .where(Participation.account_id == account_id)
            .order_by(Questionnaire.title)
        ).scalars():
            found.append({"questionario": title, "partecipazione": "anonima: la risposta non si può ritrovare"})
        return found

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Cut the key and take the words away; the answer stays counted, and what cites it becomes stale."""
        rows = session.execute(
            select(Source.process_id, Source.id, Source.state)
            .join(AnswerKey, AnswerKey.answer_id == Source.voice_id)
            .where(AnswerKey.account_id == account_id)
            .order_by(Source.id)
        ).all()
        for process_id, source_id, state in rows:
            change_source(
                session, process_id=process_id, source_id=source_id, change="redact", text=ERASED_TEXT, reason_code="author_asked",
                actor=SYSTEM, now=now,
            )  # fmt: skip  # one row of values reads better so
            if state == "live":
                change_source(
                    session,
                    process_id=process_id,
                    source_id=source_id,
                    change="withdraw",
                    reason_code="author_asked",
                    actor=SYSTEM,
                    now=now,
                )
        self._erase_words(session, account_id)
        self._forget_drafted(session, account_id)
        session.execute(delete(AnswerKey).where(AnswerKey.account_id == account_id))
        session.execute(delete(AccountDraft).where(AccountDraft.account_id == account_id))
        session.execute(delete(DeskMark).where(DeskMark.account_id == account_id))
        session.execute(delete(Participation).where(Participation.account_id == account_id))
        session.flush()

    def _erase_words(self, session: Session, account_id: uuid.UUID) -> None:
        """Personal fields, files and the words of "another answer" stand in the answer itself; what was chosen stays counted."""
        touched: set[uuid.UUID] = set()
        answers = session.execute(
            select(Answer).join(AnswerKey, AnswerKey.answer_id == Answer.id).where(AnswerKey.account_id == account_id)
        ).scalars()
        for answer in answers.all():
            questions = queries.questions(session, questionnaire_id=answer.questionnaire_id)
            going = {q.other_key for q in questions} | {str(q.id) for q in questions if q.personal or q.kind == "file"}
            if going & set(answer.values):
                forget_files(session, file_ids=sorted(files_named(questions, answer.values)))
                answer.values = {key: value for key, value in answer.values.items() if key not in going}
                touched.add(answer.questionnaire_id)
        self._drop_exports(session, touched)

    def _drop_exports(self, session: Session, questionnaire_ids: Collection[uuid.UUID]) -> None:
        """Files that staff had made of the answers hold the words too: they go, and whoever needs one asks for it again."""
        gone = session.execute(
            delete(SurveyFile)
            .where(
                SurveyFile.questionnaire_id.in_(list(questionnaire_ids)), SurveyFile.kind.not_in(("dictionary", "sheet"))
            )
            .returning(SurveyFile.file_id)
        ).scalars()
        forget_files(session, file_ids=[key for key in gone.all() if key is not None])

    def _forget_drafted(self, session: Session, account_id: uuid.UUID) -> None:
        """Files that lie in answers never sent go with them, not a week later with what was left behind."""
        for draft in session.execute(select(AccountDraft).where(AccountDraft.account_id == account_id)).scalars().all():
            questions = queries.questions(session, questionnaire_id=draft.questionnaire_id)
            forget_files(session, file_ids=sorted(files_named(questions, draft.values)))


PERSONAL_DATA = OwnAnswers()
