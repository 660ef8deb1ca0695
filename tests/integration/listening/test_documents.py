"""Documents: passages with pages become public sources that are never voices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import VOICE_CHANNELS, Channel, Role
from consult.listening.documents import queries, rules, services
from consult.listening.sources.models import Source
from tests.conftest import Stage
from tests.factories.world import World

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Uno.\n\nDue.", [("Uno.", None), ("Due.", None)]),
        ("[p. 12] Uno.\n\nDue.\n\n[p. 14] Tre.", [("Uno.", 12), ("Due.", 12), ("Tre.", 14)]),
        ("pag. 3: Uno.", [("Uno.", 3)]),
        ("   ", []),
    ],
)
def test_pasted_text_is_parted_with_its_pages(text: str, found: list[tuple[str, int | None]]) -> None:
    assert rules.split_passages(text) == found


def test_passages_are_sources_with_a_page_and_no_voice(session: Session, world: World) -> None:
    key = services.add_document(session, process_id=world.process_id, title="Analisi", actor=SYSTEM, now=NOW)
    services.add_passages(
        session, process_id=world.process_id, document_id=key, text="[p. 2] Uno.\n\nDue.", actor=SYSTEM, now=NOW
    )
    services.add_passages(
        session, process_id=world.process_id, document_id=key, text="[p. 9] Tre.", actor=SYSTEM, now=NOW
    )
    assert [(p.text, p.page) for p in queries.passages(session, document_id=key)] == [
        ("Uno.", 2),
        ("Due.", 2),
        ("Tre.", 9),
    ]
    channels = set(session.execute(select(Source.channel).where(Source.unit_id == key)).scalars())
    assert channels == {"document"}
    assert Channel.document not in VOICE_CHANNELS


def test_a_facilitator_adds_a_document_and_anyone_reads_it(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    made = client.send(f"/scrivania/{stage.world.slug}/documenti/nuovo", {"title": "Analisi <i>socioeconomica</i>"})
    assert made.status_code == 303
    number = made.location.rsplit("/", 1)[1]
    added = client.send(
        f"/scrivania/{stage.world.slug}/documenti/{number}/brani", {"text": "[p. 4] Le valli perdono abitanti."}
    )
    assert added.status_code == 303
    body = stage.client_as(None).get(f"/processi/{stage.world.slug}/documenti/{number}").get_data(as_text=True)
    assert "Le valli perdono abitanti." in body
    assert "&lt;i&gt;socioeconomica" in body
