"""The demonstration consultation: rich enough to be worth looking at, open today, and nobody's way in on servers that are not our own."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Settings
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.core.permissions import SYSTEM
from consult.demo import loader, texts
from consult.demo.printed import bring_printed
from consult.discussion.models import Comment
from consult.framework.models import Municipality, Strategy, Zone
from consult.listening.documents import queries as documents
from consult.listening.sources.models import Source
from consult.moderation.models import Disposition, Evaluation, ModerationAppeal, ModerationReading
from consult.people.models import Account
from consult.plan.models import DraftAction
from consult.position_paper.models import PaperVersion
from consult.process.queries import phase_states
from tests.factories.world import World


def test_the_texts_are_many_and_each_its_own() -> None:
    said = texts.said()
    assert len(said) >= 400
    assert len({s.text for s in said}) >= len(said) * 0.97, "copies are few and meant"
    intended = {
        code
        for path in texts.DATA.glob("intended_axis*.json")
        for code in json.loads(path.read_text("utf-8")).values()
        if code
    }
    assert len(intended) == 25, "each strategy was somebody's subject"
    assert {s.language for s in said} >= {"it", "en", "fr"}
    assert len({s.speaker for s in said if s.speaker}) >= 5
    zones = Counter(s.zone for s in said if s.zone)
    assert len(zones) == 11
    assert min(zones.values()) >= 10


def test_its_printed_document_is_a_file_whose_passages_are_cited_by_page(session: Session, world: World, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    document_id = bring_printed(session, process_id=world.process_id, settings=settings, actor=SYSTEM, now=datetime.now(UTC))
    wanted = json.loads((texts.DATA / "printed.json").read_text("utf-8"))["pages"]
    cited = [(page, p["text"]) for page, part in enumerate(wanted, 1) for p in part["paragraphs"] if p.get("cite")]
    found = documents.passages(session, document_id=document_id, live_only=True).rows
    assert [(int(page), card.text) for card, page in found] == cited
    assert {page for page, _text in cited} == {1, 2, 3, 4}
    row = documents.document(session, process_id=world.process_id, document_id=document_id)
    assert row is not None
    assert row.file_id is not None


def test_loaded_it_is_open_today_and_gives_nobody_a_way_in(session: Session) -> None:
    now = datetime.now(UTC)
    process_id = loader.load(session, now=now, sign_in=False)

    def count(model: type, *conditions: object) -> int:
        return session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()  # type: ignore[arg-type]  # Conditions of SQLAlchemy.

    assert count(Source, Source.process_id == process_id) >= 400
    channels = session.execute(select(Source.channel).distinct().where(Source.process_id == process_id)).scalars()
    assert set(channels) == {"answer", "contribution", "interview", "meeting", "document"}
    assert (count(Strategy), count(Zone)) == (25, 11)
    assert 0 < count(Municipality) < 312, "only the listed places are loaded"
    assert count(Proposal, Proposal.process_id == process_id) >= 60
    assert count(Comment) >= 60
    outcomes = Counter(session.execute(select(Disposition.outcome)).scalars())
    assert set(outcomes) >= {"adopted", "adopted_in_part", "rejected", "postponed", "not_competent"}
    assert count(DraftAction, DraftAction.process_id == process_id) == 3
    resident = session.execute(select(Account.id).where(Account.email == "residente@prova.example")).scalar_one()
    own = select(Proposal.outcome).where(Proposal.author_id == resident, Proposal.outcome.is_not(None))
    assert set(session.execute(own).scalars()) == {"adopted", "rejected"}, "whoever signs in as the resident finds answers"
    assert Counter(session.execute(select(Evaluation.state)).scalars()) == {"delivered": 1, "asked": 1}
    assert Counter(session.execute(select(Amendment.state)).scalars()) == {"open": 1, "accepted": 1}
    assert Counter(session.execute(select(ModerationAppeal.state)).scalars()) == {"open": 1, "accepted": 1, "confirmed": 1}
    read_again = Counter(session.execute(select(ModerationReading.state)).scalars())
    assert read_again["agreed"] == read_again["disputed"] == 1
    assert read_again["waiting"] >= 3, "each of the two moderators finds something that the other decided"
    assert count(PaperVersion) == 0, "the paper waits for its facilitator"
    open_now = {str(p.kind) for p in phase_states(session, process_ids=[process_id])[process_id] if p.is_open}
    assert open_now == {"listening", "co_planning"}
    assert count(Account, Account.password_hash.is_not(None)) == 0
    assert count(Account, Account.demonstration) == 0
    assert count(Account, Account.administrator) == 0
