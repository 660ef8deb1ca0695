"""Reads for the builder, the list of those invited, and the respondent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from typing import cast as _table

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from consult.core.paging import Page, cut_page, decode_cursor
from consult.core.ready import Ready
from consult.core.vocabulary import PhaseKind
from consult.framework.models import Zone
from consult.listening.sources.models import Source
from consult.listening.surveys.models import (
    AccountDraft,
    Answer,
    AnswerCount,
    AnswerDraft,
    AnswerKey,
    Ballot,
    Invitation,
    Participation,
    Question,
    Questionnaire,
    QuestionnairePage,
)
from consult.listening.surveys.rules import GRACE_S
from consult.listening.surveys.types import Door, Draft, Option, PageRow, QuestionnaireRow, QuestionRow, words_key
from consult.process.models import Phase, Process
from consult.process.queries import OPEN_NOW


def open_now(grace_s: int | BindParameter[int] = 0, of: Any = Questionnaire) -> ColumnElement[bool]:
    """Whether a questionnaire (the class, or the columns of its table) takes answers at this very moment, by the database's clock."""
    limit = of.closes_at + func.make_interval(0, 0, 0, 0, 0, 0, grace_s)
    return and_(of.state == "published", or_(of.closes_at.is_(None), limit > func.clock_timestamp()))


def over() -> ColumnElement[bool]:
    """Whether a questionnaire takes no more answers, grace included: closed by hand, by its date, or with the phase."""
    clock, grace = func.clock_timestamp(), func.make_interval(0, 0, 0, 0, 0, 0, GRACE_S + 1)
    phase_over = (
        select(Phase.id)
        .where(
            Phase.process_id == Questionnaire.process_id,
            Phase.kind == str(PhaseKind.listening),
            Phase.closes_at + grace < clock,
        )
        .correlate(Questionnaire)
        .exists()
    )
    by_date = func.coalesce(Questionnaire.closes_at + grace < clock, False)
    return or_(Questionnaire.state == "closed", by_date, phase_over)


# On the table, not the class: no row becomes an object here, and every sheet pays for the difference.
_T = _table(Table, Questionnaire.__table__).c
_COLUMNS = (
    _T.id, _T.process_id, _T.title, _T.intro, _T.thanks, _T.privacy, _T.access, _T.state, _T.closes_at, _T.keys_deleted_on,
    _T.ballots_minted, _T.version, _T.published_at, _T.languages, _T.texts, _T.may_edit, _T.stops, _T.aside,
)  # fmt: skip  # the order of QuestionnaireRow's fields


#: The transaction that last wrote the row: another after every edit, also after one that was rolled back.
_MARK = cast(literal_column("questionnaire.xmin"), Text)


@dataclass(frozen=True, slots=True)
class ListedQuestionnaire:
    """A questionnaire in the desk's list."""

    id: uuid.UUID
    title: str
    privacy: str
    access: str
    state: str
    closes_at: datetime | None
    questions: int
    invited: int
    answers: int
    aside: bool


def questionnaires(session: Session, *, process_id: uuid.UUID) -> list[ListedQuestionnaire]:
    """All questionnaires of a process with their counts, newest first, in one statement; those put aside too."""
    questions = (
        select(func.count())
        .where(Question.questionnaire_id == Questionnaire.id)
        .correlate(Questionnaire)
        .scalar_subquery()
    )
    invited = (
        select(func.count())
        .where(Invitation.questionnaire_id == Questionnaire.id)
        .correlate(Questionnaire)
        .scalar_subquery()
    )
    answers = (
        select(func.coalesce(func.sum(AnswerCount.answers), 0))
        .where(AnswerCount.questionnaire_id == Questionnaire.id)
        .correlate(Questionnaire)
        .scalar_subquery()
    )
    statement = (
        select(
            Questionnaire.id, Questionnaire.title, Questionnaire.privacy, Questionnaire.access, Questionnaire.state, Questionnaire.closes_at,
            questions, invited, answers, Questionnaire.aside,
        )
        .where(Questionnaire.process_id == process_id)
        .order_by(Questionnaire.created_at.desc(), Questionnaire.id)
    )  # fmt: skip  # the order of ListedQuestionnaire's fields
    return [ListedQuestionnaire(*row) for row in session.execute(statement)]


def open_questionnaires(session: Session, *, process_id: uuid.UUID) -> list[QuestionnaireRow]:
    """Questionnaires that anyone, or anyone with an account, may answer now, by title."""
    statement = (
        select(*_COLUMNS, open_now(of=_T), _MARK)
        .where(_T.process_id == process_id, _T.access != "invitation", open_now(of=_T))
        .order_by(_T.title, _T.id)
    )
    return [QuestionnaireRow(*facts(row)) for row in session.execute(statement)]


def facts(row: Any) -> Any:
    """A row's columns, to fill a frozen row in the same order."""
    return tuple(row)


# Built once: every sheet that is shown or sent asks it.
_BY_KEY = select(*_COLUMNS, open_now(bindparam("grace_s", type_=Integer()), of=_T), _MARK).where(
    _T.id == bindparam("key")
)
_ONE = Ready(_BY_KEY, "key", "grace_s")
_HELD = Ready(_BY_KEY.add_columns(OPEN_NOW.exists()), "key", "grace_s", "phases")


def questionnaire(
    session: Session, *, questionnaire_id: uuid.UUID, process_id: uuid.UUID | None = None, grace_s: int = 0
) -> QuestionnaireRow | None:
    """One questionnaire (of a process), or None; `open_now` with so many seconds of grace."""
    found = [QuestionnaireRow(*row) for row in _ONE.rows(session, key=questionnaire_id, grace_s=grace_s)]
    return found[0] if found and process_id in {None, found[0].process_id} else None


def questionnaire_held(
    session: Session, *, questionnaire_id: uuid.UUID, phases: Sequence[uuid.UUID], grace_s: int
) -> tuple[QuestionnaireRow | None, bool]:
    """The questionnaire, and whether one of the phases that are held is open at this moment; one question to the clock for both."""
    for row in _HELD.rows(session, key=questionnaire_id, grace_s=grace_s, phases=list(phases)):
        return QuestionnaireRow(*row[:-1]), bool(row[-1])
    return None, False


def questions(session: Session, *, questionnaire_id: uuid.UUID) -> list[QuestionRow]:
    """The questions in order, each with the condition of its page."""
    rows = session.execute(
        select(Question, QuestionnairePage.condition)
        .outerjoin(
            QuestionnairePage,
            and_(
                QuestionnairePage.questionnaire_id == Question.questionnaire_id,
                QuestionnairePage.number == Question.page,
            ),
        )
        .where(Question.questionnaire_id == questionnaire_id)
        .order_by(Question.page, Question.position)
    )
    return [
        QuestionRow(
            id=q.id, page=q.page, position=q.position, kind=q.kind, text=q.text, help=q.help, purpose=q.purpose, required=q.required,
            options=_options(q.options), settings=dict(q.settings), code=q.code, rows=_options(q.rows), condition=q.condition,
            page_condition=page_condition, texts=dict(q.texts), version=q.version,
        )
        for q, page_condition in rows
    ]  # fmt: skip  # one row of values reads better so


def _options(stored: Sequence[dict[str, Any]]) -> tuple[Option, ...]:
    return tuple(Option(each["code"], each["label"], bool(each.get("exclusive"))) for each in stored)


def has_answers(session: Session, *, questionnaire_id: uuid.UUID) -> bool:
    """Whether anybody answered, counted or waiting for the sweep."""
    sent = select(AnswerCount.questionnaire_id).where(AnswerCount.questionnaire_id == questionnaire_id).limit(1)
    kept = select(Answer.id).where(Answer.questionnaire_id == questionnaire_id).limit(1)
    return session.execute(select(or_(sent.exists(), kept.exists()))).scalar_one()


def pages(
    session: Session, *, questionnaire_id: uuid.UUID, questions: Sequence[QuestionRow] | None = None
) -> list[PageRow]:
    """The pages in order: all that hold a question or have words of their own. `questions`, where the caller has them, save a statement."""
    named = {
        row.number: row
        for row in session.execute(
            select(QuestionnairePage)
            .where(QuestionnairePage.questionnaire_id == questionnaire_id)
            .order_by(QuestionnairePage.number)
        ).scalars()
    }
    used = (
        {question.page for question in questions}
        if questions is not None
        else session.execute(
            select(Question.page)
            .where(Question.questionnaire_id == questionnaire_id)
            .distinct()
            .order_by(Question.page)
        ).scalars()
    )
    return [
        PageRow(number, row.id, row.title, row.intro, row.condition, dict(row.texts), row.version)
        if (row := named.get(number))
        else PageRow(number)
        for number in sorted({*named, *used})
    ]


def frame_of(session: Session, *, process_id: uuid.UUID) -> uuid.UUID:
    """The frame whose strategies and axes a questionnaire of this process offers."""
    return session.execute(select(Process.frame_id).where(Process.id == process_id)).scalar_one()


def door(session: Session, *, token_hash: bytes) -> Door | None:
    """What a personal link opens, or None. A read: opening a link uses nothing up."""
    mine = AnswerDraft.token_hash == token_hash
    draft = select(AnswerDraft.values).where(mine).scalar_subquery().label("draft")
    version = select(AnswerDraft.version).where(mine).scalar_subquery().label("draft_version")
    row = session.execute(
        select(Questionnaire.id, Questionnaire.process_id, Process.territory_id, Ballot.used, draft, version)
        .join(Questionnaire, Questionnaire.id == Ballot.questionnaire_id)
        .join(Process, Process.id == Questionnaire.process_id)
        .where(Ballot.token_hash == token_hash)
    ).one_or_none()
    if row is not None:
        return Door(
            row[0], row[1], row[2], True, row[3], None, None, None, {}, Draft(row[4], row[5]) if row[5] else None
        )
    row = session.execute(
        select(
            Questionnaire.id, Questionnaire.process_id, Process.territory_id, Invitation.id, AnswerKey.answer_id, AnswerKey.version,
            Answer.values, draft, version,
        )
        .join(Questionnaire, Questionnaire.id == Invitation.questionnaire_id)
        .join(Process, Process.id == Questionnaire.process_id)
        .outerjoin(AnswerKey, AnswerKey.invitation_id == Invitation.id)
        .outerjoin(Answer, Answer.id == AnswerKey.answer_id)
        .where(Invitation.token_hash == token_hash)
    ).one_or_none()  # fmt: skip  # the order in which Door is filled
    if row is None:
        return None
    values = {**(row[6] or {}), **said(session, answer_id=row[4])} if row[4] else {}
    return Door(
        row[0],
        row[1],
        row[2],
        False,
        row[4] is not None,
        row[3],
        row[4],
        row[5],
        values,
        Draft(row[7], row[8]) if row[8] else None,
    )


def said(session: Session, *, answer_id: uuid.UUID) -> dict[str, str]:
    """The words of an answer by their key among its values: they stand in the sources, once."""
    rows = session.execute(
        select(Source.unit_kind, Source.unit_id, Source.text)
        .where(Source.voice_id == answer_id, Source.state == "live")
        .order_by(Source.id)
    )
    return {words_key(row.unit_kind, row.unit_id): row.text for row in rows}


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """The answer a signed-in person gave to an open questionnaire."""

    answer_id: uuid.UUID
    version: int
    values: dict[str, Any]


def account_answer(session: Session, *, questionnaire_id: uuid.UUID, account_id: uuid.UUID) -> AccountAnswer | None:
    """What this person answered, or None (always None in anonymous mode)."""
    row = session.execute(
        select(AnswerKey.answer_id, AnswerKey.version, Answer.values)
        .join(Answer, Answer.id == AnswerKey.answer_id)
        .where(AnswerKey.questionnaire_id == questionnaire_id, AnswerKey.account_id == account_id)
    ).one_or_none()
    return AccountAnswer(row[0], row[1], {**row[2], **said(session, answer_id=row[0])}) if row else None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """Somebody invited, as the desk sees it; `answered` is None in anonymous mode: nobody knows."""

    id: uuid.UUID
    email: str
    organisation: str
    zone_code: str | None
    speaker_kind: str | None
    state: str
    answered: bool | None


def invitations(
    session: Session, *, questionnaire: QuestionnaireRow, cursor: str | None = None, size: int = 50
) -> Page[InvitationRow]:
    """A page of those invited, by address."""
    answered = (
        select(AnswerKey.answer_id).where(AnswerKey.invitation_id == Invitation.id).correlate(Invitation).exists()
    )
    statement = (
        select(
            Invitation.id, Invitation.email, Invitation.organisation, Zone.code, Invitation.speaker_kind, Invitation.state, answered
        )
        .outerjoin(Zone, Zone.id == Invitation.zone_id)
        .where(Invitation.questionnaire_id == questionnaire.id)
        .order_by(Invitation.email)
        .limit(size + 1)
    )  # fmt: skip  # the order of InvitationRow's fields
    after = decode_cursor(cursor, 1)
    if after and after[0]:
        statement = statement.where(Invitation.email > after[0])
    rows = [InvitationRow(*facts(row)) for row in session.execute(statement)]
    return cut_page(rows, size, lambda row: (row.email,))


def invitation_states(session: Session, *, questionnaire_id: uuid.UUID) -> dict[str, int]:
    """How many invitations are waiting, sent, failed and refused."""
    statement = (
        select(Invitation.state, func.count())
        .where(Invitation.questionnaire_id == questionnaire_id)
        .group_by(Invitation.state)
        .order_by(Invitation.state)
    )
    return {state: int(number) for state, number in session.execute(statement)}


def question_titles(session: Session, *, question_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Question and questionnaire of some questions, for pages that say where a source came from."""
    if not question_ids:
        return {}
    rows = session.execute(
        select(Question.id, Question.text, Questionnaire.title)
        .join(Questionnaire, Questionnaire.id == Question.questionnaire_id)
        .where(Question.id.in_(list(question_ids)))
        .order_by(Question.id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def took_part(session: Session, *, questionnaire_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Whether a registered person answered an anonymous questionnaire."""
    statement = select(Participation.account_id).where(
        Participation.questionnaire_id == questionnaire_id, Participation.account_id == account_id
    )
    return session.execute(statement).scalar_one_or_none() is not None


def account_draft(session: Session, *, questionnaire_id: uuid.UUID, account_id: uuid.UUID) -> Draft | None:
    """What a signed-in person has typed so far, or None."""
    statement = select(AccountDraft.values, AccountDraft.version).where(
        AccountDraft.questionnaire_id == questionnaire_id, AccountDraft.account_id == account_id
    )
    row = session.execute(statement).one_or_none()
    return Draft(*facts(row)) if row else None


def draft(session: Session, *, questionnaire_id: uuid.UUID, code_hash: bytes) -> Draft | None:
    """The draft under a resume code, or None."""
    statement = select(AnswerDraft.values, AnswerDraft.version).where(
        AnswerDraft.token_hash == code_hash, AnswerDraft.questionnaire_id == questionnaire_id
    )
    row = session.execute(statement).one_or_none()
    return Draft(*facts(row)) if row else None
