"""Dispositions prepared as drafts and published together: nobody outside sees them, all or none, undone together, told once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from consult.coplanning.proposals.models import Proposal
from consult.core import jobs
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.moderation.models import Disposition, DispositionDraft
from consult.moderation.queries import preparing as drafts
from consult.moderation.services import telling
from consult.notices.models import Notification
from consult.people.models import Account
from consult.plan.models import DraftAction
from tests.conftest import Stage
from tests.factories.decisions import BODY, PASSAGE, promote, submit
from tests.factories.post import bench_for

CANARY = "Motivononancorapubblico"
WHY = f"Prima serve uno studio con la Regione. {CANARY}"


def desk(stage: Stage, rest: str = "") -> str:
    return f"/scrivania/{stage.world.slug}/moderazione{rest}"


def fields(**changes: Any) -> dict[str, Any]:
    return {"outcome": "postponed", "reason": "needs_study", "public_reason": WHY, "body": BODY, **changes}


def written(stage: Stage, number: int = 3, **more: Any) -> list[uuid.UUID]:
    with stage.work() as session:
        return [submit(session, stage.world, title=f"Treni la sera {n}", **more) for n in range(number)]


def prepared(stage: Stage) -> dict[str, int]:
    """What the form of publication sends for all drafts."""
    with stage.work() as session:
        rows = session.execute(
            select(DispositionDraft.proposal_id, DispositionDraft.version).where(DispositionDraft.act_id.is_(None))
        )
        return {f"{key}:{version}": version for key, version in rows}


def test_many_are_prepared_with_the_same_words_and_published_as_one(stage: Stage) -> None:
    keys = written(stage)
    (elsewhere,) = written(stage, 1, strategy="2.1")
    client, public = stage.client_as(Role.moderator), stage.client_as(None)
    page = client.get(desk(stage, f"/bozze/prepara?strategia={stage.world.strategies['2.2']}")).text
    assert all(str(key) in page for key in keys)
    assert str(elsewhere) not in page
    answer = client.send(desk(stage, "/bozze/prepara"), fields(tutte="1", strategia=str(stage.world.strategies["2.2"])))
    assert answer.status_code == 303, answer.text
    listed = client.get(answer.location).text
    assert "3 esiti preparati" in listed
    assert CANARY in listed
    for url in (f"/processi/{stage.world.slug}/esiti", f"/processi/{stage.world.slug}/proposte/{keys[0]}"):
        assert CANARY not in public.get(url).text, url
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Disposition)).scalar_one() == 0
    again = client.send(
        desk(stage, "/bozze/prepara"),
        fields(proposta=f"{keys[0]}:1", public_reason="Altre parole, scritte da un collega."),
    )
    assert again.status_code == 303
    assert "aveva già una bozza" in client.get(again.location).text
    done = client.send(desk(stage, "/bozze/pubblica"), {"bozza": list(prepared(stage))})
    assert done.status_code == 303, done.text
    assert "si può annullare" in client.get(done.location).text
    assert CANARY in public.get(f"/processi/{stage.world.slug}/proposte/{keys[0]}").text
    with stage.work() as session:
        rows = list(session.execute(select(Disposition)).scalars())
        assert len(rows) == 3
        assert len({row.act_id for row in rows}) == 1
        for _time in range(2):
            telling.tell(session, act_id=rows[0].act_id, now=datetime.now(UTC) + timedelta(minutes=1))
        assert session.execute(select(func.count()).select_from(Notification)).scalar_one() == 3, "each proposal once"
        topics = session.execute(select(func.count()).where(OutboxJob.topic == "moderation.tell")).scalar_one()
        assert topics == 1
        author = session.get_one(Account, stage.world.others[0]).email
        # A web process of the release before asks once for each of them, while it is being replaced.
        session.execute(delete(Notification))
        session.execute(update(Disposition).values(told_at=None))
        session.execute(delete(OutboxJob).where(OutboxJob.topic.in_(("moderation.tell", "notices.send"))))
        for row in rows:
            jobs.enqueue(session, "moderation.tell", key=row.id, disposition_id=row.id)
    # Who wrote all three reads of them in one letter, and finds them singly on the site.
    with bench_for(stage.app) as bench:
        bench.work("moderation.tell", "notices.send")
        (letter,) = bench.post.letters
    assert letter.to == author
    assert letter.subject == "La tua proposta ha una risposta: rinviata, e altri 2 avvisi"
    for number, key in enumerate(keys):
        assert f"Treni la sera {number}" in letter.text
        assert f"/filo/proposal/{key}" in letter.text
    assert letter.text.count(CANARY) == 3
    assert "Nessun esito in preparazione" in client.get(desk(stage, "/bozze")).text


def test_undo_takes_the_whole_act_back_and_the_drafts_return(stage: Stage) -> None:
    keys = written(stage, 2)
    client = stage.client_as(Role.moderator)
    client.send(desk(stage, "/bozze/prepara"), fields(proposta=[f"{key}:1" for key in keys]))
    client.send(desk(stage, "/bozze/pubblica"), {"bozza": list(prepared(stage))})
    with stage.work() as session:
        act = session.execute(select(Disposition.act_id).distinct()).scalar_one()
    assert client.send(desk(stage, f"/annulla/{act}"), {}).status_code == 303
    with stage.work() as session:
        assert set(session.execute(select(Proposal.outcome)).scalars()) == {None}
        page = drafts.drafts(session, process_id=stage.world.process_id)
        assert [row.stale for row in page.rows] == [False, False]
    assert client.send(desk(stage, "/bozze/pubblica"), {"bozza": list(prepared(stage))}).status_code == 303


def test_drafts_that_lead_to_actions_share_the_one_that_is_born(stage: Stage) -> None:
    first, second, third = written(stage)
    client = stage.client_as(Role.moderator)
    linking = {"outcome": "adopted", "reason": "fits_strategy", "action": "nuova", "version": "1", "draft_version": "0"}
    wrong = client.send(desk(stage, f"/proposte/{first}/bozza"), fields(**{**linking, "action": ""}))
    assert wrong.status_code == 422
    assert "Scegli un’azione" in wrong.text.replace("&#39;", "’").replace("un’azione", "un’azione")
    bad = client.send(
        desk(stage, f"/proposte/{first}/bozza"), fields(**linking, action_title="Treni", passage="parole mai dette")
    )
    assert bad.status_code == 422
    for key, more in ((first, {"passage": PASSAGE}), (second, {})):
        answer = client.send(
            desk(stage, f"/proposte/{key}/bozza"), fields(**linking, action_title="Più treni la sera", **more)
        )
        assert answer.status_code == 303, answer.text
    client.send(desk(stage, f"/proposte/{third}/bozza"), fields(version="1", draft_version="0"))
    assert client.send(desk(stage, "/bozze/pubblica"), {"bozza": list(prepared(stage))}).status_code == 303
    with stage.work() as session:
        assert session.execute(select(DraftAction.title)).scalars().all() == ["Più treni la sera"]
        outcomes = session.execute(select(Proposal.outcome).order_by(Proposal.number)).scalars().all()
        assert outcomes == ["adopted", "adopted", "postponed"]


def test_a_draft_of_a_proposal_that_changed_publishes_nothing_at_all(stage: Stage) -> None:
    keys = written(stage)
    client = stage.client_as(Role.moderator)
    client.send(desk(stage, "/bozze/prepara"), fields(proposta=[f"{key}:1" for key in keys]))
    chosen = list(prepared(stage))
    with stage.work() as session:
        session.execute(update(Proposal).where(Proposal.id == keys[1]).values(version=2))
    answer = client.send(desk(stage, "/bozze/pubblica"), {"bozza": chosen})
    assert answer.status_code == 409
    assert "cambiata" in answer.text
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(Disposition)).scalar_one() == 0
        session.execute(update(Proposal).where(Proposal.id == keys[1]).values(version=1))
        promote(session, stage.world, keys[2])
    page = client.get(desk(stage, "/bozze")).text
    assert "da rivedere" in page
    assert client.send(desk(stage, "/bozze/pubblica"), {"bozza": chosen}).status_code == 409
    fine = [value for value in chosen if not value.startswith(str(keys[2]))]
    assert client.send(desk(stage, "/bozze/pubblica"), {"bozza": fine}).status_code == 303
    assert client.send(desk(stage, "/bozze/pubblica"), {"bozza": []}).status_code == 422
    assert client.send(desk(stage, f"/proposte/{keys[2]}/bozza/scarta"), {}).status_code == 303
    assert client.send(desk(stage, f"/proposte/{keys[2]}/bozza/scarta"), {}).status_code == 404


def test_two_moderators_who_write_one_draft(stage: Stage) -> None:
    (key,) = written(stage, 1)
    client = stage.client_as(Role.moderator)
    sent = fields(version="1", draft_version="0")
    assert client.send(desk(stage, f"/proposte/{key}/bozza"), sent).status_code == 303
    stale = client.send(
        desk(stage, f"/proposte/{key}/bozza"), {**sent, "public_reason": "Le parole di chi arriva dopo."}
    )
    assert stale.status_code == 409
    assert CANARY in stale.text
    assert "Le parole di chi arriva dopo." in stale.text
    page = client.get(desk(stage, f"/proposte/{key}/bozza")).text
    assert CANARY in page
    assert (
        client.send(
            desk(stage, f"/proposte/{key}/bozza"), {**sent, "draft_version": "1", "reason": "too_costly"}
        ).status_code
        == 422
    )
    for role in (Role.evaluator, Role.manager, Role.account):
        assert stage.client_as(role).send(desk(stage, f"/proposte/{key}/bozza"), sent).status_code in {403, 404}
