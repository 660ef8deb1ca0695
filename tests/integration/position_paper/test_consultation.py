"""A draft before the public: frozen, open between two dates, commented, answered, and what became of each comment told."""

from __future__ import annotations

import csv
import html
import io
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, update

from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.discussion.models import Comment
from consult.listening.sources.models import Source
from consult.notices.models import Notification
from consult.position_paper import queries, rules, services
from consult.position_paper.models import CommentAnswer, ConsultedFinding, DraftConsultation
from consult.position_paper.types import FILE_KINDS, Audience, ConsultedRow
from tests.conftest import Stage
from tests.factories.voices import facilitator
from tests.factories.waiting import EVERY, read_first
from tests.factories.world import Client, counted_statements
from tests.integration.position_paper.conftest import accept_all, build_all

COMMENT = "Manca il sabato sera: chi lavora nei negozi torna dopo le dieci."


def read(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return html.unescape(answer.text)


def public(stage: Stage, rest: str = "") -> str:
    return f"/processi/{stage.world.slug}/position-paper{rest}"


def desk(stage: Stage, rest: str = "") -> str:
    return f"/scrivania/{stage.world.slug}/paper{rest}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A stage with a draft in consultation."""

    stage: Stage
    whole: ConsultedRow
    first: ConsultedRow

    def at(self, target: ConsultedRow, rest: str = "") -> str:
        return public(self.stage, f"/bozze/1/{target.id}{rest}")

    def say(
        self, client: Client, target: ConsultedRow | None = None, text: str = COMMENT, stance: str = "against"
    ) -> int:
        data = {"text": text, "stance": stance}
        return client.send(self.at(target or self.first, "/commenti"), data).status_code

    def comment_id(self, text: str = COMMENT) -> uuid.UUID:
        with self.stage.work() as session:
            return session.execute(select(Comment.id).where(Comment.text == text)).scalar_one()


def open_draft(stage: Stage, **changes: object) -> int:
    with stage.work() as session:
        now = database_now(session)
        values: dict[str, object] = {
            "words": "Che cosa manca?", "audience": Audience.accounts, "opens_at": None, "closes_at": now + timedelta(days=7), **changes,
        }  # fmt: skip  # one row of values reads better so
        return services.open_draft(
            session,
            process_id=stage.world.process_id,
            actor=facilitator(stage.world),
            now=now,
            **values,  # type: ignore[arg-type]  # Keywords by name.
        )


def targets(stage: Stage) -> list[ConsultedRow]:
    with stage.work() as session:
        row = queries.consultation(session, process_id=stage.world.process_id, number=1, begun_only=False)
        assert row is not None
        return queries.consulted(session, consultation_id=row.id)


@pytest.fixture
def opened(drafted: Stage) -> Opened:
    accept_all(drafted)
    assert open_draft(drafted) == 1
    whole, first, *_others = targets(drafted)
    return Opened(drafted, whole, first)


def run(stage: Stage, topic: str) -> int:
    """Do the pending jobs of a topic, as the worker would; returns how many people were told."""
    told = 0
    with stage.work() as session:
        now = database_now(session)
        for job in session.execute(
            select(OutboxJob).where(OutboxJob.topic == topic, OutboxJob.done_at.is_(None))
        ).scalars():
            given = {name: uuid.UUID(value) if name.endswith("_id") else value for name, value in job.payload.items()}
            told += getattr(services, topic.partition(".")[2])(session, now=now, **given)
            job.done_at = now
    return told


def told(stage: Stage, account_id: uuid.UUID) -> list[str]:
    with stage.work() as session:
        statement = select(Notification.subject).where(
            Notification.account_id == account_id, Notification.kind == "draft"
        )
        return list(session.execute(statement.order_by(Notification.created_at, Notification.subject)).scalars())


def test_a_draft_is_opened_commented_answered_and_followed_by_the_final_paper(drafted: Stage) -> None:
    stage = drafted
    manager, resident = stage.client_as(Role.manager), stage.client_as(Role.account)
    form = desk(stage, "/consultazioni/nuova")
    assert "Niente da mettere in consultazione" in read(manager, form)
    accept_all(stage)
    assert "Fissa e apri" in read(manager, form)
    wrong = manager.send(form, {"closes_at": "2020-01-01T10:00", "audience": "accounts", "words": ""})
    assert wrong.status_code == 422
    data = {"closes_at": "2060-01-01T10:00", "audience": "accounts", "words": "Che cosa **manca**?"}
    assert manager.send(form, data).status_code == 303
    assert "La bozza n. 1 non è ancora chiusa" in read(manager, form)
    assert "un’altra bozza" in html.unescape(manager.send(form, data).text).lower()

    whole, first, *_others = targets(stage)
    opened = Opened(stage, whole, first)
    anyone = stage.client_as(None)
    assert "Leggi e commenta la bozza del position paper" in read(anyone, "/")
    assert "Apri la bozza n. 1" in read(anyone, public(stage))
    page = read(anyone, public(stage, "/bozze/1"))
    assert first.title in page
    assert "<strong>manca</strong>" in page
    assert "Accedi per commentare" in read(anyone, opened.at(first))
    assert anyone.send(opened.at(first, "/commenti"), {"text": "Ciao", "stance": "neutral"}).status_code == 401

    # What is edited afterwards stays in the workshop.
    assert first.finding_id is not None
    with stage.work() as session:
        row = queries.finding(session, process_id=stage.world.process_id, finding_id=first.finding_id)
        assert row is not None
        words = queries.quoted_words(session, places=[p for s in row.sentences for p in s.quotes])
        whole_numbers = queries.whole(session, process_id=stage.world.process_id)
        same = "\n".join(rules.show(s, words).text for s in rules.present(row, whole_numbers, "it"))
        services.save_finding(
            session, process_id=stage.world.process_id, finding_id=row.id, version=row.version, title="Un titolo segreto",
            statement=same, strategy_id=row.strategy_id, actor=facilitator(stage.world),
            now=database_now(session),
        )  # fmt: skip  # one row of values reads better so
    assert "segreto" not in read(anyone, public(stage, "/bozze/1")) + read(anyone, opened.at(first))

    assert opened.say(resident) == 303
    assert opened.say(resident, whole, "Si legge bene, ma è lunga.", "in_favour") == 303
    assert opened.say(resident, first, " ") == 422
    comment = opened.comment_id()
    other = stage.client_of(stage.world.others[0])
    assert other.send(opened.at(first, f"/commenti/{comment}"), {"text": "Succede anche a me."}).status_code == 303
    shown = read(anyone, opened.at(first))
    assert COMMENT in shown
    assert "Succede anche a me." in shown
    assert "senza risposta" in read(anyone, public(stage, "/bozze/1/commenti"))
    assert run(stage, "position_paper.tell_comment") >= 2
    assert any("Una risposta al tuo commento" in s for s in told(stage, stage.world.accounts[Role.account]))
    assert told(stage, stage.world.accounts[Role.facilitator]) == ["Nuovi commenti alla bozza n. 1"]
    with stage.work() as session:
        reply = session.execute(select(Comment.id).where(Comment.parent_id.is_not(None))).scalar_one()
        names = session.execute(select(Notification.names).where(Notification.key == f"comment:{reply}")).scalar_one()
    assert f"comment:{reply}" in names, "were it hidden, its words would be told no more"

    writer, at = stage.client_as(Role.facilitator), desk(stage, "/consultazioni/1")
    assert COMMENT in read(writer, at)
    assert COMMENT in read(writer, desk(stage, f"/risultanze/{first.finding_id}"))
    assert "2 commenti senza risposta" in read(writer, desk(stage))
    assert "2 commenti alla bozza del position paper senza risposta" in read(writer, "/scrivania")
    answer = {
        "comment": str(comment),
        f"v-{comment}": "0",
        "verdict": "accepted",
        "sentence": "Giusto: il sabato sera entra nel testo.",
    }
    assert writer.send(f"{at}/risposte", {**answer, "sentence": "Sì"}).status_code == 422
    assert writer.send(f"{at}/risposte", {**answer, "comment": str(uuid.uuid4())}).status_code == 404
    assert writer.send(f"{at}/risposte", answer).status_code == 303
    stale = writer.send(
        f"{at}/risposte", {**answer, "verdict": "not_accepted", "sentence": "Un’altra frase, scritta intanto."}
    )
    assert stale.status_code == 409
    assert "il sabato sera entra nel testo" in stale.text
    assert run(stage, "position_paper.tell_answer") == 1
    mine = read(resident, "/io")
    assert "il sabato sera entra nel testo" in mine
    assert "senza risposta, per ora" in mine
    table = read(anyone, public(stage, "/bozze/1/commenti?risposta=accepted"))
    assert COMMENT in table
    assert "Si legge bene" not in table

    lines = list(
        csv.DictReader(io.StringIO(anyone.get(public(stage, "/bozze/1/commenti.csv")).text.removeprefix("\ufeff")))
    )
    assert [(r["text"], r["answer"], bool(r["reply_to"])) for r in lines] == [
        ("Si legge bene, ma è lunga.", "", False), (COMMENT, "accepted", False), ("Succede anche a me.", "", True),
    ]  # fmt: skip  # one row per line reads better so
    data_file = anyone.get(public(stage, "/bozze/1/commenti.json")).get_json()
    assert [c["finding_number"] for c in data_file["comments"]] == [0, first.number, first.number]

    assert "1 commento alla bozza non ha ancora una risposta" in read(writer, desk(stage, "/pubblica"))
    sent = writer.send(desk(stage, "/pubblica"), {"note": ""})
    assert sent.status_code == 303, sent.text[sent.text.find("<h1"):][:3000]
    final = read(anyone, public(stage))
    assert "1 commento alla bozza: 1 accolto" in final
    assert "Bozza n. 1" in final
    assert COMMENT in read(anyone, public(stage, f"/risultanze/{first.finding_id}"))
    compared = read(anyone, public(stage, "/confronto?da=bozza-1&a=1"))
    assert "Un titolo segreto" in compared or "<ins>" in compared
    assert run(stage, "position_paper.tell_final") == 2
    assert any("è pubblicato" in s for s in told(stage, stage.world.others[0]))

    # A second draft is a text of its own: the comments stay with the one they were about.
    assert manager.send(f"{at}/chiusura", {"version": "1", "fa": "chiudi"}).status_code == 303
    assert opened.say(resident, first, "Troppo tardi per questa bozza.") == 403
    assert open_draft(stage) == 2
    second = read(anyone, public(stage, "/bozze/2"))
    assert "Un titolo segreto" in second
    assert COMMENT not in read(anyone, public(stage, "/bozze/2/commenti"))
    assert COMMENT in read(anyone, public(stage, "/bozze/1/commenti"))


def test_only_between_its_dates_by_the_clock_of_the_database(drafted: Stage) -> None:
    accept_all(drafted)
    with drafted.work() as session:
        soon = database_now(session) + timedelta(days=1)
    open_draft(drafted, opens_at=soon, closes_at=soon + timedelta(days=1))
    whole, first, *_others = targets(drafted)
    opened = Opened(drafted, whole, first)
    resident, manager = drafted.client_as(Role.account), drafted.client_as(Role.manager)
    for rest in ("/bozze/1", f"/bozze/1/{first.id}", "/bozze/1/commenti", "/bozze/1/commenti.csv"):
        read(drafted.client_as(None), public(drafted, rest), 404)
    assert opened.say(resident) == 404
    assert "si apre" in read(manager, desk(drafted, "/consultazioni"))
    assert run(drafted, "position_paper.tell_consultation") == 0, "nobody is told before it opens"

    def moved(opens: timedelta, closes: timedelta) -> None:
        with drafted.work() as session:
            now = database_now(session)
            session.execute(update(DraftConsultation).values(opens_at=now + opens, closes_at=now + closes))

    moved(-timedelta(hours=1), timedelta(hours=1))
    assert opened.say(resident) == 303
    with drafted.work() as session:
        row = session.execute(select(DraftConsultation.id)).scalar_one()
        people = services.tell_consultation(session, consultation_id=row, what="opened", now=database_now(session))
        assert people == 2, "the reader and the reviewer"
    end = desk(drafted, "/consultazioni/1/chiusura")
    assert manager.send(end, {"version": "1", "closes_at": "2060-01-01T10:00"}).status_code == 303
    assert manager.send(end, {"version": "1", "closes_at": "2061-01-01T10:00"}).status_code == 409
    moved(-timedelta(hours=2), -timedelta(seconds=1))
    assert opened.say(resident, text="Tardi.") == 403
    closed = read(resident, opened.at(first))
    assert "La consultazione è chiusa" in closed
    assert "Pubblica il commento" not in closed
    assert resident.send(opened.at(first, f"/commenti/{opened.comment_id()}/ritira"), {}).status_code == 303
    with drafted.work() as session:
        assert session.execute(select(func.count()).select_from(Comment)).scalar_one() == 1


def test_comments_are_moderated_at_the_same_desk(opened: Opened) -> None:
    stage = opened.stage
    resident, moderator, anyone = stage.client_as(Role.account), stage.client_as(Role.moderator), stage.client_as(None)
    with stage.work() as session:
        read_first(session, stage.world, EVERY, database_now(session))
    assert opened.say(resident) == 303
    comment = opened.comment_id()
    surfaces = (opened.at(opened.first), public(stage, "/bozze/1/commenti"), public(stage, "/bozze/1/commenti.json"))
    assert all(COMMENT not in anyone.get(url).text for url in surfaces)
    assert COMMENT in read(resident, opened.at(opened.first)), "its author sees it waiting"
    waiting = f"/scrivania/{stage.world.slug}/moderazione"
    assert "Sulla bozza in consultazione" in read(moderator, f"{waiting}?elenco=in-attesa&voce=comment:{comment}")
    assert moderator.send(f"{waiting}/comment/{comment}/leggi", {"version": "1", "motivo": ""}).status_code == 303
    with stage.work() as session:
        topics = [tuple(row) for row in session.execute(select(OutboxJob.topic, OutboxJob.payload))]
        assert ("position_paper.tell_comment", {"comment_id": str(comment)}) in topics
    assert all(COMMENT in anyone.get(url).text for url in surfaces)
    other = stage.client_of(stage.world.others[0])
    report = opened.at(opened.first, f"/commenti/{comment}/segnala")
    read(other, report)
    assert other.send(report, {"reason": "insult", "note": ""}).status_code == 303
    assert "1 segnalazione" in read(moderator, f"{waiting}?elenco=segnalate&voce=comment:{comment}")
    hidden = moderator.send(f"{waiting}/comment/{comment}/nascondi", {"version": "2", "reason": "insult"})
    assert hidden.status_code == 303
    assert all(COMMENT not in anyone.get(url).text for url in surfaces)
    assert COMMENT not in read(stage.client_as(Role.facilitator), desk(stage, "/consultazioni/1?risposta="))
    answer = {"comment": str(comment), f"v-{comment}": "0", "verdict": "accepted", "sentence": "Una frase qualsiasi."}
    sent = stage.client_as(Role.facilitator).send(desk(stage, "/consultazioni/1/risposte"), answer)
    assert sent.status_code == 404, "what is hidden is not answered"


def test_invited_readers_alone_where_it_is_asked_so(drafted: Stage) -> None:
    accept_all(drafted)
    open_draft(drafted, audience=Audience.readers)
    whole, first, *_others = targets(drafted)
    opened = Opened(drafted, whole, first)
    assert "la commenta chi è stato invitato" in read(drafted.client_as(Role.account), opened.at(first))
    assert opened.say(drafted.client_as(Role.account)) == 403
    assert opened.say(drafted.client_as(Role.reader)) == 303


def test_a_quote_leaves_the_draft_with_its_consent(opened: Opened) -> None:
    stage, anyone = opened.stage, opened.stage.client_as(None)
    with stage.work() as session:
        found = queries.frozen_draft(session, process_id=stage.world.process_id, number=1)
        assert found is not None
        quote = next(q for f in services.show_paper(session, content=found.content).findings for q in f.quotes)
    words = quote.words[:60]
    assert words in read(anyone, public(stage, "/bozze/1"))
    with stage.work() as session:
        session.execute(
            update(Source).where(Source.id == quote.source_id).values(quotable="none", visibility="internal")
        )
    assert words not in read(anyone, public(stage, "/bozze/1"))


def test_a_draft_is_taken_along_as_files_and_read_zone_by_zone(opened: Opened) -> None:
    stage, anyone, where = opened.stage, opened.stage.client_as(None), public(opened.stage, "/bozze/1")
    with stage.work() as session:
        asked = [
            job.payload
            for job in session.execute(select(OutboxJob)).scalars()
            if job.topic == "position_paper.build_file" and job.payload["draft_number"] == 1
        ]
        assert {job["kind"] for job in asked} == set(FILE_KINDS), "files are asked for when it opens"
        row = queries.consultation(session, process_id=stage.world.process_id, number=1)
        assert row is not None
        build_all(session, row.paper_id, 0, now=database_now(session), kinds=FILE_KINDS, draft_number=1)
        draft = queries.frozen_draft(session, process_id=stage.world.process_id, number=1)
        assert draft is not None
        shown = services.show_paper(session, content=draft.content)
    assert "Scarica in PDF" in read(anyone, where)
    files = {kind: anyone.get(f"{where}/file/{kind}") for kind in FILE_KINDS}
    assert {answer.status_code for answer in files.values()} == {200}
    told = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(files["pdf"].data)).pages)
    assert "Bozza in consultazione n. 1" in told
    assert f"/bozze/1/{opened.first.id}" in html.unescape(files["html"].text)
    data = json.loads(files["json"].text)
    assert (data["draft"], data["version"]) == (1, None)
    assert {finding["id"] for section in data["sections"] for finding in section["findings"]} == {
        str(finding.id) for finding in shown.findings
    }
    assert "kB)" not in read(stage.client_as(Role.facilitator), desk(stage)), "the draft being written has files of its own"

    zone, few = min(shown.by_zone().items(), key=lambda item: item[1])
    page = read(anyone, f"{where}?zona={zone}")
    assert page.count('<article class="finding"') == few
    assert "Qui sotto solo le risultanze" in page
    assert [code in page for code in ('id="metodo"', 'id="limiti"')] == [False, False], "only what comes from the zone"
    finding = next(finding for finding in shown.findings if finding.id == opened.first.finding_id)
    opened_page = read(anyone, opened.at(opened.first))
    assert "Le fonti su cui poggia" in opened_page
    assert all(quote.words[:60] in opened_page for quote in finding.quotes)

    quote = next(quote for finding in shown.findings for quote in finding.quotes)
    with stage.work() as session:
        session.execute(
            update(Source)
            .where(Source.id == quote.source_id)
            .values(quotable="none", visibility="internal", revision=Source.revision + 1)
        )
    gone = anyone.get(f"{where}/file/pdf")
    assert (gone.status_code, gone.location.endswith("/bozze/1")) == (302, True)
    with stage.work() as session:
        services.follow_consent(session, process_id=stage.world.process_id, now=database_now(session))
        again = session.execute(
            select(func.count()).where(
                OutboxJob.topic == "position_paper.build_file", OutboxJob.payload["draft_number"].as_integer() == 1
            )
        ).scalar_one()
        assert again == 2 * len(FILE_KINDS), "they are built anew by themselves"


def test_a_person_takes_comments_and_answers_along_and_leaves_no_name(opened: Opened) -> None:
    stage, world = opened.stage, opened.stage.world
    assert opened.say(stage.client_as(Role.account)) == 303
    comment, resident, writer = opened.comment_id(), world.accounts[Role.account], world.accounts[Role.facilitator]
    data = {
        "comment": str(comment),
        f"v-{comment}": "0",
        "verdict": "not_accepted",
        "sentence": "Lo decide la Regione, non noi.",
    }
    assert stage.client_as(Role.facilitator).send(desk(stage, "/consultazioni/1/risposte"), data).status_code == 303
    with stage.work() as session:
        given = services.PERSONAL_DATA.export(session, account_id=resident)
        assert any(row.get("kind") == "answer_received" and row["verdict"] == "not_accepted" for row in given)
        assert any(
            row.get("kind") == "answer_given" for row in services.PERSONAL_DATA.export(session, account_id=writer)
        )
        services.PERSONAL_DATA.erase(session, account_id=writer, now=database_now(session))
        answer = session.get_one(CommentAnswer, comment)
        assert (answer.answered_by, answer.answered_name, answer.sentence) == (
            None,
            "",
            "Lo decide la Regione, non noi.",
        )


def test_pages_of_a_draft_cost_the_same_however_much_was_said(opened: Opened) -> None:
    stage, anyone, writer = opened.stage, opened.stage.client_as(None), opened.stage.client_as(Role.facilitator)
    pages = (public(stage, "/bozze/1"), opened.at(opened.first), public(stage, "/bozze/1/commenti"))
    with stage.work() as session:
        now = database_now(session)
        for n in range(30):
            services.comment(
                session, process_id=stage.world.process_id, target_id=opened.first.id, text=f"Commento numero {n}.", stance="neutral",  # type: ignore[arg-type]  # A code.
                actor=Actor(account_id=stage.world.others[n % 3], name="persona"), now=now,
            )  # fmt: skip  # one row of values reads better so
    for url in pages:
        with counted_statements(stage.engine) as sent:
            read(anyone, url)
        assert len(sent) <= 12, (url, len(sent))
    with counted_statements(stage.engine) as sent:
        read(writer, desk(stage, "/consultazioni/1"))
    assert len(sent) <= 12
    first_page = read(anyone, pages[2])
    assert first_page.count("Commento numero") == queries.COMMENTS_PER_PAGE
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(ConsultedFinding)).scalar_one() == len(targets(stage))
