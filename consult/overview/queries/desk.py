"""What waits for staff today, process by process, counted and oldest first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, func, literal, null, select, true, union_all
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals import queries as proposals
from consult.core import settling
from consult.core.db import UtcDateTime
from consult.core.vocabulary import Role
from consult.discussion.models import Comment
from consult.discussion.types import CommentState
from consult.evidence.models import Run, Theme, ThemeDecision
from consult.listening.interviews.models import Interview
from consult.listening.meetings.models import Meeting
from consult.moderation.queries import evaluations, queue, second_look
from consult.moderation.queries import waiting as unread
from consult.people.models import Account, OrganisationMember
from consult.plan.models import DraftAction
from consult.position_paper.models import (
    CommentAnswer,
    ConsultedFinding,
    DraftConsultation,
    Finding,
    MarginNote,
    SectionApproval,
)
from consult.process.models import Membership, Phase, Process


@dataclass(frozen=True, slots=True)
class Place:
    """A process in which a person has work, with their roles there."""

    id: uuid.UUID
    slug: str
    title: str
    state: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of thing that waits: a code that the page puts into words, how many, since when."""

    code: str
    number: int
    since: datetime | None


#: Who cares for what waits; codes are put into words and addresses by the page.
CARES: dict[str, frozenset[Role]] = {
    "unread_texts": frozenset({Role.moderator}),
    "reported": frozenset({Role.moderator}),
    "appeals": frozenset({Role.moderator}),
    "second_readings": frozenset({Role.moderator}),
    "objections": frozenset({Role.moderator}),
    "appeals_late": frozenset({Role.manager}),
    "second_readings_late": frozenset({Role.manager}),
    "objections_late": frozenset({Role.manager}),
    "to_evaluate": frozenset({Role.evaluator}),
    "undecided": frozenset({Role.moderator}),
    "themes_proposed": frozenset({Role.facilitator}),
    "findings_proposed": frozenset({Role.facilitator}),
    "draft_comments": frozenset({Role.facilitator}),
    "approvals": frozenset({Role.facilitator, Role.manager, Role.reviewer, Role.reader}),
    "margin_notes": frozenset({Role.facilitator}),
    "interviews_to_do": frozenset({Role.facilitator}),
    "minutes_missing": frozenset({Role.facilitator}),
    "runs_failed": frozenset({Role.facilitator}),
    "actions_in_review": frozenset({Role.reviewer, Role.manager}),
    "phases_closing": frozenset({Role.manager}),
    "speakers_asking": frozenset({Role.manager}),
}


def places(session: Session, *, account_id: uuid.UUID, administrator: bool) -> list[Place]:
    """The processes a person works in, by title; an administrator sees all."""
    statement = (
        select(Process.id, Process.slug, Process.title, Process.state, func.array_remove(func.array_agg(Membership.role), None))
        .outerjoin(Membership, (Membership.process_id == Process.id) & (Membership.account_id == account_id))
        .group_by(Process.id)
        .order_by(Process.title, Process.id)
    )  # fmt: skip  # one column per name reads better so
    if not administrator:
        statement = statement.having(func.count(Membership.id) > 0)
    extra = {Role.administrator} if administrator else set()
    return [
        Place(row[0], row[1], row[2], row[3], frozenset({*(Role(r) for r in row[4]), *extra}))
        for row in session.execute(statement)
    ]


def waiting(
    session: Session, *, process_ids: Sequence[uuid.UUID], account_id: uuid.UUID, now: datetime
) -> dict[uuid.UUID, list[Work]]:
    """All that waits in some processes, evaluations, appeals, second readings and approvals only this person's, longest waiting first.

    Four statements.
    """
    if not process_ids:
        return {}
    found: dict[uuid.UUID, list[Work]] = {key: [] for key in process_ids}
    for key, part in queue.waiting(session, process_ids=process_ids).items():
        found[key] += [
            Work("reported", part.reported, part.oldest_report),
            Work("undecided", part.undecided, part.oldest),
        ]
    mine = evaluations.waiting_for(session, process_ids=process_ids, account_id=account_id)
    for process_id, (number, due) in mine.items():
        found[process_id].append(Work("to_evaluate", number, due))
    for process_id, (number, oldest) in unread.numbers(session, process_ids=process_ids).items():
        found[process_id].append(Work("unread_texts", number, oldest))
    for process_id, code, number, since in session.execute(_others(process_ids, account_id, now)):
        found[process_id].append(Work(code, number, since))
    return {
        key: sorted((w for w in works if w.number), key=lambda w: (w.since is None, w.since or now, w.code))
        for key, works in found.items()
    }


def _others(process_ids: Sequence[uuid.UUID], account_id: uuid.UUID, now: datetime) -> Any:
    no_date = cast(null(), UtcDateTime())

    def part(code: str, process: Any, since: Any, *conditions: Any) -> Any:
        return (
            select(process.label("process_id"), cast(literal(code), String).label("code"), func.count().label("number"), since.label("since"))
            .where(process.in_(process_ids), *conditions)
            .group_by(process)
        )  # fmt: skip  # one column per name reads better so

    # Organisations are no process's own: whoever manages one may confirm who speaks for them.
    asking = (
        select(func.count().label("number"), func.min(OrganisationMember.asked_at).label("since"))
        .join(Account, Account.id == OrganisationMember.account_id)
        .where(OrganisationMember.state == "asked", Account.erased_at.is_(None))
        .subquery()
    )
    decided = select(ThemeDecision.theme_id).where(
        ThemeDecision.theme_id == Theme.id, ThemeDecision.state != "proposed"
    )
    later = aliased(Run)
    newer = select(later.id).where(later.process_id == Run.process_id, later.number > Run.number)
    return union_all(
        *second_look.waiting_parts(process_ids=process_ids, account_id=account_id, now=now),
        *second_look.late_parts(process_ids=process_ids, account_id=account_id, now=now),
        proposals.objections_part("objections", process_ids=process_ids, account_id=account_id),
        proposals.objections_part("objections_late", process_ids=process_ids, account_id=account_id, before=settling.late(now)),
        select(Process.id, cast(literal("speakers_asking"), String), asking.c.number, asking.c.since)
        .join(asking, true())
        .where(Process.id.in_(process_ids)),
        part("themes_proposed", Theme.process_id, no_date, Theme.present, ~decided.exists()),
        part("findings_proposed", Finding.process_id, func.min(Finding.created_at), Finding.state == "proposed"),
        part(
            "draft_comments",
            DraftConsultation.process_id,
            func.min(Comment.created_at),
            ConsultedFinding.consultation_id == DraftConsultation.id,
            Comment.target_id == ConsultedFinding.id,
            Comment.state == str(CommentState.visible),
            Comment.parent_id.is_(None),
            ~select(CommentAnswer.comment_id).where(CommentAnswer.comment_id == Comment.id).exists(),
        ),
        part(
            "approvals",
            SectionApproval.process_id,
            func.min(SectionApproval.asked_at),
            SectionApproval.state == "asked",
            SectionApproval.account_id == account_id,
        ),
        part("margin_notes", MarginNote.process_id, func.min(MarginNote.created_at), MarginNote.settled_at.is_(None)),
        part(
            "interviews_to_do", Interview.process_id, no_date, Interview.status.in_(["to_invite", "invited", "scheduled", "held"])
        ),
        part(
            "minutes_missing",
            Meeting.process_id,
            func.min(Meeting.starts_at),
            Meeting.state == "published",
            Meeting.starts_at < now,
            Meeting.minutes_published_at.is_(None),
        ),
        part("actions_in_review", DraftAction.process_id, func.min(DraftAction.changed_at), DraftAction.state == "under_review"),
        part(
            "phases_closing",
            Phase.process_id,
            func.min(Phase.closes_at),
            Phase.closes_at > now,
            Phase.closes_at < now + timedelta(days=14),
        ),
        part("runs_failed", Run.process_id, func.max(Run.finished_at), Run.state == "failed", ~newer.exists()),
    )  # fmt: skip  # one part per line reads better so
