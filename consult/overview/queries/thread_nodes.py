"""Nodes of threads as one reader may see them, loaded level by level: a fixed number of statements, however much hangs on each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries as opinions
from consult.coplanning.proposals import queries as proposals
from consult.core.vocabulary import Support
from consult.evidence import queries as evidence
from consult.evidence.rules import words_at
from consult.evidence.types import Place
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote, may_show
from consult.listening.sources.types import SourceCard
from consult.moderation.queries import outcomes
from consult.moderation.queries.outcomes import DispositionRow
from consult.moderation.queries.queue import first_words
from consult.overview.queries import published
from consult.overview.types import Node
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.position_paper import queries as paper
from consult.position_paper.models import Finding
from consult.position_paper.types import FindingCard

#: Sources shown under each finding of a longer thread; a finding's own thread shows many more.
FEW_SOURCES, MANY_SOURCES = 6, 60


def _standing(state: str) -> str:
    """How a proposal without outcome stands: it waits, goes on in another or in several, or was taken back."""
    return {"merged": "onward", "split": "parted", "withdrawn": "withdrawn"}.get(state, "waiting")


class Loader:
    """Loads nodes of one process for one reader. `staff` sees the words of internal sources; nobody sees hidden proposals here."""

    def __init__(self, session: Session, *, process_id: uuid.UUID, slug: str, staff: bool) -> None:
        self.session = session
        self.process_id = process_id
        self.slug = slug
        self.staff = staff

    def page(self, endpoint: str, **values: object) -> tuple[str, dict[str, str]]:
        """A page of the process, as nodes name theirs: the endpoint and its values."""
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
        page = self.page("sources.show", source_id=card.id) if self.staff or may_show(card) else None
        return Node("source", card.id, first_words(text) if text else "", note=note or place, page=page)

    def finding(self, card: FindingCard, children: tuple[Node, ...] = (), more: int = 0) -> Node:
        """A published finding."""
        page = self.page("position_paper.finding", finding_id=card.id)
        return Node(
            "finding", card.id, card.title, page=page, children=children, more=more, number=card.number, version=card.version,
            at=card.published_at,
        )  # fmt: skip  # one row of values reads better so

    def proposal(
        self, card: proposals.ProposalCard, children: tuple[Node, ...] = (), decided: DispositionRow | None = None
    ) -> Node:
        """A proposal with its disposition, where it is given; one that is hidden keeps its place and loses its words."""
        if not card.readable:
            return Node("proposal", card.id, "", hidden=True)
        # The note is a code that the page puts into words.
        return Node(
            "proposal", card.id, card.title, note=card.outcome or _standing(card.state), page=self.page("proposals.show", proposal_id=card.id),
            children=children, number=card.number, at=card.outcome_at, reason=decided.public_reason if decided else "",
            body=decided.body if decided else "",
        )  # fmt: skip  # one row of values reads better so

    def action(
        self, card: plan.ActionCard, children: tuple[Node, ...] = (), passage: str = "", reason: str = ""
    ) -> Node:
        """A draft action."""
        page = self.page("plan.action", code=card.code)
        return Node(
            "action",
            card.id,
            f"{card.code} {card.title}",
            note=card.state,
            passage=passage,
            reason=reason,
            page=page,
            children=children,
        )

    def statements(self, *, finding_id: uuid.UUID | None = None, proposal_id: uuid.UUID | None = None) -> list[Node]:
        """Statements of conversations drawn from a finding or proposal, each opening where people answer or read the results; one statement."""
        found = opinions.drawn_from(self.session, finding_id=finding_id, proposal_id=proposal_id)
        return [
            Node(
                "statement", row.id, row.text,
                page=self.page("opinions.results" if row.results_shown else "opinions.show", conversation_id=row.conversation_id),
            )
            for row in found
        ]  # fmt: skip  # one node a line reads better so

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
        """Proposals with their dispositions and the actions they are part of; two statements."""
        actions = plan.of_proposals(self.session, proposal_ids=[c.id for c in cards])
        decided = outcomes.of_proposals(self.session, proposal_ids=[c.id for c in cards if c.outcome])
        return [
            self.proposal(
                c, tuple(self.action(a) for a in actions.get(c.id, ())), next(iter(decided.get(c.id, ())), None)
            )
            for c in cards
        ]

    def findings_onward(self, cards: Sequence[FindingCard]) -> list[Node]:
        """Findings with the proposals and actions that answer them; five statements."""
        ids = [c.id for c in cards]
        answers = proposals.answering(self.session, finding_ids=ids)
        flat = [card for listed in answers.values() for card in listed]
        with_actions = {node.id: node for node in self.proposals_with_actions(flat)}
        direct = self.actions_of_findings(ids)
        return [self.finding(c, (*(with_actions[p.id] for p in answers[c.id]), *direct.get(c.id, ()))) for c in cards]

    def actions_of_findings(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Node]]:
        """Actions that name a finding themselves, not through a proposal, with the passage and why; one statement."""
        return self._taken_up(Promotion.finding_id, ids, Promotion.passage)

    def actions_of_notes(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Node]]:
        """Actions that rest on some notes of meetings, with why; one statement. The words stand with the note itself."""
        return self._taken_up(Promotion.source_id, ids, literal(""))

    def _taken_up(self, thing: Any, ids: Sequence[uuid.UUID], passage: Any) -> dict[uuid.UUID, list[Node]]:
        rows: Any = self.session.execute(
            select(
                thing, passage, Promotion.reason, DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state,
                DraftAction.strategy_id,
            )
            .join(DraftAction, DraftAction.id == Promotion.action_id)
            .where(thing.in_(ids), Promotion.ended_at.is_(None))
            .order_by(DraftAction.code)
        )  # fmt: skip  # one column per name reads better so
        found: dict[uuid.UUID, list[Node]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(self.action(plan.ActionCard(*row[3:]), passage=row[1], reason=row[2]))
        return found

    def sources_onward(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[Node, ...]]:
        """What became of some sources: accepted themes, under them the published findings that cite the source, under these what answers
        them; findings of no theme of it, and actions that rest on it directly, stand by themselves. Ten statements."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        citing = published.findings_citing(self.session, source_ids=wanted)
        cards = {card.id: card for listed in citing.values() for card in listed}
        onward = {node.id: node for node in self.findings_onward(list(cards.values()))} if cards else {}
        drawn_from = dict(self.session.execute(select(Finding.id, Finding.theme_id).where(Finding.id.in_(cards))).all())
        themes = evidence.themes_for_source(self.session, source_ids=wanted)
        direct = self.actions_of_notes(wanted)
        found: dict[uuid.UUID, tuple[Node, ...]] = {}
        for key in wanted:
            shown = [t for t in themes[key] if self.staff or t.state == "accepted"]
            below: dict[uuid.UUID | None, list[Node]] = {}
            known = {t.theme_id for t in shown}
            for card in citing[key]:
                theme_id = drawn_from.get(card.id)
                below.setdefault(theme_id if theme_id in known else None, []).append(onward[card.id])
            nodes = [
                Node("theme", t.theme_id, t.label, note=t.state, children=tuple(below.get(t.theme_id, ())))
                for t in shown
            ]
            # What led to a finding is told first.
            nodes.sort(key=lambda node: not node.children)
            found[key] = (*below.get(None, ()), *nodes, *direct.get(key, ()))
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
            named = findings.get(g.thing_id)
            return replace(named, passage=g.passage, reason=g.reason, body=g.body) if named else None
        if g.kind == "source":
            if g.thing_id not in notes:
                return None
            return replace(self.source(notes[g.thing_id]), passage=g.passage, reason=g.reason, body=g.body)
        if g.hidden:
            return Node("proposal", g.thing_id, "", hidden=True)
        answered = (findings[g.finding_id],) if g.finding_id in findings and g.finding_id else ()
        return Node(
            "proposal", g.thing_id, g.title, note=g.outcome or "waiting", passage=g.passage, reason=g.reason,
            page=self.page("proposals.show", proposal_id=g.thing_id), children=answered, number=g.number, body=g.body,
        )  # fmt: skip  # one row of values reads better so
