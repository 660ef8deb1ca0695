"""Any two versions side by side: what was added, taken out, moved and changed, sentence by sentence, for readers and for who writes."""

from __future__ import annotations

import html

from consult.core.clock import database_now
from consult.core.vocabulary import Role
from consult.core.wordings import sentence_changes
from consult.position_paper import queries, services
from tests.conftest import Stage
from tests.factories.voices import facilitator
from tests.factories.world import counted_statements


def test_sentences_are_set_beside_the_ones_they_were() -> None:
    before = ["Ne parlano 37 dei 214 contributi.", "Il treno passa una volta all’ora.", "La sera non passa.", "Resta."]
    after = ["Ne parlano 41 dei 214 contributi.", "Il treno passa due volte all’ora.", "Resta.", "Una frase del tutto nuova."]
    found = sentence_changes(before, after)
    assert [s.kind for s in found] == ["numbers", "changed", "gone", "same", "added"]
    assert ("gone", "37") in found[0].pieces
    assert ("added", "41") in found[0].pieces
    assert "".join(text for kind, text in found[1].pieces if kind != "gone") == after[1]
    assert sentence_changes([], []) == []


def test_versions_and_the_draft_are_compared(published: Stage) -> None:
    stage, who, process_id = published, facilitator(published.world), published.world.process_id
    anyone, staff = stage.client_as(None), stage.client_as(Role.facilitator)
    public, desk = f"/processi/{stage.world.slug}/position-paper/confronto", f"/scrivania/{stage.world.slug}/paper/versioni"
    assert "per ora ce n’è una sola" in html.unescape(anyone.get(public).text)
    with stage.work() as session:
        now = database_now(session)
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        first, second, third, *_ = [f for f in queries.findings(session, paper_id=paper.id) if f.state == "accepted"]
        common = {"process_id": process_id, "actor": who, "now": now}
        other = next(
            s for s in queries.sections(session, paper_id=paper.id) if s.kind == "axis" and s.id not in {first.section_id, second.section_id}
        )
        version = services.save_finding(
            session, finding_id=first.id, version=first.version, title="Un titolo nuovo", statement="Una frase riscritta da capo.",
            strategy_id=first.strategy_id, **common,
        )  # fmt: skip  # one call reads better so
        services.source_sentence(session, finding_id=first.id, version=version, number=1, own=True, source_ids=[], **common)
        services.move_finding(session, finding_id=second.id, version=second.version, section_id=other.id, **common)
        services.set_state(session, finding_id=third.id, version=third.version, state="withdrawn", **common)
    shown = html.unescape(staff.get(desk).text)
    assert "Un titolo nuovo" in shown.replace("<ins>", "").replace("</ins>", "")
    assert "Una frase riscritta da capo." in shown.replace("<ins>", "").replace("</ins>", "")
    assert "spostata: era in" in shown
    assert "1 risultanza tolta" in shown
    assert anyone.get(desk).status_code in {302, 404}
    assert "Un titolo nuovo" not in anyone.get(public).text
    with stage.work() as session:
        services.publish(session, note="La seconda.", **{**common, "now": database_now(session)})
    for address in (public, f"{public}?da=1&a=2"):
        shown = html.unescape(anyone.get(address).text)
        assert "spostata: era in" in shown
        assert f"<del>{first.title}" in shown or "<del>" in shown
    assert "1 risultanza nuova" in html.unescape(anyone.get(f"{public}?da=2&a=1").text)
    assert "dicono le stesse cose" in html.unescape(staff.get(desk).text)
    for wrong in ("?da=1&a=9", "?da=1&a=pronta", "?da=x&a=2"):
        assert anyone.get(public + wrong).status_code == 404
    assert "Sono la stessa versione" in anyone.get(f"{public}?da=1&a=1").text
    assert f"{public}" in anyone.get(f"/processi/{stage.world.slug}/position-paper").text
    with counted_statements(stage.engine) as sent:
        anyone.get(public)
    assert len(sent) <= 9
