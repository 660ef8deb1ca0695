"""Merging proposals into one and splitting one into several, by moderators; what authors agree on is `asking`'s.

Nothing is moved and nothing is lost: supports and comments stay where people gave them, lineage leads both ways, authors may object
for a while, and each act can be taken back. Everyone locks the proposals first, in the order of their keys.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import (
    Proposal,
    ProposalCoauthor,
    ProposalLineage,
    ProposalZone,
    Regrouping,
    RegroupingPart,
)
from consult.coplanning.proposals.services.carrying import (
    ask_to_tell,
    carry_out,
    check_choice,
    check_fit,
    check_parts,
    check_reason,
    end,
    link,
    locked,
    move,
    open_act,
    remember,
)
from consult.coplanning.proposals.services.checks import check_words
from consult.coplanning.proposals.services.submission import publish
from consult.coplanning.proposals.types import Lineage, ProposalState, RegroupingState, SplitPart
from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import PhaseKind, SpeakerKind
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open

DECIDING = (PhaseKind.co_planning, PhaseKind.drafting)


def merge(
    session: Session,
    *,
    process_id: uuid.UUID,
    from_ids: Sequence[uuid.UUID],
    into_id: uuid.UUID,
    reason: str,
    actor: Actor,
    now: datetime,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> uuid.UUID:
    """A moderator lets one proposal carry others on; returns the key of the act. `seen`: the versions that were on the screen.

    Raises Invalid for a wrong choice or a short reason, Conflict where somebody decided, changed or regrouped one of them first.
    """
    hold_phase_open(session, process_id=process_id, kinds=DECIDING, or_closing=True)
    check_reason(reason)
    rows = locked(session, process_id, [*from_ids, into_id])
    check_choice(from_ids, into_id)
    check_fit(session, process_id, rows, seen or {})
    act = remember(session, process_id, Lineage.merged_into, RegroupingState.standing, reason, False, actor, now)
    for key in rows:
        session.add(RegroupingPart(regrouping_id=act.id, proposal_id=key, role="into" if key == into_id else "from"))
    carry_out(session, act, {key: rows[key] for key in rows if key != into_id}, [into_id], actor, now)
    return act.id


def merge_anew(
    session: Session,
    *,
    process_id: uuid.UUID,
    from_ids: Sequence[uuid.UUID],
    title: str,
    text: str,
    reason: str,
    signature: str,
    author_kind: SpeakerKind,
    actor: Actor,
    now: datetime,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> uuid.UUID:
    """A moderator writes one text for several proposals, which carries them all on; returns the key of the act.

    It is under the strategy of the most supported one and speaks of the places of all; who wrote them follows it and may object.
    `author_kind` says for which kind of speaker it is counted: the moderator chooses, since the proposals may come from several.
    `signature` stands in the place of a name. Raises as `merge` does, and Invalid for words that are too few or too many.
    """
    hold_phase_open(session, process_id=process_id, kinds=DECIDING)
    check_reason(reason)
    wholes = list(dict.fromkeys(from_ids))
    if not 2 <= len(wholes) <= rules.MOST_MERGED:
        raise Invalid(
            "Un testo nuovo unisce almeno due proposte.",
            {"into": Sentence("Scegli da 2 a %(n)s proposte per un testo nuovo.", n=rules.MOST_MERGED)},
        )
    check_words(title, text)
    rows = locked(session, process_id, wholes)
    check_fit(session, process_id, rows, seen or {})
    lead = max(rows.values(), key=lambda row: (row.supports_count, -row.number))
    act = remember(session, process_id, Lineage.merged_into, RegroupingState.standing, reason, False, actor, now)
    born = uuid.uuid4()
    publish(
        session, key=born, process_id=process_id, title=title, text=text, strategy_id=lead.strategy_id,
        zones=_zones_of_all(session, wholes), now=now, language=lead.language, finding_id=lead.finding_id, municipality_id=None,
        author_id=actor.account_id, author_kind=str(author_kind), organisation="", show_name=False, pseudonym=signature,
    )  # fmt: skip  # one row of values reads better so
    for key in wholes:
        session.add(RegroupingPart(regrouping_id=act.id, proposal_id=key, role="from"))
    session.add(RegroupingPart(regrouping_id=act.id, proposal_id=born, role="into"))
    carry_out(session, act, rows, [born], actor, now)
    return act.id


def _zones_of_all(session: Session, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The zones of some proposals together; none, which is the whole territory, where one of them names none."""
    found = session.execute(
        select(ProposalZone.proposal_id, ProposalZone.zone_id)
        .where(ProposalZone.proposal_id.in_(ids))
        .order_by(ProposalZone.zone_id)
    ).all()
    if {row.proposal_id for row in found} != set(ids):
        return []
    return list(dict.fromkeys(row.zone_id for row in found))


def split(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    version: int,
    parts: Sequence[SplitPart],
    reason: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """A moderator splits a proposal into two or more, which its author keeps; returns the key of the act. Raises as `merge` does."""
    hold_phase_open(session, process_id=process_id, kinds=DECIDING, or_closing=True)
    check_reason(reason)
    if not 2 <= len(parts) <= rules.MOST_PARTS:
        raise Invalid(Sentence("Una proposta si divide in 2 o più parti, al massimo %(n)s.", n=rules.MOST_PARTS))
    rows = locked(session, process_id, [proposal_id])
    check_fit(session, process_id, rows, {proposal_id: version})
    whole = rows[proposal_id]
    check_parts(session, process_id, parts)
    act = remember(session, process_id, Lineage.split_off, RegroupingState.standing, reason, False, actor, now)
    session.add(RegroupingPart(regrouping_id=act.id, proposal_id=proposal_id, role="from"))
    zones = list(session.execute(select(ProposalZone.zone_id).where(ProposalZone.proposal_id == proposal_id)).scalars())
    born = []
    for part in parts:
        key = uuid.uuid4()
        publish(
            session, key=key, process_id=process_id, title=part.title, text=part.text, strategy_id=part.strategy_id, zones=zones, now=now,
            language=whole.language, finding_id=whole.finding_id, municipality_id=whole.municipality_id, author_id=whole.author_id,
            author_kind=whole.author_kind, organisation=whole.organisation, show_name=whole.show_name, pseudonym=whole.pseudonym,
        )  # fmt: skip  # one row of values reads better so
        session.add(RegroupingPart(regrouping_id=act.id, proposal_id=key, role="into"))
        born.append(key)
    _keep_coauthors(session, proposal_id, born)
    carry_out(session, act, rows, born, actor, now)
    return act.id


def _keep_coauthors(session: Session, from_id: uuid.UUID, into: Sequence[uuid.UUID]) -> None:
    """Who became a co-author of the whole is one of each part."""
    there = session.execute(
        select(ProposalCoauthor).where(ProposalCoauthor.proposal_id == from_id).order_by(ProposalCoauthor.since)
    ).scalars()
    session.add_all(
        ProposalCoauthor(
            proposal_id=key, account_id=row.account_id, amendment_id=row.amendment_id, show_name=row.show_name,
            pseudonym=row.pseudonym, since=row.since,
        )
        for row in list(there)
        for key in into
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def undo(
    session: Session, *, process_id: uuid.UUID, regrouping_id: uuid.UUID, why: str, actor: Actor, now: datetime
) -> None:
    """A moderator takes a merge or split back: proposals stand by themselves again, and the trace of the act stays.

    What a split gave birth to is carried on by the whole again, so that supports and comments given meanwhile are not lost.
    Raises Conflict where it was taken back already, or where a part was decided or regrouped meanwhile.
    """
    check_reason(why)
    act, parts, rows = open_act(session, process_id, regrouping_id, RegroupingState.standing)
    take_back_act(session, act, parts, rows, why, actor, now)


def take_back_act(
    session: Session,
    act: Regrouping,
    parts: Sequence[RegroupingPart],
    rows: Mapping[uuid.UUID, Proposal],
    why: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a standing act back, with a public reason; everything it concerns is locked already. Raises Conflict where a part went on."""
    wholes = [p.proposal_id for p in parts if p.role == "from"]
    born = [p.proposal_id for p in parts if p.role == "into"]
    session.execute(
        update(ProposalLineage)
        .where(ProposalLineage.regrouping_id == act.id, ProposalLineage.undone_at.is_(None))
        .values(undone_at=now)
    )
    for key in wholes:
        if rows[key].state in (ProposalState.merged, ProposalState.divided):
            move(rows[key], ProposalState.published, now)
    if act.kind == Lineage.merged_into:
        for key in born:
            _end_what_was_written(session, act, rows[key], now)
    if act.kind == Lineage.split_off:
        for key in born:
            row = rows[key]
            if row.outcome is not None or row.state in (ProposalState.merged, ProposalState.divided):
                raise Conflict(
                    Sentence(
                        "La proposta %(n)s, nata dalla divisione, ha già avuto un seguito: prima va annullato quello.",
                        n=row.number,
                    ),
                    link_endpoint="proposals.show",
                    link_values={"slug": slug_of(session, process_id=act.process_id), "proposal_id": str(key)},
                )
            if row.state == ProposalState.published:
                move(row, ProposalState.merged, now)
                link(session, act, key, wholes[0], Lineage.merged_into, why, actor, now)
    end(session, act, RegroupingState.undone, why, actor, now)
    ask_to_tell(session, act, "undone", now)


def _end_what_was_written(session: Session, act: Regrouping, row: Proposal, now: datetime) -> None:
    """A text written by the very act that is taken back goes with it, unless people have taken it up meanwhile."""
    written = row.created_at == act.asked_at
    if not written or row.state != ProposalState.published:
        return
    if row.outcome is not None:
        raise Conflict(
            Sentence("La proposta %(n)s, nata dall’unione, ha già un esito: prima va ritirato quello.", n=row.number),
            link_endpoint="proposals.show",
            link_values={"slug": slug_of(session, process_id=act.process_id), "proposal_id": str(row.id)},
        )
    if not row.supports_count and not row.comments_count:
        move(row, ProposalState.withdrawn, now)
