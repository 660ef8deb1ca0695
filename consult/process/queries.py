"""Reads of processes; `Contexts` loads what every page needs in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ARRAY, ColumnElement, String, Table, Uuid, and_, bindparam, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from consult.core.permissions import Facts
from consult.core.protocols import PhaseFacts, ProcessContext
from consult.core.ready import Ready
from consult.core.vocabulary import ANSWERING, PhaseKind, Role, ThingKind
from consult.people.models import Account
from consult.process.models import Membership, Phase, PrivacyNotice, Process


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def _key(value: uuid.UUID | str) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _roles(account_id: uuid.UUID | None, administrator: bool, given: list[str]) -> frozenset[Role]:
    roles = {Role(code) for code in given}
    roles.add(Role.account if account_id else Role.anonymous)
    if administrator:
        roles.add(Role.administrator)
    return frozenset(roles)


# An array, not `in_`: that writes the statement anew for each execution, and every page of a process has this one.
_ANSWERING = func.any(literal([str(kind) for kind in sorted(ANSWERING)], ARRAY(String())))


_OF_SLUG: ColumnElement[bool] = cast("Table", Process.__table__).c.slug == bindparam("slug", type_=String())


def _context_columns(account_id: ColumnElement[uuid.UUID], *around: Table) -> list[ColumnElement[Any]]:
    """What a page needs of a process and of the roles of an account; `around`: where the account stands, if not in a parameter."""
    # On the tables, not the classes: no row becomes an object here, and every page pays for the difference.
    whole = cast("Table", Process.__table__)
    process, phase, member = (cast("Table", each.__table__).c for each in (Process, Phase, Membership))
    now = func.statement_timestamp()
    is_open = and_(
        phase.opens_at.is_not(None), phase.opens_at <= now, or_(phase.closes_at.is_(None), phase.closes_at > now)
    )
    closing = and_(
        phase.opens_at.is_not(None), phase.closes_at <= now, phase.settled_at.is_(None), phase.kind == _ANSWERING
    )
    facts = func.json_build_array(phase.id, phase.kind, phase.title, phase.opens_at, phase.closes_at, is_open, closing)
    phases = (
        select(
            func.coalesce(func.json_agg(aggregate_order_by(facts, phase.position, phase.id)), func.json_build_array())
        )
        .where(phase.process_id == process.id)
        .correlate(whole)
        .scalar_subquery()
    )
    roles = (
        select(func.coalesce(func.json_agg(member.role), func.json_build_array()))
        .where(member.process_id == process.id, member.account_id == account_id)
        .correlate(whole, *around)
        .scalar_subquery()
    )
    return [
        process.id,
        process.slug,
        process.title,
        process.name,
        process.state,
        process.frame_id,
        process.territory_id,
        process.language,
        process.premoderate_proposals,
        process.premoderate_comments,
        process.premoderate_contributions,
        phases.label("phases"),
        roles.label("roles"),
        now.label("now"),
    ]


def _context_statement() -> Ready:
    account_id: ColumnElement[uuid.UUID] = bindparam("account_id", type_=Uuid())
    return Ready(select(*_context_columns(account_id)).where(_OF_SLUG), "slug", "account_id")


def context_of(account_id: ColumnElement[uuid.UUID], around: Table) -> ColumnElement[Any]:
    """A column with what `Contexts.load` reads of the process that the parameter `slug` names, for the account of the statement around
    it: who is signed in and where costs one question. Null where there is no such process."""
    columns = _context_columns(account_id, around)
    return select(func.json_build_array(*columns)).where(_OF_SLUG).correlate(around).scalar_subquery()


#: Kinds of text that a process may have read by a moderator first, in the order of its columns.
PREMODERATED = (ThingKind.proposal, ThingKind.comment, ThingKind.contribution)
#: Every page of a process asks it, for who is not signed in.
_CONTEXT = _context_statement()

# Built once: every submission asks which of the phases it holds is open, by the clock after the locks are there.
_PHASE = cast("Table", Phase.__table__).c
BEGUN = (
    select(_PHASE.id)
    .where(_PHASE.id == func.any(bindparam("phases", type_=ARRAY(Uuid()))), _PHASE.opens_at <= func.clock_timestamp())
    .limit(1)
)
STILL = _PHASE.closes_at + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("grace_s")) > func.clock_timestamp()
OPEN_NOW = BEGUN.where(or_(_PHASE.closes_at.is_(None), STILL))


class Contexts:
    """Implements `core.protocols.ContextLoader`."""

    def load(
        self, session: Session, *, slug: str, account_id: uuid.UUID | None, administrator: bool, read: Any = None
    ) -> ProcessContext | None:
        """Process, phases, open phases and the person's roles, in one statement; in none where `context_of` has `read` them."""
        row = read
        if row is None:
            found = _CONTEXT.rows(session, slug=slug, account_id=account_id)
            if not found:
                return None
            row = found[0]
        key, slug, title, name, state, frame, territory, language, *asked, phases, roles, now = row
        known = tuple(
            PhaseFacts(uuid.UUID(p[0]), PhaseKind(p[1]), p[2], _instant(p[3]), _instant(p[4]), bool(p[5]), bool(p[6]))
            for p in phases
        )
        facts = Facts(
            roles=_roles(account_id, administrator, roles),
            open_phases=frozenset(p.kind for p in known if p.is_open),
            published=state != "draft",
            closing_phases=frozenset(p.kind for p in known if p.is_closing),
        )
        return ProcessContext(
            id=_key(key),
            slug=slug,
            title=title,
            name=name,
            published=facts.published,
            frame_id=_key(frame),
            territory_id=_key(territory),
            language=language,
            phases=known,
            facts=facts,
            now=(datetime.fromisoformat(now) if isinstance(now, str) else now).astimezone(UTC),
            premoderated=frozenset(kind for kind, first in zip(PREMODERATED, asked, strict=True) if first),
        )

    def roles_anywhere(self, session: Session, *, account_id: uuid.UUID | None, administrator: bool) -> Facts:
        """All roles the person has in any process, for pages outside any."""
        given: list[str] = []
        if account_id is not None:
            given = list(
                session.execute(select(Membership.role).where(Membership.account_id == account_id).distinct()).scalars()
            )
        return Facts(roles=_roles(account_id, administrator, given), open_phases=frozenset(), published=True)

    def roles_of(self, session: Session, *, account_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
        """The roles of some accounts in any process, in one statement."""
        rows = session.execute(
            select(Membership.account_id, Membership.role)
            .where(Membership.account_id.in_(account_ids))
            .distinct()
            .order_by(Membership.account_id, Membership.role)
        )
        found: dict[uuid.UUID, list[str]] = {key: [] for key in account_ids}
        for account_id, role in rows:
            found[account_id].append(role)
        return found


def staff_of(account_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """A column that says whether the account of the statement around it has a role in any process."""
    member = cast("Table", Membership.__table__).c
    return select(member.id).where(member.account_id == account_id).exists()


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process in a list, with what is open in it."""

    id: uuid.UUID
    slug: str
    title: str
    name: str
    summary: str
    state: str


def processes(session: Session, *, published_only: bool = True) -> list[ProcessRow]:
    """Processes by title; archived ones last."""
    statement = select(Process.id, Process.slug, Process.title, Process.name, Process.summary, Process.state)
    if published_only:
        statement = statement.where(Process.state != "draft")
    return [
        ProcessRow(*row) for row in session.execute(statement.order_by(Process.state.desc(), Process.title, Process.id))
    ]


def summary(session: Session, *, process_id: uuid.UUID) -> ProcessRow:
    """One process by key."""
    statement = select(Process.id, Process.slug, Process.title, Process.name, Process.summary, Process.state).where(
        Process.id == process_id
    )
    return ProcessRow(*session.execute(statement).one())


def phase_states(session: Session, *, process_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[PhaseFacts]]:
    """Phases of several processes with whether each is open, in one statement."""
    now = func.statement_timestamp()
    is_open = and_(
        Phase.opens_at.is_not(None), Phase.opens_at <= now, or_(Phase.closes_at.is_(None), Phase.closes_at > now)
    )
    closing = and_(
        Phase.opens_at.is_not(None), Phase.closes_at <= now, Phase.settled_at.is_(None), Phase.kind == _ANSWERING
    )
    rows = session.execute(
        select(Phase.process_id, Phase.id, Phase.kind, Phase.title, Phase.opens_at, Phase.closes_at, is_open, closing)
        .where(Phase.process_id.in_(process_ids))
        .order_by(Phase.position, Phase.id)
    )
    found: dict[uuid.UUID, list[PhaseFacts]] = {key: [] for key in process_ids}
    for row in rows:
        found[row[0]].append(PhaseFacts(row[1], PhaseKind(row[2]), row[3], row[4], row[5], bool(row[6]), bool(row[7])))
    return found


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """The privacy notice in force for a phase."""

    id: uuid.UUID
    version: int
    text: str
    published_at: datetime


_NOTICE = cast("Table", PrivacyNotice.__table__).c
_CURRENT_NOTICE = (
    select(_NOTICE.id, _NOTICE.version, _NOTICE.text, _NOTICE.published_at)
    .where(_NOTICE.process_id == bindparam("process_id"), _NOTICE.phase_kind == bindparam("kind"))
    .order_by(_NOTICE.version.desc())
    .limit(1)
)


def current_notice(session: Session, *, process_id: uuid.UUID, kind: PhaseKind) -> NoticeRow | None:
    """The latest version of a phase's privacy notice."""
    row = session.execute(_CURRENT_NOTICE, {"process_id": process_id, "kind": str(kind)}).one_or_none()
    return NoticeRow(*row) if row else None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person's role in a process."""

    id: uuid.UUID
    account_id: uuid.UUID
    display_name: str
    email: str | None
    role: str


def members(session: Session, *, process_id: uuid.UUID) -> list[MemberRow]:
    """Roles in a process, by role and name."""
    statement = (
        select(Membership.id, Membership.account_id, Account.display_name, Account.email, Membership.role)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.process_id == process_id)
        .order_by(Membership.role, Account.display_name, Membership.id)
    )
    return [MemberRow(*row) for row in session.execute(statement)]


def roles_in(session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID | None) -> frozenset[Role]:
    """The roles that one person has in a process."""
    rows = session.execute(
        select(Membership.role)
        .where(Membership.process_id == process_id, Membership.account_id == account_id)
        .order_by(Membership.role)
    )
    return frozenset(Role(row.role) for row in rows)


def with_roles(session: Session, *, process_id: uuid.UUID, roles: Collection[Role]) -> list[uuid.UUID]:
    """People who have one of some roles in a process, each once."""
    rows = session.execute(
        select(Membership.account_id)
        .where(Membership.process_id == process_id, Membership.role.in_([str(role) for role in roles]))
        .distinct()
        .order_by(Membership.account_id)
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class Settlers:
    """Who is told that people differ, and as what: moderators and late managers decide, managers before that wait or give somebody the
    role, administrators only give it."""

    account_ids: list[uuid.UUID]
    role: Role

    def link_for(self, slug: str, endpoint: str, **values: Any) -> tuple[str, dict[str, Any]]:
        """Where they go from what they are told, as an endpoint with its values: an administrator can't read what waits nor answer it, and
        finds where the role is given instead."""
        if self.role is Role.administrator:
            return "process_admin.members", {"slug": slug}
        return endpoint, {"slug": slug, **values}


def who_settles(
    session: Session, *, process_id: uuid.UUID, involved: Collection[uuid.UUID | None], late: bool
) -> Settlers:
    """Who may decide between people who differ: moderators who took no part, else (or once it is `late`) managers, and where there is
    nobody the platform's administrators, who can give somebody the role."""
    apart = {key for key in involved if key}
    for role in (Role.manager,) if late else (Role.moderator, Role.manager):
        rows = session.execute(
            select(Account.id)
            .join(Membership, Membership.account_id == Account.id)
            .where(Membership.process_id == process_id, Membership.role == str(role), Account.erased_at.is_(None))
            .order_by(Account.id)
        )
        found = [key for key in rows.scalars() if key not in apart]
        if found:
            return Settlers(found, role)
    administrators = select(Account.id).where(Account.administrator, Account.erased_at.is_(None)).order_by(Account.id)
    return Settlers(list(session.execute(administrators).scalars()), Role.administrator)


def slug_of(session: Session, *, process_id: uuid.UUID) -> str:
    """The name of a process in addresses."""
    return session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()


def by_slug(session: Session, *, slug: str) -> ProcessRow | None:
    """One process by its name in addresses, for commands and tasks."""
    statement = select(Process.id, Process.slug, Process.title, Process.name, Process.summary, Process.state).where(
        Process.slug == slug
    )
    row = session.execute(statement).one_or_none()
    return ProcessRow(*row) if row else None


def notices(session: Session, *, process_id: uuid.UUID) -> dict[str, NoticeRow]:
    """The privacy notice in force for each kind of phase that has one, in one statement."""
    rows = session.execute(
        select(
            PrivacyNotice.phase_kind,
            PrivacyNotice.id,
            PrivacyNotice.version,
            PrivacyNotice.text,
            PrivacyNotice.published_at,
        )
        .where(PrivacyNotice.process_id == process_id)
        .ext(distinct_on(PrivacyNotice.phase_kind))
        .order_by(PrivacyNotice.phase_kind, PrivacyNotice.version.desc())
    )
    return {row[0]: NoticeRow(*row[1:]) for row in rows}
