"""A questionnaire built, previewed, published and corrected through the pages; and the promise of privacy that the database keeps."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.surveys import services
from consult.listening.surveys.models import Answer, AnswerKey
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, hidden
from tests.factories.surveys import make_questionnaire


def test_a_facilitator_builds_previews_and_publishes(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    assert client.get(f"{DESK}/nuovo").status_code == 200
    begun = client.send(f"{DESK}/nuovo", {"title": "Bisogni del territorio", "privacy": "anonymous", "access": "open"})
    assert begun.status_code == 303
    one = begun.location
    assert client.send(f"{one}/pubblica").status_code == 422
    assert client.get(f"{one}/domande/nuova").status_code == 200
    asked = {
        "kind": "long",
        "text": "Che cosa serve?",
        "required": "y",
        "purpose": "Per scrivere il piano",
        "page": "1",
    }
    assert client.send(f"{one}/domande/nuova", asked).status_code == 303
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "single", "text": "Quale mezzo?", "options": "Treno"}).status_code
        == 422
    )
    assert (
        client.send(
            f"{one}/domande/nuova", {"kind": "single", "text": "Quale mezzo?", "options": "Treno\nBici"}
        ).status_code
        == 303
    )
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "scale", "text": "Quanto?", "low": "5", "high": "2"}).status_code
        == 422
    )
    assert (
        client.send(f"{one}/domande/nuova", {"kind": "scale", "text": "Quanto?", "low": "0", "high": "10"}).status_code
        == 303
    )
    assert client.send(f"{one}/domande/nuova", {"kind": "place", "text": "Da dove?"}).status_code == 303
    assert client.send(f"{one}/domande/nuova", {"kind": "place", "text": "Da dove ancora?"}).status_code == 422
    page = client.get(one).text
    keys = re.findall(rf"{one}/domande/([0-9a-f-]{{36}})\"", page)
    assert len(dict.fromkeys(keys)) == 4
    client.send(f"{one}/domande/{keys[0]}/giu")
    assert client.get(one).text.index("Quale mezzo?") < client.get(one).text.index("Che cosa serve?")
    assert client.send(f"{one}/domande/{keys[-1]}/togli").status_code == 303
    preview = client.get(f"{one}/anteprima").text
    assert "Per scrivere il piano" in preview
    assert client.send(f"{one}/pubblica").status_code == 303
    # Published, its structure is still open; once the first answer is there only texts may be corrected, and the promise stays.
    assert client.send(f"{one}/domande/{keys[0]}", asked | {"kind": "short"}).status_code == 303
    assert client.send(f"{one}/domande/{keys[0]}", asked).status_code == 303
    visitor = stage.client_as(None)
    opened = visitor.get(one.replace("/scrivania", "/processi")).text
    sheet = {"code": hidden(opened, "code"), f"q_{uuid.UUID(keys[0]).hex}": "Un asilo."}
    assert visitor.post(one.replace("/scrivania", "/processi"), data=sheet).status_code == 303
    edited = asked | {"text": "Che cosa serve qui?"}
    assert client.send(f"{one}/domande/{keys[0]}", edited).status_code == 303
    assert "Che cosa serve?" in client.get(f"{one}/domande/{keys[0]}").text
    assert client.send(f"{one}/domande/{keys[0]}", edited | {"kind": "short"}).status_code == 422
    assert client.send(f"{one}/domande/nuova", asked).status_code == 422
    version = hidden(client.get(f"{one}/impostazioni").text, "version")
    kept = {"title": "Altro titolo", "privacy": "pseudonymous", "access": "open", "version": version}
    assert client.send(f"{one}/impostazioni", kept).status_code == 422
    assert client.send(f"{one}/impostazioni", kept | {"privacy": "anonymous"}).status_code == 303
    assert client.send(f"{one}/impostazioni", kept | {"privacy": "anonymous"}).status_code == 409
    assert client.get(DESK).status_code == 200
    assert stage.client_as(Role.operator).send(f"{one}/chiudi").status_code in {403, 404}


def test_the_database_itself_keeps_the_privacy_mode(stage: Stage) -> None:
    made = make_questionnaire(stage, privacy="anonymous", publish=False)
    with stage.work() as session:
        services.invite(
            session,
            process_id=stage.world.process_id,
            questionnaire_id=made.id,
            text="a@example.org",
            actor=SYSTEM,
            now=datetime.now(UTC),
        )
    for statement in (
        "UPDATE questionnaire SET privacy = 'pseudonymous'",
        "UPDATE invitation SET token_hash = '\\x00'",
    ):
        with pytest.raises(DBAPIError), stage.work() as session:
            session.execute(text(statement))
    made = make_questionnaire(stage, privacy="anonymous", access="open")
    with pytest.raises(DBAPIError), stage.work() as session:
        session.execute(text("UPDATE questionnaire SET state = 'draft' WHERE state = 'published'"))
    account = stage.world.others[0]
    with stage.work() as session:
        answer = Answer(questionnaire_id=made.id, values={}, receipt_hash=b"x")
        session.add(answer)
        session.flush()
        key = AnswerKey(
            answer_id=answer.id, questionnaire_id=made.id, account_id=account, submitted_at=datetime.now(UTC)
        )
        session.add(key)
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()
