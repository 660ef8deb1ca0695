"""Taking up a finding of the position paper, or what was noted at a meeting, into a draft action.

The thing itself is locked first; then what it is linked to is compared with what the moderator saw; then the link is written. Of two
moderators at the same moment the second waits for the first and then reads what the first did.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.services.dispositions import DECIDING, MAX_REASON, action_of, withdraw_if_empty
from consult.people import queries as people
from consult.plan import services as plan
from consult.plan.models import DraftAction, Promotion
from consult.plan.types import ActionFields, ActionOrigin, ActionState, Ground
from consult.position_paper import queries as paper
from consult.position_paper import services as paper_services
from consult.position_paper.models import Finding
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What taking something up made."""

    action_id: uuid.UUID
    code: str
    created: bool
    act_id: uuid.UUID


def words_of(session: Session, *, process_id: uuid.UUID, kind: ThingKind, thing_id: uuid.UUID) -> str | None:
    """The words of which a passage may be taken: a published finding's own, without quotes, or a public note's; None for nothing else."""
    if kind is ThingKind.finding:
        version = paper.version_with_finding(session, process_id=process_id, finding_id=thing_id)
        if version is None:
            return None
        return paper_services.words_of_its_authors(session, content=version.content, finding_id=thing_id) or None
    return session.execute(
        select(Source.text).where(
            Source.id == thing_id,
            Source.process_id == process_id,
            Source.channel == Channel.meeting,
            Source.state == "live",
            Source.visibility == "public",
        )
    ).scalar_one_or_none()


def take_up(
    session: Session,
    *,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    seen: int,
    passage: str,
    reason_code: str,
    public_reason: str,
    body: str,
    actor: Actor,
    now: datetime,
    action_id: uuid.UUID | None = None,
    strategy_id: uuid.UUID | None = None,
    new_action: ActionFields | None = None,
) -> TakenUp:
    """Let an action, existing (`action_id`) or new (`new_action` under `strategy_id`), rest on a finding or a meeting note.

    `seen` is how many links the thing had ever had when the form was opened. Raises Conflict, with a link to the action, where somebody
    linked it meanwhile; Invalid, with a sentence for each field, where the reason does not fit or the passage is not in the text.
    """
    hold_phase_open(session, process_id=process_id, kinds=DECIDING, or_closing=True)
    _check(reason_code, public_reason, body, action_id, new_action, strategy_id)
    _lock(session, process_id, kind, thing_id)
    text = words_of(session, process_id=process_id, kind=kind, thing_id=thing_id)
    if text is None:
        raise NotFound("Questo testo non c’è, o non è pubblico.")
    _check_unchanged(session, process_id, kind, thing_id, seen, action_id)
    span = rules.find_passage(text, passage)
    if span is None:
        raise Invalid(
            "Il passaggio non è nel testo.",
            {"passage": "Queste parole non sono nel testo: copia il passaggio così com’è."},
        )
    act_id = uuid.uuid4()
    if new_action is not None and strategy_id is not None:
        action, code = plan.create_action(
            session, process_id=process_id, strategy_id=strategy_id, fields=new_action, origin=ActionOrigin.promoted, actor=actor, now=now
        )  # fmt: skip  # one row of values reads better so
    else:
        action, code = action_of(session, process_id, action_id)
    ground = Ground(
        finding_id=thing_id if kind is ThingKind.finding else None, source_id=thing_id if kind is ThingKind.source else None,
        passage=text[slice(*span)], start=span[0], cause_id=act_id, reason_code=reason_code, reason=public_reason.strip(),
        body=body.strip(), born_with=new_action is not None,
    )  # fmt: skip  # one row of values reads better so
    plan.link(session, process_id=process_id, action_id=action, grounds=[ground], actor=actor, now=now)
    record(
        session, actor=actor, action="action.taken_up", kind=ThingKind.action, object_id=action, process_id=process_id,
        thing_kind=str(kind), thing=thing_id, reason=reason_code,
    )  # fmt: skip  # one row of values reads better so
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(session, "moderation.tell_taken_up", key=act_id, not_before=later, act_id=act_id)
    session.flush()
    return TakenUp(action, code, new_action is not None, act_id)


def standing(session: Session, process_id: uuid.UUID, act_id: uuid.UUID) -> Sequence[Promotion]:
    """The links that one act of taking up made and that still stand, locked; empty where the act took nothing up."""
    return _links(session, process_id, act_id, Promotion.ended_at.is_(None))


def _links(
    session: Session, process_id: uuid.UUID, act_id: uuid.UUID, state: ColumnElement[bool]
) -> Sequence[Promotion]:
    return (
        session.execute(
            select(Promotion)
            .join(DraftAction, DraftAction.id == Promotion.action_id)
            .where(
                Promotion.cause_id == act_id,
                Promotion.proposal_id.is_(None),
                state,
                DraftAction.process_id == process_id,
            )
            .order_by(Promotion.id)
            .with_for_update(of=Promotion)
        )
        .scalars()
        .all()
    )


def give_back(
    session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, why: str, actor: Actor, now: datetime
) -> None:
    """End a link, with a reason that stays on record; an action that was born with it and rests on nothing else is withdrawn.

    Raises Invalid without a reason, NotFound where the link does not stand.
    """
    if len(why.strip()) < 10:
        raise Invalid("Serve un motivo.", {"why": "Scrivi perché il legame si toglie: si legge nella storia."})
    links = standing(session, process_id, act_id)
    if not links:
        raise NotFound("Questo legame non c’è più.")
    take_back(session, links, why=why, actor=actor, now=now)
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    # The key names the moment: a link may be ended, put back and ended again.
    jobs.enqueue(
        session, "moderation.tell_given_back", key=f"{act_id}:{now.isoformat()}", not_before=later, act_id=act_id
    )


def put_back(session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Undo `give_back` within ten seconds, by who ended the link: it stands again, and an action withdrawn with it is a draft again.

    Raises NotFound where no such link was ended, Conflict when it is too late, or somebody linked the same things anew meanwhile.
    """
    links = _links(session, process_id, act_id, Promotion.ended_at.is_not(None))
    if not links:
        raise NotFound("Questo legame non è stato tolto.")
    if not all(
        link.ended_at and rules.may_undo(by=link.ended_by, who=actor.account_id, at=link.ended_at, now=now)
        for link in links
    ):
        raise Conflict(
            "I dieci secondi per annullare sono passati: il legame resta tolto. Lo si può fare di nuovo.",
            link_endpoint="taking_up.index", link_values={"slug": slug_of(session, process_id=process_id)},
        )  # fmt: skip  # one row of values reads better so
    for link in links:
        thing, model = (
            (link.finding_id, Promotion.finding_id) if link.finding_id else (link.source_id, Promotion.source_id)
        )
        again = select(Promotion.id).where(
            model == thing, Promotion.action_id == link.action_id, Promotion.ended_at.is_(None)
        )
        if session.execute(again).first():
            raise Conflict(
                "Questo testo è già di nuovo nell’azione.",
                link_endpoint="taking_up.index", link_values={"slug": slug_of(session, process_id=process_id)},
            )  # fmt: skip  # one row of values reads better so
    born = {link.action_id for link in links if link.born_with}
    plan.relink(session, cause_id=act_id, actor=actor, now=now)
    for action_id in sorted({link.action_id for link in links}):
        action = session.get_one(DraftAction, action_id)
        if action.state == ActionState.withdrawn and action_id in born:
            plan.change_state(
                session, process_id=process_id, action_id=action_id, version=action.version, state=ActionState.draft,
                actor=actor, now=now, told=False,
            )  # fmt: skip  # one row of values reads better so
        record(session, actor=actor, action="action.put_back", kind=ThingKind.action, object_id=action_id)
    # Its own telling may have looked while the link was ended, and told nobody: it looks once more, and tells nobody twice.
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(
        session, "moderation.tell_taken_up", key=f"{act_id}:{now.isoformat()}", not_before=later, act_id=act_id
    )
    session.flush()


def take_back(session: Session, links: Sequence[Promotion], *, why: str, actor: Actor, now: datetime) -> None:
    """End these links; used by `give_back` and by undo, after their own checks."""
    born = sorted({link.action_id for link in links if link.born_with})
    for cause in sorted({link.cause_id for link in links if link.cause_id}):
        plan.unlink(session, cause_id=cause, actor=actor, now=now, note=why)
    for link in links:
        record(session, actor=actor, action="action.given_back", kind=ThingKind.action, object_id=link.action_id)
    session.flush()
    for action_id in born:
        withdraw_if_empty(session, action_id, why, actor, now)


def _check(
    reason_code: str,
    public_reason: str,
    body: str,
    action_id: uuid.UUID | None,
    new_action: ActionFields | None,
    strategy_id: uuid.UUID | None,
) -> None:
    wrong: dict[str, str] = {}
    if rules.taking_up_reason(reason_code) is None:
        wrong["reason"] = Sentence("Scegli un motivo.")
    if not 20 <= len(public_reason.strip()) <= MAX_REASON:
        wrong["public_reason"] = Sentence(
            "Servono da 20 a %(max)d caratteri: queste parole sono pubbliche.", max=MAX_REASON
        )
    if not body.strip() or len(body) > 200:
        wrong["body"] = Sentence("Scrivi quale organo o ufficio decide.")
    if (action_id is None) == (new_action is None):
        wrong["action"] = Sentence("Scegli un’azione, oppure scrivine una nuova.")
    if new_action is not None and strategy_id is None:
        wrong["strategy"] = Sentence("Scegli la strategia della nuova azione.")
    if wrong:
        raise Invalid("Alla decisione manca qualcosa.", wrong)


def _lock(session: Session, process_id: uuid.UUID, kind: ThingKind, thing_id: uuid.UUID) -> None:
    model: Any = Finding if kind is ThingKind.finding else Source
    found = session.execute(
        select(model.id).where(model.id == thing_id, model.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questo testo non c’è, o non è pubblico.")


def _check_unchanged(
    session: Session,
    process_id: uuid.UUID,
    kind: ThingKind,
    thing_id: uuid.UUID,
    seen: int,
    action_id: uuid.UUID | None,
) -> None:
    thing = Promotion.finding_id if kind is ThingKind.finding else Promotion.source_id
    links = session.execute(
        select(DraftAction.id, DraftAction.code, Promotion.ended_at, Promotion.made_by)
        .join(Promotion, Promotion.action_id == DraftAction.id)
        .where(thing == thing_id)
        .order_by(Promotion.made_at.desc(), Promotion.id)
    ).all()
    same = next((row for row in links if row.id == action_id and row.ended_at is None), None)
    if len(links) == seen and same is None:
        return
    latest = same or next((row for row in links if row.ended_at is None), None)
    slug = slug_of(session, process_id=process_id)
    if latest is None:
        raise Conflict(
            "I legami di questo testo sono cambiati mentre lo leggevi: guarda come sono ora.",
            link_endpoint="taking_up.index", link_values={"slug": slug},
        )  # fmt: skip  # one row of values reads better so
    raise Conflict(
        Sentence("Questo testo è già nell’azione %(code)s. Niente è stato scritto due volte.", code=latest.code),
        link_endpoint="plan.action",
        link_values={"slug": slug, "code": latest.code},
        changed_by=people.name_of(session, account_id=latest.made_by),
    )
