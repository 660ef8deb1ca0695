"""Told once, mailed once, in the way each person prefers; a server that is away loses nothing."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.notices import services
from consult.notices.models import Notification
from consult.notices.rules import DIGEST_SIZE, unsubscribe_token
from consult.people.models import Account
from consult.ports.mail import Letter, MailRefused
from tests.conftest import Stage
from tests.factories.post import Bench, Postbox, bench_for
from tests.factories.world import app_engine, counted_statements, make_app
from worker.celery_app import app as celery


@pytest.fixture
def bench(stage: Stage) -> Iterator[Bench]:
    with bench_for(stage.app) as made:
        yield made


def tell(stage: Stage, people: list[uuid.UUID], key: str = "k", subject: str = "La tua proposta è in un’azione") -> int:
    with stage.work() as session:
        return services.notify(
            session,
            account_ids=people,
            kind="proposal.promoted",
            words=lambda _language: (subject, "L’azione è la 2.1.4."),
            link_endpoint="people.profile",
            link_values={},
            process_id=stage.world.process_id,
            key=key,
            now=datetime.now(UTC),
        )


def prefer(stage: Stage, account_id: uuid.UUID, digest: str) -> None:
    with stage.work() as session:
        session.execute(update(Account).where(Account.id == account_id).values(digest=digest))


def address(stage: Stage, account_id: uuid.UUID) -> str:
    with stage.work() as session:
        return str(session.get_one(Account, account_id).email)


def again(stage: Stage) -> None:
    """Let time pass for the outbox: what waits may go out now."""
    with stage.work() as session:
        session.execute(update(OutboxJob).values(not_before=None, sent_at=None))


def test_a_letter_says_what_happened_and_how_to_stop(stage: Stage, bench: Bench) -> None:
    me = stage.world.others[0]
    assert tell(stage, [me]) == 1
    bench.work()
    letter = bench.post.to(address(stage, me))[0]
    assert letter.subject == "La tua proposta è in un’azione"
    assert "http://127.0.0.1:8000/io/profilo" in letter.text
    assert letter.headers["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/avvisi/stop/")
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_telling_the_same_thing_from_eight_threads_tells_it_once(stage: Stage, bench: Bench) -> None:
    people = stage.world.others
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _n: tell(stage, people), range(8)))
    assert sum(told) == len(people)
    bench.work()
    assert len(bench.post.letters) == len(people)


def test_a_task_delivered_three_times_and_two_at_once_mails_once(stage: Stage) -> None:
    gate = threading.Barrier(2, timeout=5)

    class Slow(Postbox):
        def send(self, letter: Letter) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(0.5)
            super().send(letter)

    with bench_for(stage.app, Slow()) as bench:
        tell(stage, [stage.world.others[0]])
        with stage.work() as session:
            job_id, payload = session.execute(select(OutboxJob.id, OutboxJob.payload)).one()
        threads = [threading.Thread(target=bench.run, args=("notices.send", job_id, payload)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bench.run("notices.send", job_id, payload)
        assert len(bench.post.letters) == 1


def test_a_server_that_is_away_for_long_loses_nothing(stage: Stage, bench: Bench) -> None:
    bench.post.away = True
    tell(stage, stage.world.others)
    for _ in range(6):
        bench.work()
        again(stage)
    with stage.work() as session:
        assert (
            session.execute(
                select(func.count()).select_from(OutboxJob).where(OutboxJob.parked_at.is_not(None))
            ).scalar()
            == 0
        )
        assert session.execute(select(func.max(OutboxJob.attempts))).scalar() == 0
        assert (
            session.execute(
                select(func.count()).select_from(Notification).where(Notification.mailed_at.is_not(None))
            ).scalar()
            == 0
        )
    bench.post.away = False
    bench.work()
    assert len({letter.to for letter in bench.post.letters}) == len(bench.post.letters) == len(stage.world.others)


def test_a_server_that_is_away_is_not_asked_again_at_once(stage: Stage, bench: Bench) -> None:
    bench.post.away = True
    tell(stage, stage.world.others[:1])
    assert bench.work() == 1
    with stage.work() as session:
        wait = session.execute(select(OutboxJob.not_before)).scalar_one()
        assert wait is not None
        assert timedelta(seconds=30) < wait - database_now(session) < timedelta(minutes=2)


def test_an_address_refused_for_good_is_not_tried_again(stage: Stage) -> None:
    class Refusing(Postbox):
        def send(self, letter: Letter) -> None:
            raise MailRefused("no such mailbox")

    with bench_for(stage.app, Refusing()) as bench:
        tell(stage, stage.world.others[:1])
        assert bench.work() == 1
        again(stage)
        assert bench.work() == 0
    with stage.work() as session:
        assert session.execute(select(Notification.refused_at)).scalar_one() is not None


def test_digests_gather_once_a_period_and_leave_out_what_was_read(stage: Stage, bench: Bench) -> None:
    daily, weekly, never, gone = stage.world.others[:4]
    for account_id, digest in ((daily, "daily"), (weekly, "weekly"), (never, "none")):
        prefer(stage, account_id, digest)
    tell(stage, [daily, weekly, never], "a", "Prima cosa")
    tell(stage, [daily, weekly, never], "b", "Seconda cosa")
    assert bench.work() == 0
    with stage.work() as session:
        read = select(Notification.id).where(Notification.account_id == weekly, Notification.key == "a")
        session.execute(update(Notification).where(Notification.id.in_(read)).values(read_at=datetime.now(UTC)))
    now = datetime(2027, 5, 12, 8, 0, tzinfo=UTC)
    for _ in range(3):
        with stage.work() as session:
            services.ask_for_due_digests(session, timezone="Europe/Rome", now=now)
        bench.work()
    assert [letter.to for letter in bench.post.letters].count(address(stage, daily)) == 1
    assert "Prima cosa" in bench.post.to(address(stage, daily))[0].text
    assert "Prima cosa" not in bench.post.to(address(stage, weekly))[0].text
    assert "Seconda cosa" in bench.post.to(address(stage, weekly))[0].text
    assert bench.post.to(address(stage, never)) == []
    with stage.work() as session:
        services.ask_for_due_digests(session, timezone="Europe/Rome", now=now + timedelta(days=1))
    bench.work()
    assert len(bench.post.letters) == 2
    assert gone


def test_a_long_digest_says_how_many_more(stage: Stage, bench: Bench) -> None:
    me = stage.world.others[0]
    prefer(stage, me, "daily")
    for number in range(DIGEST_SIZE + 3):
        tell(stage, [me], f"k{number}", f"Avviso numero {number:02d}")
    with stage.work() as session:
        services.ask_for_digests(session, digest="daily", period="p", now=datetime.now(UTC))
    bench.work()
    letter = bench.post.letters[0]
    assert str(DIGEST_SIZE + 3) in letter.subject
    assert letter.text.count("* Avviso numero") == DIGEST_SIZE
    assert "si leggono sul sito" in letter.text


def test_the_clock_asks_for_each_night_and_each_digest_once(stage: Stage, bench: Bench) -> None:
    for _ in range(3):
        celery.tasks["clock.look"]()
    with stage.work() as session:
        topics = session.execute(select(OutboxJob.topic).order_by(OutboxJob.topic)).scalars().all()
    # Other rooms ask for their own nights; each of these once, however often the clock looks.
    own = [topic for topic in topics if topic in {"notices.digest", "people.clean_up"}]
    assert own == ["notices.digest", "notices.digest", "people.clean_up"]
    assert len(set(topics) - set(own)) == len(topics) - len(own)


def test_the_page_lists_marks_and_opens(stage: Stage) -> None:
    me, other = stage.world.others[:2]
    tell(stage, [me, other], "a", "Prima <b>cosa</b>")
    tell(stage, [me], "b", "Seconda cosa")
    client = stage.client_of(me)
    page = client.get("/io/avvisi").text
    assert "2 avvisi da leggere" in page
    assert "Prima &lt;b&gt;cosa" in page
    with stage.work() as session:
        mine = session.execute(
            select(Notification.id).where(Notification.account_id == me, Notification.key == "a")
        ).scalar_one()
        theirs = session.execute(select(Notification.id).where(Notification.account_id == other)).scalar_one()
    assert client.send("/io/avvisi/letti", {"notification_id": str(theirs)}).status_code == 404
    opened = client.send("/io/avvisi/letti", {"notification_id": str(mine), "open": "1"})
    assert (opened.status_code, opened.location) == (303, "/io/profilo")
    assert client.send("/io/avvisi/letti").status_code == 303
    assert "da leggere" not in client.get("/io/avvisi").text.partition("<main")[2]
    with stage.work() as session:
        assert session.execute(select(Notification.read_at).where(Notification.id == theirs)).scalar_one() is None


def test_pages_of_notices_follow_each_other_and_cost_the_same(stage: Stage) -> None:
    me = stage.world.others[0]
    for number in range(65):
        tell(stage, [me], f"k{number}", f"Avviso numero {number:02d}")
    client = stage.client_of(me)
    client.get("/io/avvisi")
    seen: list[str] = []
    url, costs = "/io/avvisi", []
    for _ in range(5):
        with counted_statements(stage.engine) as sent:
            text = client.get(url).text
        costs.append(len(sent))
        seen += [f"{n:02d}" for n in range(65) if f"Avviso numero {n:02d}</h2>" in text]
        if 'rel="next"' not in text:
            break
        url = text.partition('class="pager-next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert sorted(seen) == [f"{n:02d}" for n in range(65)]
    assert max(costs) <= 5
    assert client.get("/io/avvisi?dopo=zzz").status_code == 422


def test_preferences_and_the_unsubscribe_link(stage: Stage) -> None:
    me = stage.world.others[0]
    client = stage.client_of(me)
    assert client.send("/io/avvisi/preferenze", {"digest": "weekly"}).status_code == 303
    assert client.send("/io/avvisi/preferenze", {"digest": "hourly"}).status_code == 422
    nobody = stage.client_as(None)
    link = "/avvisi/stop/" + unsubscribe_token(stage.app.config["SECRET_KEY"], me)
    for method in (nobody.get, nobody.head):
        assert method(link).status_code == 200
    with stage.work() as session:
        assert session.get_one(Account, me).digest == "weekly"
    assert nobody.send(link).status_code == 303
    assert nobody.send(link).status_code == 303
    with stage.work() as session:
        assert session.get_one(Account, me).digest == "none"
    assert nobody.get("/avvisi/stop/x").status_code == 404
    assert nobody.send("/avvisi/stop/" + unsubscribe_token("another secret", me)).status_code == 404
    gone = unsubscribe_token(stage.app.config["SECRET_KEY"], uuid.uuid4())
    assert nobody.send("/avvisi/stop/" + gone).status_code == 303


def test_a_mail_program_unsubscribes_with_one_post_and_no_cookie(stage: Stage) -> None:
    """RFC 8058: the program posts to the address of the header, knows no form and follows no redirect."""
    me, other = stage.world.others[:2]
    app = make_app(stage.database_url, csrf=True)
    link = "/avvisi/stop/" + unsubscribe_token(app.config["SECRET_KEY"], me)
    for _ in range(2):
        answer = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    with stage.work() as session:
        assert session.get_one(Account, me).digest == "none"
        assert session.get_one(Account, other).digest == "at_once"
    assert app.test_client().post("/io/avvisi/preferenze", data={"digest": "none"}).status_code == 400
    app_engine(app).dispose()


def test_a_digest_puts_the_news_of_one_thread_together(stage: Stage, bench: Bench) -> None:
    me = stage.world.others[0]
    prefer(stage, me, "daily")
    with stage.work() as session:
        for n, (thread, subject) in enumerate(
            [
                ("proposal:1", "Un commento"),
                ("proposal:2", "Un esito"),
                ("proposal:1", "Un altro commento"),
                ("", "Un ruolo"),
            ]
        ):
            services.notify(
                session, account_ids=[me], kind="comment", words={"it": (subject, "")}.__getitem__, link_endpoint="people.profile", link_values={},
                process_id=None, key=f"k{n}", now=datetime.now(UTC) + timedelta(seconds=n), thread=thread,
                thread_title={"proposal:1": "Treni la sera", "proposal:2": "Alberi"}.get(thread, ""),
            )  # fmt: skip  # one row of values reads better so
        services.ask_for_digests(session, digest="daily", period="p", now=datetime.now(UTC))
    bench.work()
    text = bench.post.letters[0].text
    places = [
        text.index(words) for words in ("Treni la sera", "Un commento", "Un altro commento", "Un esito", "Un ruolo")
    ]
    assert places == sorted(places)
    assert text.count("Treni la sera") == 1
    assert text.count("/io/profilo") == 3


def test_the_header_counts_what_is_unread_without_another_statement(stage: Stage) -> None:
    client = stage.client_as(Role.account)
    client.get("/io/accessi")
    with counted_statements(stage.engine) as before:
        client.get("/io/accessi")
    tell(stage, [stage.world.accounts[Role.account]])
    with counted_statements(stage.engine) as after:
        page = client.get("/io/accessi").text
    assert len(after) == len(before)
    assert "1 da leggere" in page
