"""What exists already and may overlap with a proposal: findings, provisions of existing plans, actions. Only suggested; a person accepts.

Likeness is that of the confrontation of findings with existing plans (`position_paper.rules.likeness`): word stems, rare ones weighing more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, func, literal, select, union_all
from sqlalchemy.orm import Session

from consult.coplanning.proposals.queries.listing import CONFIGURATIONS
from consult.framework.models import Provision, ReferencePlan
from consult.framework.queries import provisions
from consult.moderation.types import OverlapKind
from consult.plan.models import DraftAction
from consult.plan.queries import outline
from consult.position_paper.queries import published_findings
from consult.position_paper.rules.likeness import rank

#: Says how an overlap was suggested; a change of the method changes the name.
METHOD = "stems-1"
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Overlap:
    """A thing that may overlap, with the words in common that say so; none where a person named it."""

    kind: OverlapKind
    id: uuid.UUID
    code: str
    title: str
    words: tuple[str, ...] = ()


def suggested(
    session: Session,
    *,
    process_id: uuid.UUID,
    frame_id: uuid.UUID,
    text: str,
    language: str,
    strategy_id: uuid.UUID | None,
    strategy_code: str,
    finding_id: uuid.UUID | None = None,
) -> list[Overlap]:
    """The nearest findings, provisions and actions, best first in each kind; the finding that a proposal answers comes before all.

    Six statements, however much there is.
    """
    findings = [
        (Overlap(OverlapKind.finding, f.id, str(f.number), f.title), f.title, f.strategy_id == strategy_id)
        for f in published_findings(session, process_id=process_id)
    ]
    plans = [
        (Overlap(OverlapKind.provision, p.id, f"{p.plan_code} {p.code}", p.text), p.text, strategy_code in p.strategies)
        for p in provisions(session, frame_id=frame_id)
    ]
    actions = [
        (Overlap(OverlapKind.action, a.id, a.code, a.title), f"{a.title} {a.text}", a.strategy_id == strategy_id)
        for a in outline(session, process_id=process_id)
    ]
    stems = _stems(session, [text, *(t for kind in (findings, plans, actions) for _o, t, _s in kind)], language)
    wanted, rest = stems[0], iter(stems[1:])
    found: list[Overlap] = []
    for kind in (findings, plans, actions):
        found += _nearest(kind, wanted, rest, finding_id)
    return found


def _nearest(
    things: Sequence[tuple[Overlap, str, bool]],
    wanted: list[str],
    stems: Iterable[list[str]],
    finding_id: uuid.UUID | None,
) -> list[Overlap]:
    known = {thing.id: thing for thing, _text, _same in things}
    texts = dict(zip(known, stems, strict=False))
    near = rank(wanted, texts, alike=[thing.id for thing, _text, same in things if same])[:SHOWN]
    found = [
        Overlap(known[n.key].kind, n.key, known[n.key].code, known[n.key].title, n.words[:4])
        for n in near
        if n.key != finding_id
    ]
    return [known[finding_id], *found] if finding_id in known else found


def _stems(session: Session, texts: Sequence[str], language: str) -> list[list[str]]:
    """The stems of each text, as the database makes them; one statement."""
    config = CONFIGURATIONS.get(language, "italian")
    numbered = (
        func.unnest(literal(list(texts), ARRAY(Text)))
        .table_valued("words", with_ordinality="place", name="given")
        .render_derived()
    )
    rows = session.execute(
        select(func.tsvector_to_array(func.to_tsvector(config, numbered.c.words))).order_by(numbered.c.place)
    )
    return [list(row[0]) for row in rows]


def named(
    session: Session, *, process_id: uuid.UUID, frame_id: uuid.UUID, keys: Iterable[tuple[str, uuid.UUID]]
) -> dict[uuid.UUID, Overlap]:
    """The code and title of things that evaluators accepted; what is not there any more, or is another process's, is missing."""
    wanted = list(keys)
    ids = {kind: [key for k, key in wanted if k == kind] for kind in OverlapKind}
    found: dict[uuid.UUID, Overlap] = {}
    if ids[OverlapKind.finding]:
        found |= {
            f.id: Overlap(OverlapKind.finding, f.id, str(f.number), f.title)
            for f in published_findings(session, process_id=process_id)
            if f.id in ids[OverlapKind.finding]
        }
    if ids[OverlapKind.provision] or ids[OverlapKind.action]:
        provision = (
            select(literal("provision"), Provision.id, ReferencePlan.code + " " + Provision.code, Provision.text)
            .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
            .where(Provision.id.in_(ids[OverlapKind.provision]), ReferencePlan.frame_id == frame_id)
        )
        action = select(literal("action"), DraftAction.id, DraftAction.code, DraftAction.title).where(
            DraftAction.id.in_(ids[OverlapKind.action]), DraftAction.process_id == process_id
        )
        for row in session.execute(union_all(provision, action)):
            found[row[1]] = Overlap(OverlapKind(row[0]), row[1], row[2], row[3])
    return found


def by_codes(
    session: Session, *, process_id: uuid.UUID, frame_id: uuid.UUID, typed: str
) -> tuple[list[Overlap], list[str]]:
    """Things named by their codes (`2.1.4`, `PUMS M1`), one a line or between commas; and the codes that nothing bears."""
    codes = [" ".join(part.split()) for line in typed.splitlines() for part in line.split(",") if part.strip()]
    if not codes:
        return [], []
    wanted = {code.casefold() for code in codes}
    name = ReferencePlan.code + " " + Provision.code
    provision = (
        select(literal("provision"), Provision.id, name, Provision.text)
        .join(ReferencePlan, ReferencePlan.id == Provision.plan_id)
        .where(func.lower(name).in_(wanted), ReferencePlan.frame_id == frame_id)
    )
    action = select(literal("action"), DraftAction.id, DraftAction.code, DraftAction.title).where(
        func.lower(DraftAction.code).in_(wanted), DraftAction.process_id == process_id
    )
    found = [Overlap(OverlapKind(r[0]), r[1], r[2], r[3]) for r in session.execute(union_all(provision, action))]
    met = {thing.code.casefold() for thing in found}
    return found, [code for code in codes if code.casefold() not in met]
