"""Submitting, editing and taking back a proposal."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, String, Text, Uuid, bindparam, delete, insert, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal, ProposalVersion, ProposalZone
from consult.coplanning.proposals.services.checks import check_point, check_words, look_up
from consult.coplanning.proposals.services.drafts import drop_draft
from consult.coplanning.proposals.types import ProposalState
from consult.core.db import UtcDateTime
from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound
from consult.core.markdown import render_user_text
from consult.core.permissions import Actor
from consult.core.vocabulary import PhaseKind, SpeakerKind, ThingKind
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open, hold_phases, remember_notice

CO_PLANNING = (PhaseKind.co_planning,)


# One statement, since the counter's row is locked from it to the commit and everybody who submits waits for it: the next number,
# the proposal that bears it, its zones.
_NEW = sql(
    """
    WITH next AS (
        INSERT INTO proposal_counter (process_id, last) VALUES (:process_id, 1)
        ON CONFLICT (process_id) DO UPDATE SET last = proposal_counter.last + 1
        RETURNING last
    ),
    made AS (
        INSERT INTO proposal (id, process_id, number, state, state_at, title, text, html, excerpt, language, strategy_id, finding_id,
                              municipality_id, author_id, author_kind, organisation, show_name, pseudonym, created_at)
        SELECT :id, :process_id, next.last, :state, :now, :title, :text, :html, :excerpt, :language, :strategy_id, :finding_id,
               :municipality_id, :author_id, :author_kind, :organisation, :show_name, :pseudonym, :now
        FROM next
        RETURNING id
    )
    INSERT INTO proposal_zone (proposal_id, zone_id) SELECT made.id, zone_id FROM made CROSS JOIN unnest(:zones) AS zone_id
    """
).bindparams(
    bindparam("id", type_=Uuid()),
    bindparam("state", type_=String()),
    bindparam("process_id", type_=Uuid()),
    bindparam("strategy_id", type_=Uuid()),
    bindparam("finding_id", type_=Uuid()),
    bindparam("municipality_id", type_=Uuid()),
    bindparam("author_id", type_=Uuid()),
    bindparam("now", type_=UtcDateTime()),
    bindparam("title", type_=String()),
    bindparam("text", type_=Text()),
    bindparam("html", type_=Text()),
    bindparam("excerpt", type_=String()),
    bindparam("language", type_=String()),
    bindparam("author_kind", type_=String()),
    bindparam("organisation", type_=String()),
    bindparam("show_name", type_=Boolean()),
    bindparam("pseudonym", type_=String()),
    bindparam("zones", type_=ARRAY(Uuid())),
)


def submit(
    session: Session,
    *,
    process_id: uuid.UUID,
    title: str,
    text: str,
    strategy_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    finding_id: uuid.UUID | None = None,
    zone_ids: Sequence[uuid.UUID] = (),
    municipality_id: uuid.UUID | None = None,
    author_kind: SpeakerKind = SpeakerKind.resident,
    organisation: str = "",
    show_name: bool = True,
    pseudonym: str = "",
    language: str | None = None,
    notice_id: uuid.UUID | None = None,
    draft_place: str | None = None,
    point: tuple[float, float] | None = None,
) -> uuid.UUID:
    """Submit a proposal under the next number of its process; it is published at once, or waits where a moderator reads first.

    No zone and no municipality mean the whole territory; a municipality brings its own zone; a finding must be published.
    The draft kept in `draft_place` is dropped. Raises PhaseClosed, Forbidden without a verified address, Invalid with fields.
    """
    held = hold_phases(session, process_id=process_id, kinds=CO_PLANNING)
    try:
        check_words(title, text)
    except Invalid:
        # Who comes too late hears that, not what their words lack; asked only here, since `look_up` asks it of all others.
        hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
        raise
    # The clock is asked together with all else, after the locks are there.
    place = look_up(
        session, process_id, actor, strategy_id, zone_ids, municipality_id, finding_id, held=held, draft_place=draft_place
    )
    check_point(session, process_id, point)
    if not place.verified:
        raise Forbidden(
            "Per inviare una proposta bisogna prima confermare il proprio indirizzo: apri il collegamento nel messaggio che ti abbiamo mandato."
        )
    key = uuid.uuid4()
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.proposal, now=now)
    if place.drafted and draft_place and actor.account_id:
        drop_draft(session, account_id=actor.account_id, place=draft_place)
    record(
        session, actor=actor, action="proposal.submitted", kind=ThingKind.proposal, object_id=key, process_id=process_id
    )
    session.flush()
    publish(
        session,
        key=key,
        state=place.state,
        process_id=process_id,
        title=title,
        text=text,
        strategy_id=strategy_id,
        zones=place.zones,
        now=now,
        language=language or place.language,
        finding_id=finding_id,
        municipality_id=municipality_id,
        author_id=actor.account_id,
        author_kind=str(author_kind),
        organisation=organisation,
        show_name=show_name,
        pseudonym="" if show_name else pseudonym,
    )
    if point is not None:
        session.execute(update(Proposal).where(Proposal.id == key).values(latitude=point[0], longitude=point[1]))
    return key


def publish(
    session: Session,
    *,
    key: uuid.UUID,
    title: str,
    text: str,
    zones: Sequence[uuid.UUID],
    state: ProposalState = ProposalState.published,
    **more: Any,
) -> None:
    """Write a proposal under the next number of its process, last of all a transaction does. Everything was checked before."""
    html = str(render_user_text(text))
    values = {
        "id": key,
        "state": str(state),
        "title": title,
        "text": text,
        "html": html,
        "excerpt": rules.excerpt(html),
        "zones": list(zones),
    }
    session.execute(_NEW, values | more)


def edit(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    version: int,
    title: str,
    text: str,
    strategy_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    finding_id: uuid.UUID | None = None,
    zone_ids: Sequence[uuid.UUID] = (),
    municipality_id: uuid.UUID | None = None,
    author_kind: SpeakerKind = SpeakerKind.resident,
    organisation: str = "",
    show_name: bool = True,
    pseudonym: str = "",
    point: tuple[float, float] | None = None,
) -> None:
    """Change one's own proposal, before its first support and while the phase is open; the words before are kept as a version.

    Raises Conflict when somebody supported it, decided on it or changed it since `version` was shown, with both texts.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    row = _own_row(session, process_id, proposal_id, actor)
    here = _address(session, process_id, proposal_id)
    if row.version != version:
        pairs = (("Titolo", row.title, title), ("Testo", row.text, text))
        differences = tuple(Difference(name, theirs, yours) for name, theirs, yours in pairs if theirs != yours)
        raise Conflict(
            "Questa proposta è stata cambiata dopo che hai aperto la pagina. Qui sotto trovi come è ora e quello che hai scritto.",
            differences=differences,
            changed_by=actor.name if rules.may_be_withdrawn(row.state, row.outcome) else None,
            current_version=row.version,
            link_endpoint="proposals.show",
            link_values=here,
        )
    if not rules.words_are_open(row.state, row.first_supported_at, row.outcome):
        raise Conflict(
            "Qualcuno ha già sostenuto questa proposta: le sue parole non si cambiano più. Puoi aggiungere un commento.",
            link_endpoint="proposals.show",
            link_values=here,
        )
    check_words(title, text)
    if point != (row.latitude, row.longitude):
        check_point(session, process_id, point)
    place = look_up(session, process_id, actor, strategy_id, zone_ids, municipality_id, finding_id)
    if (row.title, row.text, row.strategy_id) != (title, text, strategy_id):
        session.add(
            ProposalVersion(
                proposal_id=proposal_id,
                number=row.text_version,
                title=row.title,
                text=row.text,
                html=row.html,
                strategy_id=row.strategy_id,
                written_at=row.edited_at or row.created_at,
            )
        )
        row.title, row.text, row.strategy_id = title, text, strategy_id
        row.html = str(render_user_text(text))
        row.excerpt = rules.excerpt(row.html)
        row.text_version += 1
        row.edited_at = now
    row.finding_id, row.municipality_id = finding_id, municipality_id
    row.author_kind, row.organisation = str(author_kind), organisation
    row.show_name, row.pseudonym = show_name, "" if show_name else pseudonym
    row.latitude, row.longitude = point or (None, None)
    row.version += 1
    session.execute(delete(ProposalZone).where(ProposalZone.proposal_id == proposal_id))
    _put_zones(session, proposal_id, place.zones)
    record(
        session,
        actor=actor,
        action="proposal.edited",
        kind=ThingKind.proposal,
        object_id=proposal_id,
        process_id=process_id,
        version=row.version,
    )
    session.flush()


def withdraw(
    session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Take one's own proposal back: it leaves the lists; who has its address still reads that it was withdrawn.

    One that nobody but its author ever read leaves no trace to be read.
    """
    row = _own_row(session, process_id, proposal_id, actor)
    if row.version != version or not rules.may_be_withdrawn(row.state, row.outcome):
        raise Conflict(
            "La proposta nel frattempo è cambiata: guarda come è ora.",
            link_endpoint="proposals.show",
            link_values=_address(session, process_id, proposal_id),
            current_version=row.version,
        )
    unread = row.state == ProposalState.waiting
    row.state, row.state_at = ProposalState.dropped if unread else ProposalState.withdrawn, now
    row.version += 1
    record(
        session,
        actor=actor,
        action="proposal.withdrawn",
        kind=ThingKind.proposal,
        object_id=proposal_id,
        process_id=process_id,
    )
    session.flush()


def _own_row(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor) -> Proposal:
    row = session.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.process_id == process_id)
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    if row is None or row.state in (ProposalState.hidden, ProposalState.dropped):
        raise NotFound("Questa proposta non c’è.")
    if not rules.is_author(row.author_id, actor.account_id):
        raise Forbidden("Solo chi ha scritto la proposta può cambiarla.")
    return row


def _address(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID) -> dict[str, str]:
    slug = slug_of(session, process_id=process_id)
    return {"slug": slug, "proposal_id": str(proposal_id)}


def _put_zones(session: Session, proposal_id: uuid.UUID, zones: Sequence[uuid.UUID]) -> None:
    if zones:
        session.execute(insert(ProposalZone), [{"proposal_id": proposal_id, "zone_id": zone} for zone in zones])
