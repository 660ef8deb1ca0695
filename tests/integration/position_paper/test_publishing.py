"""What is published is what people accepted, frozen; a quote without live consent is nowhere, in no page and no file."""

from __future__ import annotations

import uuid
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, update

from config import Settings
from consult.core.clock import database_now
from consult.core.errors import Invalid
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.sources.services import change_source, set_facts
from consult.position_paper import queries, services
from consult.position_paper.models import PaperVersion
from consult.position_paper.types import FILE_KINDS
from tests.conftest import Stage
from tests.factories.voices import add_voices, facilitator, run_here
from tests.factories.world import counted_statements
from tests.integration.position_paper.conftest import accept_all, build_all


def public(stage: Stage, query: str = "") -> str:
    answer = stage.client_as(None).get(f"/processi/{stage.world.slug}/position-paper{query}")
    assert answer.status_code == 200
    return answer.text


def quoted(stage: Stage) -> tuple[uuid.UUID, uuid.UUID, str]:
    """A finding, a source quoted in it and shown to everybody, and its words there."""
    page = public(stage)
    with stage.work() as session:
        version = queries.version(session, process_id=stage.world.process_id)
        assert version is not None
        shown = services.show_paper(session, content=version.content)
        for finding in shown.findings:
            for quote in finding.quotes:
                if quote.words in page:
                    return finding.id, quote.source_id, quote.words
    pytest.fail("no quote on the page")


def test_nothing_is_published_that_nobody_accepted(drafted: Stage) -> None:
    who, process_id = facilitator(drafted.world), drafted.world.process_id
    assert "non è ancora pubblicato" in public(drafted)
    with drafted.work() as session, pytest.raises(Invalid):
        services.publish(session, process_id=process_id, note="", actor=who, now=database_now(session))
    with drafted.work() as session:
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        one, *others = queries.findings(session, paper_id=paper.id)
        services.set_state(
            session,
            process_id=process_id,
            finding_id=one.id,
            version=1,
            state="accepted",
            actor=who,
            now=database_now(session),
        )
    with drafted.work() as session, pytest.raises(Invalid):
        # Its theme is only proposed: accepted by half is not accepted.
        services.publish(session, process_id=process_id, note="", actor=who, now=database_now(session))
    assert others


def test_a_version_is_frozen_numbered_and_signed(published: Stage) -> None:
    page = public(published)
    assert "versione 1" in page
    assert "Facilitatrice" in page
    with published.work() as session:
        version = queries.version(session, process_id=published.world.process_id)
        cards = queries.published_findings(session, process_id=published.world.process_id)
        assert version is not None
        assert cards
        title, finding_id = cards[0].title, cards[0].id
        assert len(version.manifest["content_sha256"]) == 64
        assert version.manifest["aggregation"]["inputs"]
        words = set(session.execute(select(Source.text)).scalars())
        assert not any(text in str(version.content) for text in words)
        services.save_finding(
            session, process_id=published.world.process_id, finding_id=finding_id, version=2, title="Cambiato dopo", statement="Altro.",
            strategy_id=None, actor=facilitator(published.world), now=database_now(session),
        )  # fmt: skip  # one row of values reads better so
        services.source_sentence(
            session, process_id=published.world.process_id, finding_id=finding_id, version=3, number=1, own=True, source_ids=[],
            actor=facilitator(published.world), now=database_now(session),
        )  # fmt: skip  # one row of values reads better so
    assert title in public(published)
    assert "Cambiato dopo" not in public(published)
    client = published.client_as(Role.manager)
    answer = client.send(f"/scrivania/{published.world.slug}/paper/pubblica", {"note": "La seconda."})
    assert answer.status_code == 303
    assert "Cambiato dopo" in public(published)
    assert title in public(published, "?versione=1")
    assert (
        published.client_as(None).get(f"/processi/{published.world.slug}/position-paper?versione=9").status_code == 404
    )
    with published.work() as session:
        assert session.execute(select(func.count()).select_from(PaperVersion)).scalar_one() == 2
        asked = session.execute(select(func.count()).where(OutboxJob.topic == "position_paper.build_file")).scalar_one()
        assert asked == 2 * len(FILE_KINDS)


def test_a_finding_has_a_permanent_page_with_its_sources(published: Stage) -> None:
    finding_id, _source_id, words = quoted(published)
    client = published.client_as(None)
    url = f"/processi/{published.world.slug}/position-paper/risultanze/{finding_id}"
    page = client.get(url)
    assert page.status_code == 200
    assert words in page.text
    with published.work() as session:
        row = queries.finding(session, process_id=published.world.process_id, finding_id=finding_id)
        assert row is not None
        unquoted = [s.source_id for s in row.sources if not s.quote]
        internal = (
            session.execute(select(Source.text).where(Source.id.in_(unquoted), Source.visibility == "internal"))
            .scalars()
            .all()
        )
        assert not any(text in page.text for text in internal)
    assert client.get(url.replace(str(finding_id), str(uuid.uuid4()))).status_code == 404
    who, process_id = facilitator(published.world), published.world.process_id
    with published.work() as session:
        row = queries.finding(session, process_id=process_id, finding_id=finding_id)
        assert row is not None
        now = database_now(session)
        services.set_state(
            session,
            process_id=process_id,
            finding_id=finding_id,
            version=row.version,
            state="withdrawn",
            actor=who,
            now=now,
        )
        services.publish(session, process_id=process_id, note="", actor=who, now=now)
    again = client.get(url)
    assert again.status_code == 200
    assert "non è più nell’ultima versione" in again.text


def test_each_sentence_leads_to_the_sources_it_rests_on(published: Stage) -> None:
    """Of a finding on its own page, of a short text on a page of sentences; what nobody may read is counted there and not shown."""
    client, slug = published.client_as(None), published.world.slug
    with published.work() as session:
        version = queries.version(session, process_id=published.world.process_id)
        assert version is not None
        shown = services.show_paper(session, content=version.content)
    finding = max(shown.findings, key=lambda f: f.supporting)
    lead = next(n for n, s in enumerate(finding.sentences, start=1) if s.role == "quote")
    page = client.get(f"/processi/{slug}/position-paper/risultanze/{finding.id}").text
    assert all(f"?frase={n}#fonti" in page for n, s in enumerate(finding.sentences, start=1) if s.source_ids)
    own = client.get(f"/processi/{slug}/position-paper/risultanze/{finding.id}?frase={lead}").text
    assert f"Le fonti della frase {lead}" in own
    assert own.count('class="quote"') == 1 < page.count('class="quote"')
    base = f"/processi/{slug}/position-paper/versioni/{version.number}/sintesi"
    texts = [(s.code, "", s.summary) for s in shown.sections if s.summary]
    texts += [(s.code, code, told) for s in shown.sections for code, told in s.strategies.items()]
    code, strategy, told = next(t for t in texts if any(s.role == "count" for s in t[2]))
    place = next(n for n, s in enumerate(told, start=1) if s.role == "count")
    listed = client.get(base).text
    assert f"di={code}&amp;strategia={strategy}&amp;frase={place}" in listed
    behind = client.get(f"{base}?di={code}&strategia={strategy}&frase={place}")
    assert behind.status_code == 200
    assert f"Viene da {len(told[place - 1].source_ids)} font" in behind.text
    assert 0 < behind.text.count('class="quote"') - 1 <= len(told[place - 1].source_ids)
    for wrong in (f"di={code}&frase=99", "di=niente&frase=1", f"di={code}&frase=0"):
        assert client.get(f"{base}?{wrong}").status_code == 404


def test_numbers_carry_channel_and_total_and_small_ones_are_not_said(published: Stage) -> None:
    page = public(published)
    with published.work() as session:
        version = queries.version(session, process_id=published.world.process_id)
        assert version is not None
        counts = [c for s in version.content["sections"] for f in s["findings"] for c in f["counts"]["channel"]]
    assert counts
    assert all(c["shown"] is None or c["shown"] >= 5 for c in counts)
    assert "meno di 5" in page
    assert "di 21 contributi liberi" in page or "dei 21 contributi liberi" in page or "(su 21)" in page


@pytest.mark.parametrize("how", ["withdraw", "redact", "consent"])
def test_a_quote_without_live_consent_is_nowhere(published: Stage, how: str, tmp_path: Path) -> None:
    finding_id, source_id, words = quoted(published)
    who, process_id, slug = facilitator(published.world), published.world.process_id, published.world.slug
    client, staff = published.client_as(None), published.client_as(Role.facilitator)
    for kind in ("pdf", "html"):
        built = client.get(f"/processi/{slug}/position-paper/versioni/1/{kind}")
        assert built.status_code == 200
        if kind == "html":
            assert words in built.text
    with published.work() as session:
        now = database_now(session)
        if how == "consent":
            set_facts(session, source_id=source_id, actor=who, now=now, quotable="none", visibility="internal")
        else:
            change_source(
                session, process_id=process_id, source_id=source_id, change=how, reason_code="consent_withdrawn", actor=who, now=now,
                text="Testo tolto su richiesta." if how == "redact" else None,
            )  # fmt: skip  # one row of values reads better so
    pages = [public(published), client.get(f"/processi/{slug}/position-paper/risultanze/{finding_id}").text]
    if how != "consent":
        # Staff still reads an internal source; a withdrawn or redacted one nobody does.
        pages.append(staff.get(f"/scrivania/{slug}/paper/risultanze/{finding_id}").text)
    assert all(words not in page for page in pages)
    for kind in ("pdf", "html"):
        gone = client.get(f"/processi/{slug}/position-paper/versioni/1/{kind}")
        assert gone.status_code == 302
    assert client.send(f"/processi/{slug}/position-paper/file", {"versione": 1}).status_code == 303
    with published.work() as session:
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        build_all(session, paper.id, 1, now=database_now(session))
    fresh = client.get(f"/processi/{slug}/position-paper/versioni/1/html")
    assert fresh.status_code == 200
    assert words not in fresh.text
    pdf = PdfReader(BytesIO(client.get(f"/processi/{slug}/position-paper/versioni/1/pdf").data))
    assert " ".join(words.split()[:5]) not in " ".join(" ".join(p.extract_text() for p in pdf.pages).split())
    with published.work() as session:
        files = services.build_outputs(session, process_id=process_id, out=tmp_path, settings=Settings())
    assert words not in files.html.read_text("utf-8")


def test_a_quote_withdrawn_while_its_file_is_built_is_not_served(published: Stage) -> None:
    _finding, source_id, _words = quoted(published)
    process_id, client = published.world.process_id, published.client_as(None)
    sessions = published.app.extensions["consult"].sessions
    with sessions() as building:
        paper = queries.paper(building, process_id=process_id)
        build_all(building, paper.id, 1, now=database_now(building))
        with published.work() as session:
            session.execute(
                update(Source).where(Source.id == source_id).values(state="withdrawn", revision=Source.revision + 1)
            )
        building.commit()
    answer = client.get(f"/processi/{published.world.slug}/position-paper/versioni/1/pdf")
    assert answer.status_code == 302


def test_every_format_says_the_same_and_obeys_consent(published: Stage) -> None:
    _finding, source_id, words = quoted(published)
    process_id, client, slug = published.world.process_id, published.client_as(None), published.world.slug
    with published.work() as session:
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        build_all(session, paper.id, 1, now=database_now(session), kinds=("docx", "odt", "json"))
    page = public(published)
    for kind in FILE_KINDS:
        assert f"versioni/1/{kind}" in page
        answer = client.get(f"/processi/{slug}/position-paper/versioni/1/{kind}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].endswith(f'.{kind}"')
        if kind == "json":
            assert words in answer.text
    with published.work() as session:
        change_source(
            session, process_id=process_id, source_id=source_id, change="withdraw", reason_code="author_asked", actor=facilitator(published.world),
            now=database_now(session),
        )  # fmt: skip  # one call reads better so
        again = services.export_paper(
            session, process_id=process_id, kind="json", version_number=None, settings=Settings()
        )
    assert words not in again.body.decode()
    assert str(source_id) not in again.body.decode()
    for kind in FILE_KINDS:
        assert client.get(f"/processi/{slug}/position-paper/versioni/1/{kind}").status_code == 302


def test_what_comes_from_ones_own_zone(published: Stage) -> None:
    whole, mine = public(published), public(published, "?zona=2")
    assert "della zona Valle" in mine
    assert mine.count('class="finding"') <= whole.count('class="finding"')
    assert public(published, "?zona=qualunque").count('class="finding"') == whole.count('class="finding"')


def test_the_public_page_costs_the_same_whatever_the_paper(published: Stage) -> None:
    client, slug = published.client_as(None), published.world.slug
    with counted_statements(published.engine) as sent:
        public(published)
    few = len(sent)
    with published.work() as session:
        add_voices(
            session,
            published.world,
            texts=tuple(f"Serve davvero una cosa nuova, la numero {n}, per la valle e il treno." for n in range(60)),
        )
    run_here(published.app.extensions["consult"].sessions, published.world)
    accept_all(published)
    with published.work() as session:
        services.publish(
            session,
            process_id=published.world.process_id,
            note="",
            actor=facilitator(published.world),
            now=database_now(session),
        )
        finding_id = queries.published_findings(session, process_id=published.world.process_id)[0].id
    with counted_statements(published.engine) as sent:
        public(published)
    assert len(sent) <= few <= 8
    with counted_statements(published.engine) as sent:
        assert client.get(f"/processi/{slug}/position-paper/risultanze/{finding_id}").status_code == 200
    assert len(sent) <= 10


def test_other_rooms_find_published_findings(published: Stage) -> None:
    finding_id, source_id, _words = quoted(published)
    process_id = published.world.process_id
    with published.work() as session:
        cards = queries.published_findings(session, process_id=process_id)
        assert {c.number for c in cards}
        strategy = next(c.strategy_id for c in cards if c.strategy_id)
        assert {
            c.strategy_id for c in queries.published_findings(session, process_id=process_id, strategy_id=strategy)
        } == {strategy}
        assert queries.finding_cards(session, ids=[finding_id, uuid.uuid4()]).keys() == {finding_id}
        assert finding_id in {c.id for c in queries.findings_citing(session, source_ids=[source_id])[source_id]}
        assert queries.draft_is_ready(session, process_id=process_id)


def test_the_same_manifest_gives_the_same_numbers(published: Stage) -> None:
    process_id, who = published.world.process_id, facilitator(published.world)
    with published.work() as session:
        found = services.verify_version(session, process_id=process_id)
        assert found is not None
        assert found.wrong == ()
        assert found.numbers > 10
        version = queries.version(session, process_id=process_id)
        assert version is not None
        cited = uuid.UUID(version.manifest["cited_sources"][0][0])
        text = session.get_one(Source, cited).text
        change_source(
            session, process_id=process_id, source_id=cited, change="correct", text=text + " Sempre.", reason_code="typing_error",
            actor=who, now=database_now(session),
        )  # fmt: skip  # one row of values reads better so
    with published.work() as session:
        again = services.verify_version(session, process_id=process_id, number=1)
        assert again is not None
        assert again.wrong == (), "the words it had at the revision cited are kept"
        row = session.execute(select(PaperVersion)).scalar_one()
        finding = next(f for s in row.content["sections"] for f in s["findings"])
        finding["counts"]["channel"][0]["shown"] = 999
        session.execute(update(PaperVersion).values(content=row.content))
    with published.work() as session:
        bent = services.verify_version(session, process_id=process_id)
        assert bent is not None
        assert len(bent.wrong) == 2, "neither its hash nor its number"
