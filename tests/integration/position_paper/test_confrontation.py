"""Existing plans, the matrix, the owners' replies; order of sections, balance, comments and approvals."""

from __future__ import annotations

import csv
import io
import re
import uuid

from sqlalchemy import select

from consult.core.clock import database_now
from consult.core.vocabulary import Role
from consult.framework.models import Provision, ReferencePlan
from consult.notices.models import Notification
from consult.position_paper import queries, services
from consult.position_paper.models import Confrontation, Section
from consult.position_paper.services import approving
from consult.position_paper.services.personal import PERSONAL_DATA
from tests.conftest import Stage
from tests.factories.voices import facilitator
from tests.factories.world import counted_statements
from tests.integration.position_paper.conftest import accept_all
from tests.integration.position_paper.test_workshop import address, first

CSV = (
    "codice;testo;pagina;strategie\r\nM1;Aumentare i treni della sera nelle valli.;12;2.2\r\n"
    "M2;Piantare alberi nelle piazze.;14;2.1\r\n;vuota;;\r\n"
)


def plan_id(stage: Stage) -> uuid.UUID:
    with stage.work() as session:
        return session.execute(
            select(ReferencePlan.id).where(ReferencePlan.frame_id == stage.world.frame_id)
        ).scalar_one()


def test_from_a_file_of_provisions_to_the_published_table(drafted: Stage) -> None:
    client, slug, plan = drafted.client_as(Role.facilitator), drafted.world.slug, plan_id(drafted)
    base = f"/scrivania/{slug}/paper/piani/{plan}"
    for _again in range(2):
        answer = client.send(f"{base}/importa", {"file": (io.BytesIO(CSV.encode()), "piano.csv")})
        assert answer.status_code == 303, answer.text
    assert client.send(f"{base}/importa", {"file": (io.BytesIO(b"niente"), "piano.csv")}).status_code == 422
    # A file without one good row says of each why, in the reader's language.
    for language, said in (
        ("en", "row 2: The code or the text is missing; row 3: The page is not a number."),
        ("it", "riga 2: Manca il codice o il testo; riga 3: La pagina non è un numero."),
    ):
        assert client.send("/lingua", {"lingua": language}).status_code == 303
        bare = client.send(f"{base}/importa", {"file": (io.BytesIO(b"codice;testo;pagina\n;a;\nM9;b;x\n"), "piano.csv")})
        assert bare.status_code == 422
        assert said in bare.text
    some_bad = CSV + "".join(f"B{n};Parole.;1;9.9\r\n" for n in range(34)) + ";Senza codice.;1;\r\n"
    told = client.get(client.send(f"{base}/importa", {"file": (io.BytesIO(some_bad.encode()), "piano.csv")}).location).text
    assert "36 righe lasciate fuori." in told
    assert "La strategia 9.9 non è del piano; riga" in told
    assert "E altre 6 righe." in told
    assert (
        client.send(f"{base}/previsioni", {"code": "M3", "text": "Altro.", "page": "", "strategies": "9.9"}).status_code
        == 422
    )
    assert (
        client.send(
            f"{base}/previsioni", {"code": "M3", "text": "Altro ancora.", "page": "3", "strategies": "1.1, 2.1"}
        ).status_code
        == 303
    )
    assert (
        client.send(
            f"/scrivania/{slug}/paper/piani", {"code": "PUMS", "title": "Mobilità", "plan_version": "2022"}
        ).status_code
        == 303
    )
    with drafted.work() as session:
        keys: dict[str, uuid.UUID] = dict(
            session.execute(select(Provision.code, Provision.id).where(Provision.plan_id == plan)).all()
        )
    assert {"M1", "M2", "M3"} <= set(keys)

    row = first(drafted)
    here = f"{address(drafted, row)}/confronto"
    data = {
        "version": 0,
        "plan_id": plan,
        "provision_id": keys["M1"],
        "state": "partly",
        "note": "Solo il sabato.",
        "score": "0.31",
    }
    assert client.send(here, data).status_code == 303
    stale = client.send(here, {**data, "state": "covered", "note": "Invece sì."})
    assert stale.status_code == 409
    assert "Solo il sabato." in stale.text
    assert "Invece sì." in stale.text
    assert client.send(here, {**data, "version": 1, "state": "conflicting"}).status_code == 303
    assert client.send(here, {**data, "provision_id": "", "state": "covered"}).status_code == 422
    assert client.send(here, {**data, "provision_id": "", "state": "gap", "score": ""}).status_code == 303
    assert client.send(here, {**data, "plan_id": uuid.uuid4()}).status_code == 422
    with drafted.work() as session:
        rows = queries.confrontations(session, process_id=drafted.world.process_id)
        assert [(r.provision_code, r.state, r.origin) for r in rows] == [
            ("M1", "conflicting", "suggested"),
            (None, "gap", "human"),
        ]
        mine, gap = rows
    reply = {"department": "Direzione mobilità", "reply": "La gara è già uscita."}
    url = f"/scrivania/{slug}/paper/confronti/{mine.id}"
    assert client.send(f"{url}/risposta", reply).status_code == 404
    office = drafted.client_as(Role.reviewer)
    assert office.send(f"{url}/risposta", reply).status_code == 303
    # Nothing typed is lost: neither a reply to what another office answered meanwhile, nor words that are too long.
    late = office.send(f"{url}/risposta", {**reply, "reply": "La gara esce a marzo.", "seen": ""})
    assert late.status_code == 409
    assert "La gara è già uscita." in late.text
    assert '<textarea class="form-control" id="insieme-1" name="reply" rows="2">La gara esce a marzo.' in late.text
    refused = office.send(f"{url}/risposta", {**reply, "reply": "Lunga. " * 700})
    assert refused.status_code == 422
    assert "Lunga. Lunga." in refused.text
    long = client.send(here, {**data, "version": 2, "state": "gap", "note": "Perché sì. " * 300})
    assert long.status_code == 422
    assert "Perché sì. Perché sì." in long.text
    assert '<option value="gap" selected>' in long.text
    assert client.send(f"{url}/togli", {"version": 2}).status_code == 422
    # Taken away in error, it is put back as it was with one press; what somebody stated anew meanwhile stays.
    away = client.send(f"/scrivania/{slug}/paper/confronti/{gap.id}/togli", {"version": 1})
    assert away.status_code == 303
    undo = client.get(away.location).text.split('<div class="undo"')[1].split("</form>")[0]
    assert client.send(here, dict(re.findall(r'name="([a-z]\w*)" value="([^"]*)"', undo))).status_code == 303
    assert "Annulla la decisione" not in client.get(away.location).text
    with drafted.work() as session:
        again = queries.confrontations(session, process_id=drafted.world.process_id)[-1]
    assert (again.state, again.note, again.version) == (gap.state, gap.note, 1)
    assert client.send(f"/scrivania/{slug}/paper/confronti/{again.id}/togli", {"version": 1}).status_code == 303
    matrix = client.get(f"/scrivania/{slug}/paper/confronto")
    assert "in contrasto" in matrix.text
    assert row.title not in client.get(f"/scrivania/{slug}/paper/confronto?vista=aperte").text.split("<table")[-1]

    # The plan unfolded into its provisions: those set against something, all on demand, and the same as a table to take along.
    unfolded = f"/scrivania/{slug}/paper/confronto/{plan}"
    with counted_statements(drafted.engine) as sent:
        some = client.get(unfolded).text
    assert len(sent) <= 8
    assert f"#c-{mine.id}" in some
    assert ">M1</th>" in some
    assert ">M2</th>" not in some
    every = client.get(f"{unfolded}?previsioni=tutte").text
    assert ">M2</th>" in every
    assert "nessuna risultanza la riguarda" in every
    assert client.get(f"/scrivania/{slug}/paper/confronto/{uuid.uuid4()}").status_code == 404
    lines = list(csv.reader(io.StringIO(client.get(f"/scrivania/{slug}/paper/confronto/matrice.csv").data.decode("utf-8-sig"))))
    assert [words.split(" ")[1] for words in lines[0][3:]] == ["M1"]
    told = {line[1]: line[3] for line in lines[1:]}
    assert told[row.title] == "in contrasto. Solo il sabato. Risposta di Direzione mobilità: La gara è già uscita"
    assert sum(bool(words) for words in told.values()) == 1
    sheet = client.get(f"/scrivania/{slug}/paper/confronto/matrice.xlsx")
    assert sheet.data.startswith(b"PK")
    assert client.get(f"/scrivania/{slug}/paper/confronto/matrice.pdf").status_code == 404

    accept_all(drafted)
    with drafted.work() as session:
        actor = facilitator(drafted.world)
        services.publish(session, process_id=drafted.world.process_id, note="", actor=actor, now=database_now(session))
        session.execute(Confrontation.__table__.delete())
    public = drafted.client_as(None).get(f"/processi/{slug}/position-paper").text
    assert all(
        words in public
        for words in ("Aumentare i treni della sera nelle valli.", "La gara è già uscita.", "Direzione mobilità", "in contrasto", "Solo il sabato.")
    )


def test_provisions_like_a_finding_are_suggested(drafted: Stage) -> None:
    client, slug, plan = drafted.client_as(Role.facilitator), drafted.world.slug, plan_id(drafted)
    client.send(f"/scrivania/{slug}/paper/piani/{plan}/importa", {"file": (io.BytesIO(CSV.encode()), "p.csv")})
    with drafted.work() as session:
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        train = next(f for f in queries.findings(session, paper_id=paper.id) if f.strategy_code == "2.2")
    page = client.get(f"{address(drafted, train)}/confronto?cerca=treni+sera")
    assert "Aumentare i treni della sera" in page.text.split('id="simili"')[1]
    assert "Piantare alberi" not in page.text.split('id="simili"')[1].split("Se un piano")[0]


def test_sections_from_the_template_can_be_reordered(drafted: Stage) -> None:
    client, slug = drafted.client_as(Role.facilitator), drafted.world.slug
    with drafted.work() as session:
        paper = queries.paper(session, process_id=drafted.world.process_id)
        assert paper is not None
        order = queries.sections(session, paper_id=paper.id)
    kinds = [s.kind for s in order]
    assert kinds[0] == "method"
    assert {"axis", "zone", "cross_cutting", "confrontation", "limits"} <= set(kinds)
    url = f"/scrivania/{slug}/paper/sezioni/{order[1].id}/posto"
    assert client.send(url, {"verso": "su"}).status_code == 303
    assert client.send(url, {"verso": "su"}).status_code == 303
    with drafted.work() as session:
        assert [s.id for s in queries.sections(session, paper_id=paper.id)][:3] == [
            order[1].id,
            order[0].id,
            order[2].id,
        ]
        content = services.build_content(session, process_id=drafted.world.process_id, publishable_only=False)
        assert content is not None
        zone = next(s for s in content["sections"] if s["kind"] == "zone")
        assert zone["paragraphs"][0].startswith("Da questa zona")
    row = first(drafted)
    moved = client.send(f"{address(drafted, row)}/sezione", {"version": row.version, "section_id": order[-1].id})
    assert moved.status_code == 303
    with drafted.work() as session:
        found = queries.finding(session, process_id=drafted.world.process_id, finding_id=row.id)
        assert found is not None
        assert found.section_id == order[-1].id
    assert client.get(f"/scrivania/{slug}/paper/sezioni").status_code == 200


def test_balance_names_zones_and_what_is_left_out(drafted: Stage) -> None:
    client = drafted.client_as(Role.reader)
    url = f"/scrivania/{drafted.world.slug}/paper/copertura"
    with counted_statements(drafted.engine) as sent:
        page = client.get(url)
    assert page.status_code == 200
    assert all(
        words in page.text for words in ("Per zona", "Residenti, parte", "Che cosa resta fuori", "Zone mai citate")
    )
    assert len(sent) <= 14


def test_comments_in_the_margin_and_approvals_by_section(drafted: Stage) -> None:
    reader, writer, slug, row = (
        drafted.client_as(Role.reader),
        drafted.client_as(Role.facilitator),
        drafted.world.slug,
        first(drafted),
    )
    here = address(drafted, row)
    assert reader.send(f"{here}/commenti", {"sentence": 2, "text": "Qui manca il sabato."}).status_code == 303
    assert reader.send(f"{here}/commenti", {"text": " "}).status_code == 422
    long = reader.send(f"{here}/commenti", {"text": "Troppo lungo. " * 250, "sentence": "2"})
    assert long.status_code == 422
    assert "Troppo lungo. Troppo lungo." in long.text
    assert drafted.client_as(Role.account).send(f"{here}/commenti", {"text": "No."}).status_code == 404
    page = writer.get(here).text
    assert "Qui manca il sabato." in page
    assert "Sulla frase 2" in page
    commented = writer.get(f"/scrivania/{slug}/paper?stato=commentate").text
    assert commented.count('<article class="finding"') == 1
    assert "1 commento a margine aperto" in writer.get("/scrivania").text
    with drafted.work() as session:
        (note,) = queries.notes(session, process_id=drafted.world.process_id, finding_id=row.id)
        section = session.execute(select(Section).where(Section.id == row.section_id)).scalar_one()
        words = [s.text for s in row.sentences if s.quotes]
        assert "⟦" not in note.quoted
        assert words
    assert writer.send(f"/scrivania/{slug}/paper/commenti/{note.id}/stato", {"fatto": "si"}).status_code == 303
    with drafted.work() as session:
        assert queries.open_notes(session, process_id=drafted.world.process_id) == {}

    base = f"/scrivania/{slug}/paper/sezioni/{section.id}"
    who = drafted.world.accounts[Role.reviewer]
    assert writer.send(f"{base}/approvazioni", {"people": [str(uuid.uuid4())]}).status_code == 422
    for _twice in range(2):
        assert writer.send(f"{base}/approvazioni", {"people": [str(who)]}).status_code == 303
    with drafted.work() as session:
        told = session.execute(
            select(Notification).where(Notification.account_id == who, Notification.kind == "approval_asked")
        )
        assert len(told.scalars().all()) == 1
    reviewer = drafted.client_as(Role.reviewer)
    assert "1 sezione del position paper da approvare" in reviewer.get("/scrivania").text
    assert reader.send(f"{base}/risposta", {"verdict": "approved"}).status_code == 404
    assert reviewer.send(f"{base}/risposta", {"verdict": "changes", "note": ""}).status_code == 422
    long = reviewer.send(f"{base}/risposta", {"verdict": "changes", "note": "Va detto meglio. " * 200})
    assert long.status_code == 422
    assert "Va detto meglio. Va detto meglio." in long.text
    assert reviewer.send(f"{base}/risposta", {"verdict": "approved", "note": ""}).status_code == 303
    assert "da approvare" not in reviewer.get("/scrivania").text
    assert "approvata" in writer.get(base).text
    assert "poi il testo è cambiato" not in writer.get(base).text
    asker = drafted.world.accounts[Role.facilitator]
    with drafted.work() as session:
        process_id = drafted.world.process_id
        answered = select(Notification.subject).where(
            Notification.account_id == asker, Notification.kind == "approval_answered"
        )
        assert session.execute(answered).scalars().one().startswith("Sezione approvata")
        (signed,) = approving.signed_off(session, process_id=process_id)
        assert signed["section"] == section.code
        manifest = {"approvals": [signed]}
        assert len(queries.approvers(session, manifest=manifest)) == 1
    for url in (f"/scrivania/{slug}/paper/sezioni", f"/scrivania/{slug}/paper/pubblica"):
        assert "poi il testo è cambiato" not in writer.get(url).text
    data = {"version": row.version, "title": "Un altro titolo", "statement": "Altre parole.", "strategy_id": ""}
    assert writer.send(here, data).status_code == 303
    assert "approvata, ma poi il testo è cambiato" in writer.get(base).text
    assert "approvata, ma poi il testo è cambiato" in writer.get(f"/scrivania/{slug}/paper/sezioni").text
    with drafted.work() as session:
        assert approving.signed_off(session, process_id=process_id) == [], "another text was approved"
        PERSONAL_DATA.erase(session, account_id=drafted.world.accounts[Role.reviewer], now=database_now(session))
        assert queries.approvers(session, manifest=manifest) == [], "a version keeps no name of somebody who is erased"
