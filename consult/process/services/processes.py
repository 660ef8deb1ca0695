"""Writes on processes: opening them, giving roles, publishing notices."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ASSIGNABLE, PhaseKind, Role, ThingKind
from consult.notices.services import notify
from consult.people.models import Account
from consult.people.services import answer_membership, ensure_invited
from consult.process.models import Membership, NoticeSeen, Phase, PrivacyNotice, Process


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """A phase as it is to be set."""

    kind: PhaseKind
    title: str
    opens_at: datetime | None
    closes_at: datetime | None
    description: str = ""


def open_process(
    session: Session,
    *,
    slug: str,
    title: str,
    frame_id: uuid.UUID,
    territory_id: uuid.UUID,
    phases: Sequence[PhasePlan],
    actor: Actor,
    now: datetime,
    name: str = "",
    summary: str = "",
    language: str = "it",
    start_year: int | None = None,
    end_year: int | None = None,
) -> uuid.UUID:
    """Open a process, not yet published; the account that opens it becomes its manager. Raises Invalid for an empty or used slug."""
    if session.execute(select(Process.id).where(Process.slug == slug)).scalar_one_or_none():
        raise Invalid(
            "Esiste già un processo con questo indirizzo.",
            {"slug": "Esiste già un processo con questo indirizzo: scegline un altro."},
        )
    process = Process(
        slug=slug, title=title, name=name, summary=summary, language=language, start_year=start_year, end_year=end_year,
        frame_id=frame_id, territory_id=territory_id, state="draft", created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(process)
    session.flush()
    for position, plan in enumerate(phases):
        session.add(
            Phase(
                process_id=process.id,
                kind=str(plan.kind),
                title=plan.title,
                description=plan.description,
                position=position,
                opens_at=plan.opens_at,
                closes_at=plan.closes_at,
                settled_at=plan.closes_at if plan.closes_at and plan.closes_at <= now else None,
            )
        )
    record(
        session,
        actor=actor,
        action="process.opened",
        kind=ThingKind.process,
        object_id=process.id,
        process_id=process.id,
    )
    if actor.account_id:
        give_role(session, process_id=process.id, account_id=actor.account_id, role=Role.manager, actor=actor, now=now)
    session.flush()
    return process.id


def publish_process(session: Session, *, process_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Make the process visible to anyone. Raises Invalid where it has no phase with a date."""
    process = session.get_one(Process, process_id)
    if not session.execute(
        select(Phase.id).where(Phase.process_id == process_id, Phase.opens_at.is_not(None)).limit(1)
    ).scalar_one_or_none():
        raise Invalid("Prima di pubblicare serve almeno una fase con una data di apertura.")
    process.state = "published"
    record(
        session,
        actor=actor,
        action="process.published",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
    )
    session.flush()


def describe_process(
    session: Session, *, process_id: uuid.UUID, title: str, name: str, summary: str, actor: Actor, now: datetime
) -> None:
    """Change the words of a process."""
    process = session.get_one(Process, process_id)
    process.title, process.name, process.summary = title, name, summary
    record(
        session,
        actor=actor,
        action="process.described",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
    )
    session.flush()


def set_premoderation(
    session: Session, *, process_id: uuid.UUID, kinds: Collection[ThingKind], actor: Actor, now: datetime
) -> None:
    """Say which kinds of new text (proposal, comment, contribution) a moderator reads before anybody else.

    What waits when a kind is switched off goes on waiting until a moderator decides: nothing is published unread, nothing is lost.
    """
    process = session.execute(select(Process).where(Process.id == process_id).with_for_update()).scalar_one()
    process.premoderate_proposals = ThingKind.proposal in kinds
    process.premoderate_comments = ThingKind.comment in kinds
    process.premoderate_contributions = ThingKind.contribution in kinds
    record(
        session, actor=actor, action="process.premoderation", kind=ThingKind.process, object_id=process_id,
        process_id=process_id, kinds=sorted(str(kind) for kind in kinds),
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def give_role(
    session: Session, *, process_id: uuid.UUID, account_id: uuid.UUID, role: Role, actor: Actor, now: datetime
) -> None:
    """Give a role; giving it twice changes nothing. Raises Invalid for roles that can't be given, NotFound for unknown people."""
    if role not in ASSIGNABLE:
        raise Invalid("Questo ruolo non si può assegnare.")
    if session.get(Account, account_id) is None:
        raise NotFound("Questa persona non c’è.")
    added = session.execute(
        insert(Membership)
        .values(process_id=process_id, account_id=account_id, role=str(role), given_at=now)
        .on_conflict_do_nothing()
        .returning(Membership.id)
    ).scalar_one_or_none()
    if added:
        record(
            session,
            actor=actor,
            action="role.given",
            kind=ThingKind.membership,
            object_id=added,
            process_id=process_id,
            role=str(role),
            account=account_id,
        )
    session.flush()


def invite_member(
    session: Session, *, process_id: uuid.UUID, email: str, display_name: str, role: Role, actor: Actor, now: datetime
) -> uuid.UUID:
    """Give a role to the person of an address, who is invited by mail where they have no account yet; returns their account.

    Raises Invalid for a malformed address or a role that can't be given.
    """
    account_id = ensure_invited(session, email=email, display_name=display_name, actor=actor, now=now)
    give_role(session, process_id=process_id, account_id=account_id, role=role, actor=actor, now=now)
    title = session.execute(select(Process.title).where(Process.id == process_id)).scalar_one()

    def words(language: str) -> tuple[str, str]:
        with force_locale(language):
            subject = _("Hai un nuovo ruolo: %(title)s", title=title)
            return subject, _("Da adesso trovi quello che aspetta te nella tua scrivania.")

    notify(
        session,
        account_ids=[account_id],
        kind="role.given",
        words=words,
        link_endpoint="home.desk",
        link_values={},
        process_id=process_id,
        key=f"role:{process_id}:{role}:{now.date().isoformat()}",
        now=now,
    )
    return account_id


def answer_organisation(
    session: Session,
    *,
    process_id: uuid.UUID,
    organisation_id: uuid.UUID,
    account_id: uuid.UUID,
    accept: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Confirm or refuse that somebody speaks for an organisation, and tell them. Raises NotFound."""
    if not answer_membership(
        session, organisation_id=organisation_id, account_id=account_id, accept=accept, actor=actor, now=now
    ):
        return

    def words(language: str) -> tuple[str, str]:
        with force_locale(language):
            if accept:
                subject = _("Ora parli per la tua organizzazione")
                return subject, _("Nella sua pagina trovi che cosa è stato di ciò che ha detto.")
            return _("La richiesta non è stata confermata"), _(
                "Non risulta che tu parli per questa organizzazione. Se è un errore, scrivi a chi gestisce il processo."
            )

    notify(
        session,
        account_ids=[account_id],
        kind="organisation",
        words=words,
        link_endpoint="organisations.mine",
        link_values={},
        process_id=process_id,
        key=f"organisation:{organisation_id}:{accept}:{now.date().isoformat()}",
        now=now,
    )


def take_role(
    session: Session, *, process_id: uuid.UUID, membership_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Take a role back; it ends with the person's next request. The last manager can't be removed."""
    membership = session.execute(
        select(Membership).where(Membership.id == membership_id, Membership.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if membership is None:
        raise NotFound("Questo ruolo non c’è più.")
    if membership.role == Role.manager:
        # Two managers who take each other's role at the same moment must not both succeed.
        session.execute(select(Process.id).where(Process.id == process_id).with_for_update())
        others = session.execute(
            select(func.count())
            .select_from(Membership)
            .where(
                Membership.process_id == process_id,
                Membership.role == str(Role.manager),
                Membership.id != membership_id,
            )
        ).scalar_one()
        if not others:
            raise Invalid("Un processo ha bisogno di almeno un responsabile: prima danne il ruolo a un’altra persona.")
    record(
        session, actor=actor, action="role.taken", kind=ThingKind.membership, object_id=membership_id, process_id=process_id,
        role=membership.role, account=membership.account_id,
    )  # fmt: skip  # one row of values reads better so
    session.delete(membership)
    session.flush()


def publish_notice(
    session: Session, *, process_id: uuid.UUID, kind: PhaseKind, text: str, actor: Actor, now: datetime
) -> int:
    """Publish a new version of a phase's privacy notice; returns its number. Versions of one process are numbered in turn."""
    session.execute(select(Process.id).where(Process.id == process_id).with_for_update())
    latest = session.execute(
        select(func.coalesce(func.max(PrivacyNotice.version), 0)).where(
            PrivacyNotice.process_id == process_id, PrivacyNotice.phase_kind == str(kind)
        )
    ).scalar_one()
    notice = PrivacyNotice(process_id=process_id, phase_kind=str(kind), version=latest + 1, text=text, published_at=now)
    session.add(notice)
    record(
        session,
        actor=actor,
        action="notice.published",
        kind=ThingKind.phase,
        object_id=process_id,
        process_id=process_id,
        phase=str(kind),
        version=latest + 1,
    )
    session.flush()
    return int(latest) + 1


# Built once, on the table itself: everything that is sent by somebody signed in remembers it.
_SEEN = insert(cast("Table", NoticeSeen.__table__)).on_conflict_do_nothing()


def remember_notice(
    session: Session, *, notice_id: uuid.UUID | None, actor: Actor, kind: ThingKind, now: datetime
) -> None:
    """Record which version of the notice a signed-in person saw. For people without account nothing is recorded."""
    if notice_id is None or actor.account_id is None:
        return
    session.execute(
        _SEEN, {"notice_id": notice_id, "account_id": actor.account_id, "kind": str(kind), "seen_at": now}
    )


class _PersonalData:
    """Implements `core.protocols.PersonalData` for roles and for the notices people saw."""

    name = "ruoli_e_informative"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Roles in processes, and which version of which notice was seen when."""
        roles = session.execute(
            select(Process.title, Membership.role, Membership.given_at)
            .join(Process, Process.id == Membership.process_id)
            .where(Membership.account_id == account_id)
            .order_by(Membership.given_at, Membership.id)
        )
        seen = session.execute(
            select(Process.title, PrivacyNotice.phase_kind, PrivacyNotice.version, NoticeSeen.kind, NoticeSeen.seen_at)
            .join(PrivacyNotice, PrivacyNotice.id == NoticeSeen.notice_id)
            .join(Process, Process.id == PrivacyNotice.process_id)
            .where(NoticeSeen.account_id == account_id)
            .order_by(NoticeSeen.seen_at, NoticeSeen.id)
        )
        return [
            *({"kind": "role", "process": t, "role": role, "given_at": at.isoformat()} for t, role, at in roles),
            *(
                {"kind": "notice_seen", "process": t, "phase": phase, "version": v, "given": k, "at": at.isoformat()}
                for t, phase, v, k, at in seen
            ),
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Roles end; what notice an erased person saw is nobody's business."""
        session.execute(delete(Membership).where(Membership.account_id == account_id))
        session.execute(delete(NoticeSeen).where(NoticeSeen.account_id == account_id))


PERSONAL_DATA = _PersonalData()
