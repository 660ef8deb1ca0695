"""The thread of a thing both ways: a fixed number of statements for each kind, however much hangs on it."""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import select

from consult.coplanning.opinions import queries as opinions
from consult.coplanning.proposals import queries as proposals
from consult.core.vocabulary import ThingKind
from consult.evidence import queries as evidence
from consult.framework.models import Strategy
from consult.listening.meetings import queries as meetings
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_show
from consult.overview.queries.thread_nodes import MANY_SOURCES, Loader
from consult.overview.types import Node, Thread
from consult.plan import queries as plan
from consult.plan.models import DraftAction
from consult.position_paper import queries as paper
from consult.position_paper.models import Finding
from consult.process.models import Process

MANY = 100


def thread(loader: Loader, *, kind: str, thing_id: uuid.UUID) -> Thread | None:
    """The thread of a thing of this process, or None where there is none that this reader may see."""
    find = (
        {
            ThingKind.meeting: _of_meeting,
            ThingKind.source: _of_source,
            ThingKind.theme: _of_theme,
            ThingKind.finding: _of_finding,
            ThingKind.proposal: _of_proposal,
            ThingKind.strategy: _of_strategy,
            ThingKind.action: _of_action,
            ThingKind.statement: _of_statement,
        }.get(ThingKind(kind))
        if kind in set(ThingKind)
        else None
    )
    return find(loader, thing_id) if find else None


def _of_source(load: Loader, key: uuid.UUID) -> Thread | None:
    card = sources.card(load.session, source_id=key, process_id=load.process_id)
    if card is None or (not load.staff and not may_show(card)):
        return None
    here = load.source(card)
    meeting_id = card.unit_id if card.unit_kind == ThingKind.meeting else None
    held = _meeting(load, meeting_id) if meeting_id else None
    return Thread(here, up=(held,) if held else (), down=load.sources_onward([key])[key])


def _meeting(load: Loader, key: uuid.UUID) -> Node | None:
    """A meeting as a node, where its page may be read and its minutes are public."""
    row = meetings.meeting(load.session, process_id=load.process_id, meeting_id=key)
    if row is None or row.state != "published" or (row.minutes_published_at is None and not load.staff):
        return None
    return Node("meeting", key, row.title, at=row.starts_at, page=load.page("meetings.public_page", meeting_id=key))


def _of_meeting(load: Loader, key: uuid.UUID) -> Thread | None:
    """What was said at a meeting and what became of each word that anyone may read."""
    here = _meeting(load, key)
    if here is None:
        return None
    cards = [c for c in sources.of_unit(load.session, unit_id=key, live_only=True) if load.staff or may_show(c)]
    shown = cards[:MANY_SOURCES]
    onward = load.sources_onward([card.id for card in shown])
    nodes = [replace(load.source(card), children=onward[card.id]) for card in shown]
    # What became something is told first.
    nodes.sort(key=lambda node: not node.children)
    return Thread(here, down=tuple(nodes), down_more=len(cards) - len(shown))


def _of_finding(load: Loader, key: uuid.UUID) -> Thread | None:
    found = load.findings_with_sources([key], MANY_SOURCES).get(key)
    card = paper.finding_cards(load.session, ids=[key]).get(key)
    if found is None or card is None or card.process_id != load.process_id:
        return None
    onward = load.findings_onward([card])[0]
    here = load.finding(card)
    down = (*onward.children, *load.statements(finding_id=key))
    return Thread(here, up=found.children, down=down, up_more=found.more)


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
                "proposal", relative.id, relative.title,
                # Of what was divided only its parts were born of another.
                note="divided" if relative.earlier and relative.kind == "split" else relative.kind,
                page=load.page("proposals.show", proposal_id=relative.id),
            ),
        )
        for relative in shown.relatives
    ]  # fmt: skip  # one node a line reads better so
    grounds = plan.grounds(load.session, action_ids=[a.id for a in node.children])
    passages = {g.action_id: g for g in grounds if g.thing_id == key}
    actions = tuple(replace(a, passage=passages[a.id].passage) if a.id in passages else a for a in node.children)
    return Thread(
        replace(node, children=()),
        up=(*above.values(), *(r for earlier, r in relatives if earlier)),
        down=(*actions, *(r for earlier, r in relatives if not earlier), *load.statements(proposal_id=key)),
        authors=(shown.author, *shown.coauthors),
    )


def _of_statement(load: Loader, key: uuid.UUID) -> Thread | None:
    """A statement of a conversation with the finding or the proposal it is drawn from."""
    row = opinions.asked(load.session, process_id=load.process_id, statement_id=key)
    if row is None:
        return None
    above: list[Node] = list(load.findings_with_sources([row.finding_id]).values()) if row.finding_id else []
    if row.proposal_id:
        above += load.proposals_with_actions(list(proposals.cards(load.session, ids=[row.proposal_id]).values()))
    page = "opinions.results" if row.results_shown else "opinions.show"
    here = Node("statement", key, row.text, page=load.page(page, conversation_id=row.conversation_id))
    return Thread(here, up=tuple(above))


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
    here = Node("strategy", key, f"{named.code} {named.title}", page=load.page("plan.public"))
    return Thread(
        here,
        up=(*(load.finding(c) for c in named_findings[:MANY]), *(load.proposal(c) for c in waiting)),
        down=tuple(load.actions_backward([plan.ActionCard(*row) for row in rows])),
        up_more=max(0, len(named_findings) - MANY),
    )
