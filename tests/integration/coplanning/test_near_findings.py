"""Findings suggested from the text of a proposal, with why; only what is published is named."""

from __future__ import annotations

from consult.coplanning.proposals.services import drafts
from consult.position_paper.queries import near_findings
from tests.conftest import Stage
from tests.factories.decisions import publish_finding, say

WORDS = "Chiedo più treni la sera: chi lavora fino a tardi torna a casa con fatica, perché dopo le nove non parte niente."


def test_findings_are_suggested_from_the_text_and_taken_up_with_one_button(stage: Stage) -> None:
    with stage.work() as session:
        source = say(session, stage.world, "Di sera mancano i treni.")
        near = publish_finding(session, stage.world, [source])
        publish_finding(session, stage.world, [source], title="Manca la fibra nelle scuole", strategy="1.1", number=2)
        publish_finding(session, stage.world, [source], title="I treni della sera, bozza segreta", number=3, published=False)
        found = near_findings(session, process_id=stage.world.process_id, text=WORDS)
        assert found[0].id == near
        assert {"treni", "sera"} <= set(found[0].words)
        assert "bozza segreta" not in " ".join(f.title for f in found)
        assert near_findings(session, process_id=stage.world.process_id, text="Più treni") == []
        assert near_findings(session, process_id=stage.world.process_id, text="Vorrei una piscina coperta per nuotare d'inverno") == []
    me = stage.world.others[0]
    client, form = stage.client_of(me), f"/processi/{stage.world.slug}/proposte/nuova"
    typed = {"title": "Treni la sera per tutti", "text": WORDS}
    fragment = client.send(f"{form}/risponde", typed).text
    assert "Forse risponde a una risultanza" in fragment
    assert "La sera mancano i treni" in fragment
    kept = client.send(form, {**typed, "azione": "suggerisci"})
    assert "Risponde a questa" in client.get(kept.location).text
    taken = client.send(form, {**typed, "azione": f"risponde:{near}"})
    assert f'value="{near}" selected' in client.get(taken.location).text
    with stage.work() as session:
        draft = drafts.read_draft(session, account_id=me, place=f"proposals.new:{stage.world.process_id}")
        assert draft is not None
        assert draft.fields["finding_id"] == str(near)
