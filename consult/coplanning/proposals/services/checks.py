"""What is checked before a proposal is written: the length of its words, the strategy and places it names, its point on the map."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ARRAY, String, Table, Uuid, bindparam, func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals.types import ProposalState
from consult.core.errors import Invalid, PhaseClosed
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.framework.models import Municipality, Strategy, Zone
from consult.framework.queries import holds_point
from consult.people.models import Account, Draft
from consult.position_paper.queries import finding_cards
from consult.process.models import Process
from consult.process.queries import OPEN_NOW
from consult.process.services import JUST_CLOSED

MIN_TITLE, MAX_TITLE = 8, 200
MIN_TEXT, MAX_TEXT = 40, 8_000


@dataclass(frozen=True, slots=True)
class Place:
    """The process a proposal is for, with what the database says of the places and the strategy it names."""

    language: str
    verified: bool
    zones: tuple[uuid.UUID, ...]
    state: ProposalState
    #: Whether its author kept a draft in the place asked about.
    drafted: bool = False


def check_words(title: str, text: str) -> None:
    """Raise Invalid, with a sentence for each field, where title or text are too short or too long."""
    wrong: dict[str, str] = {}
    if not MIN_TITLE <= len(title) <= MAX_TITLE:
        wrong["title"] = Sentence("Servono da %(min)d a %(max)d caratteri.", min=MIN_TITLE, max=MAX_TITLE)
    if not MIN_TEXT <= len(text) <= MAX_TEXT:
        wrong["text"] = Sentence("Servono da %(min)d a %(max)d caratteri.", min=MIN_TEXT, max=MAX_TEXT)
    if wrong:
        raise Invalid("Titolo o testo non vanno ancora bene.", wrong)


def check_point(session: Session, process_id: uuid.UUID, point: tuple[float, float] | None) -> None:
    """Raise Invalid where a point lies outside the territory, as far as its outlines are known."""
    if point is None:
        return
    territory_id = session.execute(select(Process.territory_id).where(Process.id == process_id)).scalar_one()
    if not holds_point(session, territory_id=territory_id, latitude=point[0], longitude=point[1]):
        sentence = Sentence(
            "Questo punto è fuori dal territorio: controlla i due numeri, prima la latitudine e poi la longitudine."
        )
        raise Invalid("Il punto è fuori dal territorio.", {"point": sentence})


def _look_up_statement() -> Any:
    verified = select(Account.email_verified_at.is_not(None)).where(
        Account.id == bindparam("account", type_=Uuid()), Account.erased_at.is_(None)
    )
    # On the table, not the class: no row becomes an object here.
    process = cast("Table", Process.__table__)
    strategy = select(Strategy.id).where(
        Strategy.id == bindparam("strategy", type_=Uuid()), Strategy.frame_id == process.c.frame_id
    )
    zones = select(func.array_agg(Zone.id)).where(
        Zone.id == func.any(bindparam("zones", type_=ARRAY(Uuid()))), Zone.territory_id == process.c.territory_id
    )
    zone_of_municipality = (
        select(Municipality.zone_id)
        .join(Zone, Zone.id == Municipality.zone_id)
        .where(Municipality.id == bindparam("municipality", type_=Uuid()), Zone.territory_id == process.c.territory_id)
    )
    draft = cast("Table", Draft.__table__).c
    drafted = select(draft.place).where(
        draft.account_id == bindparam("account", type_=Uuid()), draft.place == bindparam("draft_place", type_=String())
    )
    return select(
        process.c.language,
        process.c.premoderate_proposals,
        verified.scalar_subquery().label("verified"),
        strategy.correlate(process).scalar_subquery().label("strategy"),
        zones.correlate(process).scalar_subquery().label("zones"),
        zone_of_municipality.correlate(process).scalar_subquery().label("municipality_zone"),
        drafted.exists().label("drafted"),
        OPEN_NOW.exists().label("open"),
    ).where(process.c.id == bindparam("process", type_=Uuid()))


_LOOK_UP = _look_up_statement()


def look_up(
    session: Session,
    process_id: uuid.UUID,
    actor: Actor,
    strategy_id: uuid.UUID,
    zone_ids: Sequence[uuid.UUID],
    municipality_id: uuid.UUID | None,
    finding_id: uuid.UUID | None,
    *,
    held: Sequence[uuid.UUID] | None = None,
    draft_place: str | None = None,
) -> Place:
    """Check in one statement that strategy and places belong to the process, and whether the address is proved.

    `held`: the phases whose locks the caller took, of which one must be open now. Raises PhaseClosed, Invalid with fields.
    """
    wanted = list(dict.fromkeys(zone_ids))
    row = session.execute(
        _LOOK_UP,
        {
            "process": process_id,
            "account": actor.account_id,
            "strategy": strategy_id,
            "zones": wanted,
            "municipality": municipality_id,
            "draft_place": draft_place,
            "phases": list(held or ()),
            "grace_s": 0,
        },
    ).one()
    if held is not None and not row.open:
        raise PhaseClosed(JUST_CLOSED)
    known = set(row.zones or ())
    wrong: dict[str, str] = {}
    if row.strategy is None:
        wrong["strategy_id"] = Sentence("Scegli una strategia del piano.")
    if any(z not in known for z in wanted):
        wrong["zone_ids"] = Sentence("Scegli le zone dall’elenco.")
    if municipality_id is not None and row.municipality_zone is None:
        wrong["municipality_id"] = Sentence("Scegli il comune dall’elenco.")
    if wrong:
        raise Invalid("Una delle scelte non è nell’elenco.", wrong)
    if finding_id is not None:
        card = finding_cards(session, ids=[finding_id]).get(finding_id)
        if card is None or card.process_id != process_id:
            raise Invalid(
                "La risultanza non è tra quelle pubblicate.", {"finding_id": "Scegli una risultanza pubblicata."}
            )
    if row.municipality_zone is not None and row.municipality_zone not in known:
        wanted.append(row.municipality_zone)
    state = ProposalState.waiting if row.premoderate_proposals else ProposalState.published
    return Place(row.language, bool(row.verified), tuple(wanted), state, row.drafted)
