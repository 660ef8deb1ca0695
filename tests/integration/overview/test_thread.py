"""The thread both ways through its pages: lists and drawing say the same, and nobody sees what they may not."""

from __future__ import annotations

import copy
import re
import uuid
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from markupsafe import escape
from sqlalchemy import delete, select

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import SplitPart
from consult.core.vocabulary import Role
from consult.evidence.rules import words_hash
from consult.evidence.types import Place
from consult.plan import services as plan
from consult.plan.types import ActionFields, ActionOrigin
from consult.position_paper.models import FindingSource, PaperVersion
from tests.conftest import Stage
from tests.factories.decisions import REASON, moderator, promote, publish_finding, say, submit
from tests.factories.world import counted_statements

OPEN, RESERVED, CONTRARY = (
    "Di sera mancano i treni per tornare.",
    "Questo lo dico in privato.",
    "A me i treni bastano così.",
)


@pytest.fixture
def story(stage: Stage) -> dict[str, uuid.UUID]:
    """A source of each kind under one finding, a proposal that answers it, and the action it became part of."""
    with stage.work() as session:
        keys = [
            say(session, stage.world, OPEN),
            say(session, stage.world, RESERVED, public=False, quotable="none"),
            say(session, stage.world, CONTRARY),
        ]
        finding = publish_finding(session, stage.world, keys)
        proposal = submit(session, stage.world, finding_id=finding)
        action = promote(session, stage.world, proposal).action_id
    return {
        "source": keys[0], "reserved": keys[1], "finding": finding, "proposal": proposal, "action": action,
        "strategy": stage.world.strategies["2.2"],
    }  # fmt: skip  # one row of values reads better so


def url(stage: Stage, kind: str, key: uuid.UUID) -> str:
    return f"/processi/{stage.world.slug}/filo/{kind}/{key}"


def lists(page: str) -> tuple[str, str]:
    """The two lists of a thread page: what it comes from, what it led to."""
    start, middle = page.index('id="da-che-cosa"'), page.index('id="che-cosa"')
    return page[start:middle], page[middle : page.index("</main>")]


def test_from_the_action_back_to_the_sources(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    up, _down = lists(stage.client_as(None).get(url(stage, "action", story["action"])).text)
    order = [up.index(words) for words in ("Treni la sera", "La sera mancano i treni", OPEN)]
    assert order == sorted(order)
    assert "un treno ogni mezz&#39;ora** anche la sera" in up
    assert REASON in up
    assert "di segno contrario" in up


def test_from_a_source_on_to_the_action(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    _up, down = lists(stage.client_as(None).get(url(stage, "source", story["source"])).text)
    order = [down.index(words) for words in ("La sera mancano i treni", "Treni la sera", "2.2.1 Più treni la sera")]
    assert order == sorted(order)


@pytest.mark.parametrize("kind", ["source", "finding", "proposal", "action", "strategy"])
def test_every_node_leads_to_its_own_thread_and_page(stage: Stage, story: dict[str, uuid.UUID], kind: str) -> None:
    client = stage.client_as(None)
    page = client.get(url(stage, kind, story[kind])).text
    threads = set(re.findall(rf'href="(/processi/{stage.world.slug}/filo/[^"]+)"', page))
    assert threads
    for address in threads:
        assert client.get(address).status_code == 200, address
    assert 'role="img"' in page
    assert page.count("<title id=") == 1
    drawn = re.search(r"<svg xmlns.*?</svg>", page, re.S)
    assert drawn is not None
    assert "style=" not in drawn[0]


def test_of_a_split_the_parts_were_born_of_the_whole_and_not_the_whole_of_a_part(stage: Stage) -> None:
    with stage.work() as session:
        whole = submit(session, stage.world, title="Treni e biciclette")
        parts = [SplitPart(f"Solo i treni {n}", "Chiediamo treni ogni mezz'ora, anche la sera.", stage.world.strategies["2.2"]) for n in (1, 2)]
        proposals.split(
            session, process_id=stage.world.process_id, proposal_id=whole, version=1, parts=parts, reason="Sono due richieste diverse.",
            actor=moderator(stage.world), now=datetime.now(UTC),
        )  # fmt: skip  # one call of named values reads better so
        part = session.execute(select(Proposal.id).where(Proposal.title == "Solo i treni 1")).scalar_one()
    _up, down = lists(stage.client_as(None).get(url(stage, "proposal", whole)).text)
    assert down.count("nata da un’altra") == 2
    up, _down = lists(stage.client_as(None).get(url(stage, "proposal", part)).text)
    assert "divisa in più proposte" in up
    assert "nata da un" not in up


def test_reserved_words_stand_in_no_thread(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    for kind in ("finding", "action"):
        address = url(stage, kind, story[kind])
        public = stage.client_as(None).get(address).text
        assert OPEN in public
        assert RESERVED not in public
        assert "il testo non è pubblico" in public
        assert RESERVED not in stage.client_as(Role.facilitator).get(address).text
    assert stage.client_as(None).get(url(stage, "source", story["reserved"])).status_code == 404
    assert stage.client_as(Role.facilitator).get(url(stage, "source", story["reserved"])).status_code == 200


def test_consent_to_be_quoted_shows_the_quoted_words_alone(stage: Stage) -> None:
    quoted, rest, unquoted = (
        "i treni della sera sono troppo pochi",
        "e di me si sa già tutto",
        "Questo era per l'ufficio.",
    )
    with stage.work() as session:
        text = f"Secondo me {quoted}, {rest}."
        keys = [
            say(session, stage.world, text, public=False),
            say(session, stage.world, unquoted, public=False),
        ]
        finding = publish_finding(session, stage.world, keys)
        version = session.execute(select(PaperVersion)).scalar_one()
        content = copy.deepcopy(version.content)
        start = text.index(quoted)
        place = Place(str(keys[0]), start, start + len(quoted), words_hash(quoted), 1)
        content["sections"][0]["findings"][0]["sources"][0]["quote"] = asdict(place)
        version.content = content
    page = stage.client_as(None).get(url(stage, "finding", finding)).text
    assert quoted in page
    assert rest not in page
    assert str(escape(unquoted)) not in page
    staff = stage.client_as(Role.facilitator).get(url(stage, "finding", finding)).text
    assert rest in staff
    assert str(escape(unquoted)) in staff


def test_what_is_not_published_has_no_thread(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    with stage.work() as session:
        unpublished = publish_finding(
            session, stage.world, [story["source"]], title="Una bozza segreta", number=9, published=False
        )
    client = stage.client_as(None)
    assert client.get(url(stage, "finding", unpublished)).status_code == 404
    assert "Una bozza segreta" not in client.get(url(stage, "source", story["source"])).text
    assert client.get(url(stage, "comment", story["proposal"])).status_code == 404
    assert client.get(url(stage, "finding", uuid.uuid4())).status_code == 404
    assert client.get(url(stage, "proposal", story["action"])).status_code == 404


def test_what_the_workshop_changes_shows_nowhere_before_it_is_published(
    stage: Stage, story: dict[str, uuid.UUID]
) -> None:
    with stage.work() as session:
        later = say(session, stage.world, "Aggiunta dopo la pubblicazione.")
        session.add(
            FindingSource(
                finding_id=story["finding"],
                source_id=later,
                support="supporting",
                revision=1,
                position=9,
                origin="human",
            )
        )
        session.execute(delete(FindingSource).where(FindingSource.source_id == story["source"]))
    client = stage.client_as(None)
    page = client.get(url(stage, "finding", story["finding"])).text
    assert OPEN in page
    assert "Aggiunta dopo" not in page
    assert "La sera mancano i treni" not in client.get(url(stage, "source", later)).text
    assert "La sera mancano i treni" in client.get(url(stage, "source", story["source"])).text


def test_statements_do_not_grow_with_the_thread(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    client = stage.client_as(None)
    budgets = {"source": 11, "finding": 12, "proposal": 12, "action": 9, "strategy": 11}

    def count() -> dict[str, int]:
        found = {}
        for kind in budgets:
            client.get(url(stage, kind, story[kind]))
            with counted_statements(stage.engine) as sent:
                assert client.get(url(stage, kind, story[kind])).status_code == 200
            found[kind] = len(sent)
        return found

    few = count()
    with stage.work() as session:
        more = [say(session, stage.world, f"Un’altra voce sui treni, la numero {n}.") for n in range(30)]
        for n in range(5):
            publish_finding(session, stage.world, [story["source"], *more], title=f"Risultanza {n}", number=20 + n)
        for n in range(12):
            key = submit(session, stage.world, title=f"Proposta sui treni {n}", finding_id=story["finding"])
            promote(session, stage.world, key, action_id=story["action"])
    assert count() == few
    assert {kind: n for kind, n in few.items() if n > budgets[kind]} == {}


def test_the_facilitator_sees_where_the_thread_is_broken(stage: Stage, story: dict[str, uuid.UUID]) -> None:
    with stage.work() as session:
        publish_finding(session, stage.world, [], title="Una risultanza senza fonti", number=7)
        submit(session, stage.world, title="Una proposta senza risultanza")
        plan.create_action(
            session, process_id=stage.world.process_id, strategy_id=stage.world.strategies["1.1"],
            fields=ActionFields(title="Un’azione senza basi"), origin=ActionOrigin.typed, actor=moderator(stage.world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    page = stage.client_as(Role.facilitator).get(f"/scrivania/{stage.world.slug}/filo").text
    for words in ("Una risultanza senza fonti", "Una proposta senza risultanza", "Un’azione senza basi"):
        assert words in page
    assert "La sera mancano i treni" not in page
    assert "Più treni la sera" not in page
    assert stage.client_as(Role.account).get(f"/scrivania/{stage.world.slug}/filo").status_code == 404
