"""Notices keep silent about texts that were hidden after the notice was written: on the site, in mails, in digests, in the person's export."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select, update

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.services.telling import tell_comment, tell_regrouping
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, Stance, ThingKind
from consult.moderation.services import visibility
from consult.notices import services as notices
from consult.notices.models import Notification
from consult.people.models import Account
from tests.conftest import Stage
from tests.factories.post import bench_for
from tests.factories.proposals import TEXT, actor_of, author, propose

CANARY, WORDS = "Zibaldonissimo", "Parole fuori posto davvero"


def moderate(stage: Stage, kind: ThingKind, key: object, *, hide: bool = True) -> None:
    with stage.work() as session:
        moderator = Actor(account_id=stage.world.accounts[Role.moderator], name="moderator")
        common = {"process_id": stage.world.process_id, "kind": kind, "thing_id": key, "version": None, "actor": moderator, "now": datetime.now(UTC)}
        if hide:
            visibility.hide(session, reason_code="insult", **common)  # type: ignore[arg-type]  # Each name is a real one.
        else:
            visibility.restore(session, **common)  # type: ignore[arg-type]  # Each name is a real one.


def test_what_was_hidden_after_it_was_told_is_told_no_more(stage: Stage) -> None:
    world, now = stage.world, datetime.now(UTC)
    reader, digesting = world.accounts[Role.account], world.others[1]
    with stage.work() as session:
        session.execute(update(Account).where(Account.id == digesting).values(digest="daily"))
        kept = propose(session, world, title="Treni della valle in orario")
        key = propose(session, world, title=f"{CANARY} in valle", text=TEXT)
        for proposal_id in (kept, key):
            proposals.follow(session, process_id=world.process_id, proposal_id=proposal_id, actor=actor_of(digesting), now=now)
        comment = proposals.comment(
            session, process_id=world.process_id, proposal_id=kept, text=WORDS, stance=Stance.against, actor=actor_of(world.others[0]), now=now
        )
        aside = proposals.comment(
            session, process_id=world.process_id, proposal_id=key, text="Sì.", stance=Stance.neutral, actor=actor_of(world.others[0]), now=now
        )
        act = proposals.merge(
            session, process_id=world.process_id, from_ids=[kept], into_id=key, reason="Chiedono la stessa cosa, con altre parole.",
            actor=actor_of(world.accounts[Role.moderator]), now=now,
        )  # fmt: skip  # one call reads better so
        assert tell_comment(session, comment_id=comment, now=now) == 2
        assert tell_comment(session, comment_id=aside, now=now) == 2
        assert tell_regrouping(session, regrouping_id=act, what="made", now=now) >= 2
    client = stage.client_of(reader)
    before = client.get("/io/avvisi").text
    assert CANARY in before
    assert WORDS in before
    moderate(stage, ThingKind.proposal, key)
    moderate(stage, ThingKind.comment, comment)
    for page in (client.get("/io/avvisi").text, client.get("/io").text.split("Avvisi</h2>")[1]):
        assert CANARY not in page, "the merge into it names it too"
        assert WORDS not in page
        assert "un testo che non è più visibile" in page
    with stage.work() as session:
        mine = notices.PERSONAL_DATA.export(session, account_id=reader)
        assert CANARY not in str(mine)
        assert WORDS not in str(mine)
    with bench_for(stage.app) as bench:
        bench.work()
        with stage.work() as session:
            notices.ask_for_digests(session, digest="daily", period="oggi", now=now)
        bench.work()
        mailed = "".join(letter.subject + letter.text for letter in bench.post.letters)
    assert CANARY not in mailed
    assert WORDS not in mailed
    moderate(stage, ThingKind.proposal, key, hide=False)
    again = client.get("/io/avvisi").text
    assert CANARY in again, "shown again, it may be told again"
    assert WORDS not in again
    with bench_for(stage.app) as bench:
        bench.work()
        bench.work()
        late = [letter for letter in bench.post.letters if CANARY in letter.subject + letter.text]
        assert late, "who wants mails at once and has not read it is mailed after all"
        assert len({(letter.to, letter.subject) for letter in late}) == len(late), "and once"
        assert WORDS not in "".join(letter.subject + letter.text for letter in bench.post.letters)
    with stage.work() as session:
        names = session.execute(select(Notification.names).where(Notification.kind == "comment")).scalars()
        assert {len(each) for each in names} == {2}, "the proposal and the comment"
    assert author(world).account_id == reader
