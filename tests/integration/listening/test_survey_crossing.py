"""Two questions of any kind together, on the page of results; and what is left over of files, in as few statements as may be."""

from __future__ import annotations

import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import func, insert, select, text

from consult.core.vocabulary import Role
from consult.files.models import StoredFile
from consult.listening.surveys import queries, services
from consult.listening.surveys.models import AccountDraft, Answer, AnswerDraft, SurveyUpload
from consult.listening.surveys.services import working
from consult.listening.surveys.services.uploads import write_uploads
from consult.listening.surveys.views.importing import refusals
from consult.ports.storage import storage_for
from tests.conftest import Stage
from tests.factories.survey_pages import DESK, MEANS, ORDER, PLACE, SPEAKER
from tests.factories.surveys import Made, make_questionnaire
from tests.factories.world import counted_statements

GRID = services.QuestionFields(
    kind="matrix", text="Quanto contano?", options=("Poco", "Abbastanza", "Molto"), rows=("I treni", "I parchi")
)
MANY = services.QuestionFields(kind="multiple", text="Che cosa manca?", options=("Verde", "Scuole", "Sanità"))
AGE = services.QuestionFields(kind="number", text="Quanti anni hai?", settings={"min": 0, "max": 120, "unit": "anni"})
SHARED = services.QuestionFields(
    kind="points", text="Come li divideresti?", options=("Verde", "Scuole"), settings={"total": 10}
)
MARK = services.QuestionFields(kind="scale", text="Quanto è urgente?", settings={"min": 1, "max": 5})
SINCE = services.QuestionFields(kind="date", text="Da quando abiti qui?")
WORDS = services.QuestionFields(kind="long", text="Altro da dire?")
FILE = services.QuestionFields(kind="file", text="Un documento?")


def answered(stage: Stage, made: Made, number: int) -> None:
    """Answers of two halves that say different things."""
    by_kind = {question.kind: question for question in made.questions}
    options = {kind: [option.code for option in question.options] for kind, question in by_kind.items()}
    rows = [row.code for row in by_kind["matrix"].rows]
    zones = list(stage.world.zones.values())[:2]
    found = []
    for n in range(number):
        half = n % 2
        values: dict[str, Any] = {
            "single": options["single"][half], "matrix": {rows[0]: options["matrix"][2 * half], rows[1]: options["matrix"][1]},
            "multiple": options["multiple"][half : half + 2], "number": (20 + n % 7) if half else (60 + n % 5), "scale": 1 + 4 * half,
            "ranking": options["ranking"][::-1] if half else options["ranking"], "date": f"20{10 + 5 * half}-05-01",
            "points": {options["points"][half]: 10}, "place": f"z:{zones[half]}", "speaker": "resident",
        }  # fmt: skip  # pairs read better side by side
        kept = {str(by_kind[kind].id): value for kind, value in values.items()}
        found.append(
            {"id": uuid.uuid4(), "questionnaire_id": made.id, "values": kept, "zone_id": zones[half], "speaker_kind": "resident",
             "receipt_hash": uuid.uuid4().bytes * 2, "on_paper": False}
        )  # fmt: skip  # one row of values reads better so
    with stage.work() as session:
        session.execute(insert(Answer), found)


def test_all_kinds_of_questions_are_crossed_on_the_page(stage: Stage) -> None:
    kinds = (MEANS, GRID, MANY, AGE, ORDER, SHARED, MARK, SINCE, WORDS, PLACE, SPEAKER)
    made = make_questionnaire(stage, access="open", questions=kinds)
    answered(stage, made, 80)
    client = stage.client_as(Role.facilitator)
    page = f"{DESK}/{made.id}/risultati"
    form = lxml.html.fromstring(client.get(page).text).get_element_by_id("f-a")
    offered = {option.get("value"): option.text_content().split(" · ")[0] for option in form.iter("option") if option.get("value")}
    groups = [group.get("label") for group in form.iter("optgroup")]
    assert groups == ["Quanto contano?", "Che cosa viene prima?"]
    assert {
        "I treni",
        "I parchi",
        "prima scelta",
        "posto di «Verde»",
        "Quanti anni hai?",
        "Come li divideresti?",
    } <= set(offered.values())
    assert "Altro da dire?" not in offered.values()
    key_of = {words: key for key, words in offered.items()}

    def crossed(first: str, second: str) -> str:
        found = client.get(page, query_string={"a": key_of[first], "b": key_of[second]})
        assert found.status_code == 200
        whole = lxml.html.fromstring(found.text)
        return " ".join(
            " ".join(whole.get_element_by_id("contenuto").itertext()).split("Due domande insieme")[-1].split()
        )

    # A question that leads to each other one, and two that are measured.
    assert "40 (100%)" in crossed("I treni", "Come ti muovi?")
    ages = crossed("Come ti muovi?", "Quanti anni hai?")
    assert "Quanti anni hai?: per risposta a «Come ti muovi?» (anni)" in ages
    assert "Treno 62 62" in ages, "mean and median"
    assert "Treno 1 1 1–1" in crossed("Quanto è urgente?", "Come ti muovi?")
    order = crossed("prima scelta", "Come ti muovi?")
    assert "Di ogni voce c’è il posto che prende in quel gruppo" in order
    assert "1° posto 40 (100%)" in crossed("posto di «Verde»", "Come ti muovi?")
    points = crossed("Come li divideresti?", "Come ti muovi?")
    assert "Treno 10 (10) nascosto" not in points
    assert "Di ogni voce ci sono i punti che quel gruppo le dà in media" in points
    assert "Due domande a punti" not in points
    assert "si incrocia la prima scelta" in crossed("posto di «Verde»", "Come li divideresti?")
    assert "due righe diverse" in crossed("I treni", "I treni")
    assert "40 (100%)" in crossed("I treni", "I parchi")
    assert "2010 40 (100%)" in crossed("Da quando abiti qui?", "Come ti muovi?")
    with stage.work() as session:
        frame = queries.frame(
            session, process_id=stage.world.process_id, territory_id=stage.world.territory_id, questions=made.questions
        )
        facets = queries.facets(made.questions, queries.groups(session, questionnaire_id=made.id))
        for first, second in combinations(facets, 2):
            if not queries.can_meet(first, second):
                continue
            with counted_statements(stage.engine) as sent:
                table = queries.cross(session, questionnaire_id=made.id, first=first, second=second, frame=frame)
            again = queries.cross(session, questionnaire_id=made.id, first=second, second=first, frame=frame)
            assert len(sent) <= 2
            assert table is not None, (first.key, second.key)
            assert again is not None
            assert (again.rows, again.by_row) == (table.columns, table.by_column)


def test_lines_that_are_refused_are_told_once_a_reason(stage: Stage) -> None:
    with stage.app.test_request_context("/"):
        bad: list[list[Any]] = [[2, "Manca."], [3, "Manca."], [4, "Non si legge."], [6, "Manca."]]
        assert refusals(bad) == [("2–3, 6", 3, "Manca."), ("4", 1, "Non si legge.")]


def kept_files(stage: Stage, made: Made, number: int, *, named: bool, days: int = 10) -> list[uuid.UUID]:
    """Files that came with sheets some days ago; `named`: by an answer each."""
    (file,) = [question for question in made.questions if question.kind == "file"]
    keys, moment = [uuid.uuid4() for _ in range(number)], datetime.now(UTC) - timedelta(days=days)
    storage = storage_for(stage.app.extensions["consult"].settings)
    with stage.work() as session:
        for n, key in enumerate(keys):
            storage.put(key.hex, b"%PDF-1.4 prova\n%%EOF")
            about = {"storage_key": key.hex, "name": f"{n}.pdf", "kind": "pdf", "size": 20, "digest": key.bytes * 2}
            session.add(StoredFile(id=key, process_id=stage.world.process_id, **about))
        session.flush()
        session.execute(
            insert(SurveyUpload), [{"file_id": key, "questionnaire_id": made.id, "uploaded_at": moment} for key in keys]
        )
        if named:
            rows = [
                {"id": uuid.uuid4(), "questionnaire_id": made.id, "values": {str(file.id): {"file": str(key), "name": "a.pdf", "size": 20}},
                 "receipt_hash": uuid.uuid4().bytes * 2, "on_paper": False}
                for key in keys
            ]  # fmt: skip  # one row of values reads better so
            session.execute(insert(Answer), rows)
    return keys


def test_files_are_packed_and_looked_through_in_few_statements(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_questionnaire(stage, access="open", questions=(MEANS, FILE))
    (file,) = [question for question in made.questions if question.kind == "file"]
    storage = storage_for(stage.app.extensions["consult"].settings)

    def statements(number: int) -> int:
        kept_files(stage, made, number, named=True)
        with stage.work() as session:
            found = queries.questionnaire(session, questionnaire_id=made.id)
            assert found is not None
            rows = queries.answers(session, questionnaire_id=made.id)
            path = tmp_path / f"{number}.zip"
            with counted_statements(stage.engine) as sent:
                done = write_uploads(session, path, found, made.questions, rows, storage=storage)
        with zipfile.ZipFile(path) as archive:
            assert len(archive.namelist()) == done
        return len(sent)

    assert statements(2) == statements(30)
    # Drafts that are still alive do not keep what comes after them from being found, however many there are.
    monkeypatch.setattr(working, "MOST_UPLOADS", 3)
    with stage.work() as session:
        services.tidy(session, now=datetime.now(UTC))
        while session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one():
            services.tidy(session, now=datetime.now(UTC))
    drafted = kept_files(stage, made, 5, named=False, days=30)
    strays = kept_files(stage, made, 2, named=False, days=20)
    with stage.work() as session:
        for n, key in enumerate(drafted):
            values = {str(file.id): {"file": str(key), "name": "a.pdf", "size": 20}}
            if n % 2:
                session.add(AnswerDraft(token_hash=key.bytes * 2, questionnaire_id=made.id, values=values))
            else:
                session.add(
                    AccountDraft(account_id=stage.world.others[n // 2], questionnaire_id=made.id, values=values)
                )
    with stage.work() as session, counted_statements(stage.engine) as sent:
        assert services.tidy(session, now=datetime.now(UTC)) == 2
    assert len(sent) <= 8
    with stage.work() as session:
        left = set(session.execute(select(SurveyUpload.file_id)).scalars())
        assert left == set(drafted)
        assert not session.execute(select(StoredFile.id).where(StoredFile.id.in_(strays))).scalars().all()


def test_strays_are_found_in_a_large_questionnaire_within_seconds(stage: Stage) -> None:
    """Asked upload by upload, so many answers would take minutes, and the task that tidies up would never end."""
    made = make_questionnaire(stage, access="open", questions=(MEANS, FILE))
    (file,) = [question for question in made.questions if question.kind == "file"]
    strays = kept_files(stage, made, 2, named=False)
    many = {"questionnaire": made.id, "question": str(file.id), "answers": 15_000, "uploads": 3_000}
    with stage.work() as session:
        session.execute(
            text(
                "INSERT INTO answer (id, questionnaire_id, values, receipt_hash) SELECT gen_random_uuid(), :questionnaire,"
                " jsonb_build_object(CAST(:question AS text), jsonb_build_object('file', md5(n::text)::uuid, 'name', 'a.pdf')),"
                " sha256(n::text::bytea) FROM generate_series(1, :answers) AS n"
            ),
            many,
        )
        session.execute(
            text(
                "INSERT INTO survey_upload (file_id, questionnaire_id, uploaded_at)"
                " SELECT md5(n::text)::uuid, :questionnaire, now() - interval '9 days' FROM generate_series(1, :uploads) AS n"
            ),
            many,
        )
    with stage.work() as session, counted_statements(stage.engine) as sent:
        session.execute(text("SET LOCAL statement_timeout = '3s'"))
        assert services.tidy(session, now=datetime.now(UTC)) == len(strays)
        assert not session.execute(select(func.count()).select_from(SurveyUpload)).scalar_one()
    assert len(sent) <= 12
    with stage.work() as session:
        assert not session.execute(select(StoredFile.id).where(StoredFile.id.in_(strays))).scalars().all()
