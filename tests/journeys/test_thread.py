"""The whole thread in a real browser, each step by the person it belongs to: from an empty database to an action and back to a voice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from consult.core.clock import database_now
from consult.core.db import make_engine, make_sessions, unit_of_work
from consult.core.permissions import SYSTEM
from consult.demo import texts
from consult.listening.sources import services as sources
from consult.listening.sources.types import ImportRow
from consult.people.services import open_account
from consult.process.queries import by_slug
from tests.factories.site import Site
from tests.journeys.people import PASSWORD, Crowd, Person

SLUG = "piano-2024-2026"
DESK = f"/scrivania/{SLUG}"
PUBLIC = f"/processi/{SLUG}"
ADMINISTRATOR, FACILITATOR = "amministra@ente.example", "facilita@ente.example"
MODERATOR, OTHER_MODERATOR = "modera@ente.example", "modera.anche@ente.example"
STAKEHOLDER, RESIDENT, NEIGHBOUR = "impresa@ditta.example", "residente@posta.example", "vicina@posta.example"
ANSWER = (
    "Non troviamo operai specializzati: i corsi di formazione sono lontani e gli autobus non coincidono con i turni."
)
PASSAGE = "Chi esce dalla fabbrica alle dieci di sera non ha più un autobus per tornare in valle."
NOTE = "La sera mancano le corse tra la valle e la città: chi lavora su turni resta a piedi."
VOICE = "Nel mio paese dopo le venti non passa più nessun autobus e mia figlia non può studiare in città."
TITLE, SECOND = "Un autobus serale tra la valle e la città", "Corse notturne coordinate con i turni delle fabbriche"
TEXT = "Serve una corsa alle ventidue e una a mezzanotte dal capolinea verso la valle, tutti i giorni feriali, coordinate con i turni."


def files(folder: Path) -> tuple[Path, Path]:
    """The project's own frame and territory, as an administrator has them on disk."""
    data = Path(texts.__file__).parent / "data"
    frame, territory = folder / "struttura.json", folder / "territorio.json"
    frame.write_bytes((data / "frame.json").read_bytes())
    territory.write_bytes((data / "territory.json").read_bytes())
    return frame, territory


def open_first_account(url: str) -> None:
    """What `consult administrator` does: the first person, and two residents who have signed up earlier."""
    engine = make_engine(url, application="consult-tests")
    with unit_of_work(make_sessions(engine)) as session:
        for email, name, administrator in (
            (ADMINISTRATOR, "Amministratrice", True),
            (NEIGHBOUR, "Vicina di casa", False),
        ):
            open_account(
                session,
                email=email,
                display_name=name,
                password=PASSWORD,
                verified=True,
                administrator=administrator,
                demonstration=False,
                actor=SYSTEM,
                now=database_now(session),
            )
    engine.dispose()


def add_voices(url: str, number: int = 60) -> None:
    """Voices besides those made by hand, by the service behind `consult sources import`."""
    engine = make_engine(url, application="consult-tests")
    with unit_of_work(make_sessions(engine)) as session:
        process = by_slug(session, slug=SLUG)
        assert process is not None
        said = [s for s in texts.said() if s.channel in {"answer", "contribution"} and s.language == "it"]
        report = sources.import_rows(
            session,
            process_id=process.id,
            rows=[ImportRow(line=i, text=s.text, zone=s.zone, speaker=s.speaker) for i, s in enumerate(said[:number])],
            actor=SYSTEM,
            now=database_now(session),
        )
        assert report.added > number // 2
    engine.dispose()


def day(days: int) -> str:
    """A local date and time for a form."""
    return (datetime.now(ZoneInfo("Europe/Rome")) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def opens_the_process(admin: Person, folder: Path) -> None:
    """Step 1: frame, territory, process, phases, notices, people, publication."""
    frame, territory = files(folder)
    admin.sign_in(ADMINISTRATOR)
    admin.go("/scrivania/amministrazione").follow("Importa una struttura")
    admin.page.locator("[name=file]").set_input_files(frame)
    admin.press("Importa").sees("strategic")
    admin.go("/scrivania/amministrazione").follow("Importa un territorio")
    admin.page.locator("[name=file]").set_input_files(territory)
    admin.press("Importa").sees("Mappa schematica", "parziale")
    admin.go("/scrivania/amministrazione").follow("Apri un processo")
    admin.fill(slug=SLUG, summary="Che cosa serve al territorio nei prossimi tre anni?").press("Apri il processo")
    admin.go(f"{DESK}/fasi")
    for kind in ("listening", "co_planning", "drafting"):
        card = admin.page.locator(f"#fase-{kind}")
        card.get_by_label("Apre").fill(day(-2))
        card.get_by_label("Chiude").fill(day(40))
        admin.press("Salva le date", where=card)
        expect(admin.page.locator(f"#fase-{kind}")).to_contain_text("aperta adesso")
    for kind in ("listening", "co_planning"):
        admin.go(f"{DESK}/informative/{kind}").press("Pubblica la versione 1")
    for email, name, role in (
        (FACILITATOR, "Facilitatrice", "facilitator"),
        (MODERATOR, "Moderatore", "moderator"),
        (OTHER_MODERATOR, "Altra moderatrice", "moderator"),
    ):
        admin.go(f"{DESK}/persone").fill(email=email, display_name=name)
        admin.field("role").select_option(role)
        admin.press("Dai il ruolo").sees(email)
    admin.go(f"{DESK}/impostazioni").press("Pubblica il processo").sees("pubblico")


def accepts_invitation(person: Person, email: str) -> Person:
    """A member of the staff opens the letter and chooses a password."""
    person.letter_to(email)
    person.go(person.link_in_letter("/invito/")).fill(password=PASSWORD).press("Accetta e accedi")
    return person


def publishes_questionnaire(facilitator: Person) -> None:
    """Step 2: a questionnaire with an open question, and an invitation."""
    facilitator.go(f"{DESK}/questionari/nuovo").fill(title="Imprese e lavoro", intro="Due minuti, una domanda.")
    facilitator.press("Salva").follow("Aggiungi la prima domanda").follow("Testo lungo")
    facilitator.fill(text="Che cosa manca alle imprese della sua zona?").press("Salva la domanda")
    facilitator.press("Pubblica").follow("Inviti")
    facilitator.fill(people=STAKEHOLDER).press("Aggiungi all’elenco").press("Invia le lettere")


def answers(stakeholder: Person) -> str:
    """The link in the letter leads to the question; the answer gives a receipt, whose code this returns."""
    stakeholder.letter_to(STAKEHOLDER, about="")
    stakeholder.go(stakeholder.link_in_letter("/q/")).sees("Che cosa manca alle imprese")
    stakeholder.page.locator("main form textarea").first.fill(ANSWER)
    stakeholder.press("Invia")
    return receipt(stakeholder.page)


def receipt(page: Page) -> str:
    """The receipt code on the page."""
    found = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return found.group()


def records_interview(facilitator: Person) -> None:
    """An interview with consent and two passages."""
    facilitator.go(f"{DESK}/interviste/nuova").fill(role="Responsabile di una fabbrica")
    for consent in ("consent_record", "consent_transcribe", "consent_code"):
        facilitator.field(consent).check()
    facilitator.page.locator("[name=consent_quote][value=anonymous]").check()
    facilitator.fill(consent_text="1", consent_on=day(0)[:10]).press("Salva l’intervista")
    facilitator.fill(
        transcript=f"D: Come arrivano i suoi operai?\n\nR: {PASSAGE}\n\nR: E i più giovani non hanno la macchina."
    )
    facilitator.press("Dividi in passaggi").sees(PASSAGE)


def records_meeting(facilitator: Person) -> None:
    """A public meeting with a note, and its minutes."""
    facilitator.go(f"{DESK}/incontri/nuovo").fill(title="Incontro in valle", starts_at=day(-1), place="Sala civica")
    facilitator.press("Salva l’incontro").press("Pubblica l’incontro")
    facilitator.fill(text=NOTE)
    facilitator.page.locator("[name=kind][value=need]").check()
    # The note is kept on the device and sent without leaving the page.
    facilitator.page.get_by_role("button", name="Aggiungi l’appunto").click()
    expect(facilitator.page.locator("#appunti-presi article.note")).to_contain_text(NOTE)
    expect(facilitator.page.locator("[data-notes] [role=status]")).to_contain_text("Tutti gli appunti sono salvati.")
    facilitator.follow("Verbale").sees(NOTE)
    facilitator.press("Pubblica il verbale").sees("verbale pubblicato")


def contributes(resident: Person) -> str:
    """A resident on a phone leaves a contribution from the first page and gets a code."""
    resident.go("/").follow("Piano").follow("Di’ che cosa serve")
    resident.fill(text=VOICE)
    resident.field("publish").check()
    resident.press("Invia il contributo")
    return receipt(resident.page)


def aggregates(facilitator: Person) -> None:
    """Step 3: the run's page shows progress until the themes are there."""
    facilitator.go(f"{DESK}/aggregazioni").press("Avvia un’aggregazione")
    assert "/aggregazioni/" in facilitator.page.url
    expect(facilitator.page.get_by_role("link", name="Vai ai temi")).to_be_visible(timeout=240_000)


def publishes_paper(facilitator: Person) -> str:
    """Step 4: accept themes, edit and accept findings, publish; returns the edited finding's title."""
    facilitator.go(f"{DESK}/temi")
    for _theme in range(40):
        accept = facilitator.page.locator("main").get_by_role("button", name=re.compile("^Accetta"))
        if not accept.count():
            break
        facilitator.press("Accetta")
    for _second in range(60):
        facilitator.go(f"{DESK}/paper?stato=proposed")
        if facilitator.page.locator("article.finding").count():
            break
        facilitator.page.wait_for_timeout(1000)  # The worker writes the draft: the page is asked again and again.
    with facilitator.page.expect_navigation():
        facilitator.page.locator("article.finding h3 a").first.click()
    edited = "Trasporti e lavoro: che cosa manca"
    facilitator.fill(title=edited).press("Salva").sees(edited)
    facilitator.press("Accetta")
    for _finding in range(60):
        facilitator.go(f"{DESK}/paper?stato=proposed")
        if not facilitator.page.locator("article.finding").get_by_role("button", name=re.compile("^Accetta")).count():
            break
        facilitator.press("Accetta", where=facilitator.page.locator("article.finding").first)
    facilitator.go(f"{DESK}/paper").follow("Rivedi e pubblica")
    facilitator.press("Pubblica questa versione")
    return edited


def reads_to_the_source(anyone: Person, title: str) -> None:
    """Anyone opens the paper, a finding, and a source behind it."""
    anyone.go(f"{PUBLIC}/position-paper").sees(title).follow(title)
    assert "/risultanze/" in anyone.page.url
    anyone.sees("Le fonti su cui poggia")


def signs_up(resident: Person) -> None:
    """A resident asks for an account and confirms the address."""
    resident.go("/registrazione").fill(email=RESIDENT, display_name="Residente della valle", password=PASSWORD)
    resident.field("notice").check()
    resident.press("Registrati")
    resident.letter_to(RESIDENT)
    resident.go(resident.link_in_letter("/registrazione/conferma/")).fill(password=PASSWORD).press("Conferma e accedi")


def proposes(person: Person, title: str, *, finding: str = "", beside: str = "") -> str:
    """Step 5: a proposal under the strategy of a finding it answers, or of another proposal; returns its address."""
    code = ""
    if beside:
        kicker = person.go(beside).page.locator("main .kicker").first.text_content() or ""
        code = kicker.partition("·")[2].split()[0]
    person.go(f"{PUBLIC}/proposte/nuova").fill(title=title, text=TEXT)
    if finding:
        # The finding stands under its strategy's code; the list of findings follows the strategy that is chosen.
        groups = person.field("finding_id").locator("optgroup")
        code = groups.filter(has_text=finding).first.get_attribute("label") or ""
    wanted = person.field("strategy_id").locator("option").filter(has_text=re.compile(rf"^{re.escape(code)} "))
    key = wanted.first.get_attribute("value") if code and wanted.count() else None
    with person.page.expect_response(re.compile("/nuova/risultanze")):
        person.field("strategy_id").select_option(value=key, index=None if key else 1)
    expect(person.page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
    if finding:
        person.field("finding_id").select_option(label=finding)
    person.press("Pubblica la proposta").sees(title)
    return person.path().partition("?")[0]


def supports_and_comments(person: Person, proposal: str) -> None:
    """A neighbour supports the proposal and says so."""
    person.go(proposal).press("Sostieni")
    person.page.locator("main [name=stance][value=in_favour]").first.check()
    person.page.locator("main textarea[name=text]").first.fill("Anch'io torno la sera e resto a piedi.")
    person.press("Pubblica il commento")
    person.go(proposal).sees("resto a piedi")


def fills_promotion(moderator: Person, proposal_id: str) -> None:
    """The form of promotion, with the other proposal beside."""
    moderator.go(f"{DESK}/moderazione/proposte/{proposal_id}/promuovi")
    moderator.page.get_by_role("checkbox", name=re.compile(SECOND)).check()
    moderator.fill(
        title="Trasporto serale di valle",
        text="Corse serali feriali.",
        public_reason="Risponde a un bisogno chiaro.",
        body="Ufficio piano",
    )
    moderator.page.locator("[name=outcome][value=adopted]").check()
    moderator.field("reason").select_option("fits_strategy")


def test_the_thread_from_voice_to_action_and_back(
    new_database: Callable[[], str], site_on: Callable[[str], Site], crowd_on: Callable[[Site], Crowd], tmp_path: Path
) -> None:
    url = new_database()
    open_first_account(url)
    crowd = crowd_on(site_on(url))
    opens_the_process(crowd.person(), tmp_path)
    facilitator = accepts_invitation(crowd.person(), FACILITATOR)
    publishes_questionnaire(facilitator)
    answer_code = answers(crowd.person())
    records_interview(facilitator)
    records_meeting(facilitator)
    resident = crowd.person(phone=True)
    codes = [answer_code, contributes(resident)]
    add_voices(url)
    aggregates(facilitator)
    title = publishes_paper(facilitator)
    anyone = crowd.person()
    for code in codes:
        anyone.go("/ricevuta").fill(codice=code).press("Vedi che cosa ne è stato").sees("Piano strategico")
    reads_to_the_source(anyone, title)
    signs_up(resident)
    first = proposes(resident, TITLE, finding=title)
    neighbour = crowd.person().sign_in(NEIGHBOUR)
    proposes(neighbour, SECOND, beside=first)
    supports_and_comments(neighbour, first)
    proposal_id = first.rsplit("/", 1)[1]
    moderators = [accepts_invitation(crowd.person(), email) for email in (MODERATOR, OTHER_MODERATOR)]
    for moderator in moderators:
        fills_promotion(moderator, proposal_id)
    moderators[0].press("Promuovi")
    late = moderators[1]
    with late.page.expect_response(lambda r: r.request.method == "POST" and r.status == 409):
        late.press("Promuovi")
    expect(late.page.locator("main").get_by_role("link").first).to_be_visible()
    anyone.go(f"{PUBLIC}/piano").follow("Trasporto serale di valle")
    action = anyone.path()
    anyone.sees(TITLE, SECOND, "Risponde a un bisogno chiaro.")
    resident.letter_to(RESIDENT, about=TITLE, seconds=90)
    resident.go("/io/avvisi").sees("proposta")
    walks_the_thread(anyone, action, title)
    assert crowd.complaints() == []


def walks_the_thread(anyone: Person, action: str, title: str) -> None:
    """Step 7: the public thread of the action leads to proposals, finding and source, and from each back again."""
    anyone.go(action).follow("Segui il filo")
    anyone.sees(TITLE, SECOND, title, "Risponde a un bisogno chiaro.")
    thread = anyone.path()
    anyone.follow(TITLE).sees("Risponde a un bisogno chiaro.")
    anyone.follow("Il filo", where=anyone.page.locator("body")).sees("Trasporto serale di valle", title)
    anyone.go(thread).follow(title)
    anyone.follow("Segui il filo").sees(TITLE)
    source = anyone.page.locator("main a[href*='/fonti/']")
    if source.count():
        with anyone.page.expect_navigation():
            source.first.click()
        expect(anyone.page.locator("main")).to_contain_text(title)


@pytest.fixture(autouse=True)
def _patient(request: pytest.FixtureRequest) -> None:
    """Assertions on the page wait as long as the page may take on a busy machine."""
    expect.set_options(timeout=60_000)
