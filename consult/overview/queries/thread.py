"""The thread of a thing both ways, loaded level by level: a fixed number of statements for each kind, however much hangs on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries as proposals
from consult.core.vocabulary import Support, ThingKind
from consult.evidence import queries as evidence
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.framework.models import Strategy
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote, may_show
from consult.listening.sources.types import SourceCard
from consult.moderation.queries.queue import first_words
from consult.overview.queries import published
from consult.overview.types import Node, Thread
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.position_paper import queries as paper
from consult.position_paper.models import Finding
from consult.position_paper.types import FindingCard
from consult.process.models import Process

#: Sources shown under each finding of a longer thread; a finding's own thread shows many more.
FEW_SOURCES, MANY_SOURCES = 6, 60
MANY = 100


class Loader:
    """Loads nodes of one process for one reader. `staff` sees the words of internal sources; nobody sees hidden proposals here."""

    def __init__(self, session: Session, *, process_id: uuid.UUID, slug: str, staff: bool) -> None:
        self.session = session
        self.process_id = process_id
        self.slug = slug
        self.staff = staff

    def _page(self, endpoint: str, **values: object) -> tuple[str, dict[str, str]]:
        return endpoint, {"slug": self.slug, **{name: str(value) for name, value in values.items()}}

    def source(self, card: SourceCard, note: str = "", quote: Place | None = None) -> Node:
        """A source as the reader may see it: its first words, those that a paper quotes, or only where it comes from.

        Consent to be quoted is consent to what the paper quotes: the rest of an internal text stays with the staff.
        """
        # Without consent to be quoted words stand in no thread, for the staff either: it reads them where it codes.
        text = card.text if may_show(card) or (self.staff and may_quote(card)) else ""
        if not text and quote and may_quote(card):
            text = words_at(quote, card.text) or ""
        place = " · ".join(part for part in (card.channel, card.zone_name or "") if part)
        page = self._page("sources.show", source_id=card.id) if self.staff or may_show(card) else None
        return Node("source", card.id, first_words(text) if text else "", note=note or place, page=page)

    def finding(self, card: FindingCard, children: tuple[Node, ...] = (), more: int = 0) -> Node:
        """A published finding."""
        page = self._page("position_paper.finding", finding_id=card.id)
        return Node("finding", card.id, card.title, note=f"n. {card.number}", page=page, children=children, more=more)

    def proposal(self, card: proposals.ProposalCard, children: tuple[Node, ...] = ()) -> Node:
        """A proposal; one that is hidden keeps its place and loses its words."""
        if not card.readable:
            return Node("proposal", card.id, "", hidden=True)
        page = self._page("proposals.show", proposal_id=card.id)
        return Node(
            "proposal", card.id, card.title, note=card.outcome or "waiting", page=page, children=children
        )  # fmt: skip  # the note is a code that the page puts into words

    def action(self, card: plan.ActionCard, children: tuple[Node, ...] = ()) -> Node:
        """A draft action."""
        page = self._page("plan.action", code=card.code)
        return Node("action", card.id, f"{card.code} {card.title}", note=card.state, page=page, children=children)

    def findings_with_sources(self, ids: Iterable[uuid.UUID], most: int = FEW_SOURCES) -> dict[uuid.UUID, Node]:
        """Published findings with the sources they rest on; three statements."""
        cards = paper.finding_cards(self.session, ids=list(dict.fromkeys(ids)))
        cited = published.sources_of(self.session, finding_ids=cards)
        wanted = [each.source_id for listed in cited.values() for each in listed[:most]]
        shown = sources.cards(self.session, ids=list(dict.fromkeys(wanted)), public_only=not self.staff)
        found: dict[uuid.UUID, Node] = {}
        for key, card in cards.items():
            listed = cited.get(key, [])
            children = tuple(
                self.source(shown[c.source_id], "contrary" if c.support == Support.contrary else "", c.quote)
                for c in listed[:most]
                if c.source_id in shown and shown[c.source_id].state == "live"
            )
            found[key] = self.finding(card, children, more=max(0, len(listed) - most))
        return found

    def proposals_with_actions(self, cards: Sequence[proposals.ProposalCard]) -> list[Node]:
        """Proposals with the actions they are part of; one statement."""
        actions = plan.of_proposals(self.session, proposal_ids=[c.id for c in cards])
        return [self.proposal(c, tuple(self.action(a) for a in actions.get(c.id, ()))) for c in cards]

    def findings_onward(self, cards: Sequence[FindingCard]) -> list[Node]:
        """Findings with the proposals and actions that answer them; four statements."""
        ids = [c.id for c in cards]
        answers = proposals.answering(self.session, finding_ids=ids)
        flat = [card for listed in answers.values() for card in listed]
        with_actions = {node.id: node for node in self.proposals_with_actions(flat)}
        direct = self.actions_of_findings(ids)
        return [self.finding(c, (*(with_actions[p.id] for p in answers[c.id]), *direct.get(c.id, ()))) for c in cards]

    def actions_of_findings(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Node]]:
        """Actions that name a finding themselves, not through a proposal; one statement."""
        rows: Any = self.session.execute(
            select(
                Promotion.finding_id, DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id
            )
            .join(DraftAction, DraftAction.id == Promotion.action_id)
            .where(Promotion.finding_id.in_(ids), Promotion.ended_at.is_(None))
            .order_by(DraftAction.code)
        )  # fmt: skip  # one column per name reads better so
        found: dict[uuid.UUID, list[Node]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(self.action(plan.ActionCard(*row[1:])))
        return found

    def actions_backward(self, cards: Sequence[plan.ActionCard], most: int = FEW_SOURCES) -> list[Node]:
        """Actions with what they rest on, down to the sources; five statements."""
        grounds = plan.grounds(self.session, action_ids=[c.id for c in cards])
        named = [g.finding_id or (g.thing_id if g.kind == "finding" else None) for g in grounds]
        findings = self.findings_with_sources([key for key in named if key], most)
        notes = sources.cards(
            self.session, ids=[g.thing_id for g in grounds if g.kind == "source"], public_only=not self.staff
        )
        under: dict[uuid.UUID, list[Node]] = {}
        for g in grounds:
            node = self._ground(g, findings, notes)
            if node is not None:
                under.setdefault(g.action_id, []).append(node)
        return [self.action(c, tuple(under.get(c.id, ()))) for c in cards]

    def _ground(
        self, g: plan.GroundRow, findings: dict[uuid.UUID, Node], notes: dict[uuid.UUID, SourceCard]
    ) -> Node | None:
        if g.kind == "finding":
            return findings.get(g.thing_id)
        if g.kind == "source":
            return self.source(notes[g.thing_id]) if g.thing_id in notes else None
        if g.hidden:
            return Node("proposal", g.thing_id, "", hidden=True)
        answered = (findings[g.finding_id],) if g.finding_id in findings and g.finding_id else ()
        return Node(
            "proposal", g.thing_id, g.title, note=g.outcome or "waiting", passage=g.passage, reason=g.reason,
            page=self._page("proposals.show", proposal_id=g.thing_id), children=answered,
        )  # fmt: skip  # one row of values reads better so


def thread(loader: Loader, *, kind: str, thing_id: uuid.UUID) -> Thread | None:
    """The thread of a thing of this process, or None where there is none that this reader may see."""
    find = (
        {
            ThingKind.source: _of_source,
            ThingKind.theme: _of_theme,
            ThingKind.finding: _of_finding,
            ThingKind.proposal: _of_proposal,
            ThingKind.strategy: _of_strategy,
            ThingKind.action: _of_action,
        }.get(ThingKind(kind))
        if kind in set(ThingKind)
        else None
    )
    return find(loader, thing_id) if find else None


def _of_source(load: Loader, key: uuid.UUID) -> Thread | None:
    card = sources.card(load.session, source_id=key, process_id=load.process_id)
    if card is None or (not load.staff and not may_show(card)):
        return None
    citing = published.findings_citing(load.session, source_ids=[key])[key]
    themes: list[Node] = []
    for theme in evidence.themes_for_source(load.session, source_ids=[key])[key]:
        if load.staff or theme.state == "accepted":
            themes.append(Node("theme", theme.theme_id, theme.label, note=theme.state))
    return Thread(load.source(card), down=(*load.findings_onward(citing), *themes))


def _of_finding(load: Loader, key: uuid.UUID) -> Thread | None:
    found = load.findings_with_sources([key], MANY_SOURCES).get(key)
    card = paper.finding_cards(load.session, ids=[key]).get(key)
    if found is None or card is None or card.process_id != load.process_id:
        return None
    onward = load.findings_onward([card])[0]
    here = load.finding(card)
    return Thread(here, up=found.children, down=onward.children, up_more=found.more)


def _of_theme(load: Loader, key: uuid.UUID) -> Thread | None:
    rows = evidence.themes_of(load.session, process_id=load.process_id, theme_ids=[key], include_gone=True)
    if not rows or (not load.staff and rows[0].state != "accepted"):
        return None
    members = evidence.members_page(load.session, theme_id=key, cursor=None)
    ids = [source for source, _share, _origin in members.rows]
    cards = sources.cards(load.session, ids=ids, public_only=not load.staff)
    drawn = load.session.execute(
        select(Finding.id)
        .where(Finding.theme_id == key, Finding.process_id == load.process_id)
        .order_by(Finding.number)
    ).scalars()
    shown = paper.finding_cards(load.session, ids=list(drawn))
    up = tuple(load.source(cards[i]) for i in ids if i in cards)
    down = tuple(load.findings_onward(list(shown.values())))
    return Thread(Node("theme", key, rows[0].label, note=rows[0].state), up=up, down=down)


def _of_proposal(load: Loader, key: uuid.UUID) -> Thread | None:
    shown = proposals.show(load.session, process_id=load.process_id, proposal_id=key, viewer_id=None)
    card = proposals.cards(load.session, ids=[key]).get(key)
    if shown is None or card is None:
        return None
    above = load.findings_with_sources([shown.finding_id]) if shown.finding_id else {}
    node = load.proposals_with_actions([card])[0]
    relatives = [
        (
            relative.earlier,
            Node(
                "proposal", relative.id, relative.title, note=relative.kind, page=load._page("proposals.show", proposal_id=relative.id)
            ),
        )
        for relative in shown.relatives
    ]  # fmt: skip  # one node a line reads better so
    grounds = plan.grounds(load.session, action_ids=[a.id for a in node.children])
    passages = {g.action_id: g for g in grounds if g.thing_id == key}
    actions = tuple(
        Node(a.kind, a.id, a.title, a.note, passages[a.id].passage, passages[a.id].reason, a.page)
        if a.id in passages
        else a
        for a in node.children
    )
    return Thread(
        load.proposal(card),
        up=(*above.values(), *(r for earlier, r in relatives if earlier)),
        down=(*actions, *(r for earlier, r in relatives if not earlier)),
    )


def _of_action(load: Loader, key: uuid.UUID) -> Thread | None:
    row = load.session.execute(
        select(DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id).where(
            DraftAction.id == key, DraftAction.process_id == load.process_id
        )
    ).one_or_none()
    if row is None:
        return None
    card = plan.ActionCard(*row)
    whole = load.actions_backward([card])[0]
    return Thread(load.action(card), up=whole.children)


def _of_strategy(load: Loader, key: uuid.UUID) -> Thread | None:
    named = load.session.execute(
        select(Strategy.code, Strategy.title)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Strategy.id == key, Process.id == load.process_id)
    ).one_or_none()
    if named is None:
        return None
    named_findings = paper.published_findings(load.session, process_id=load.process_id, strategy_id=key)
    waiting = proposals.of_strategy(load.session, process_id=load.process_id, strategy_id=key, limit=MANY)
    rows = load.session.execute(
        select(DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id)
        .where(
            DraftAction.strategy_id == key, DraftAction.process_id == load.process_id, DraftAction.state != "withdrawn"
        )
        .order_by(DraftAction.number)
        .limit(MANY)
    )
    here = Node("strategy", key, f"{named.code} {named.title}", page=load._page("plan.public"))
    return Thread(
        here,
        up=(*(load.finding(c) for c in named_findings[:MANY]), *(load.proposal(c) for c in waiting)),
        down=tuple(load.actions_backward([plan.ActionCard(*row) for row in rows])),
        up_more=max(0, len(named_findings) - MANY),
    )
