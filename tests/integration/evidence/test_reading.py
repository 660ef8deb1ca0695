"""Two themes of one, sources that moved, the reading queue, who is where."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from consult.core.clock import database_now
from consult.core.vocabulary import Role
from consult.evidence import queries, rules
from consult.evidence.models import Assignment, AssignmentDecision, Theme
from consult.evidence.services.moving import moved_between
from tests.conftest import Stage
from tests.factories.voices import TEXTS, add_voices, facilitator, run_here
from tests.integration.evidence.test_desk import ready as ready  # The fixture is used by name.


def largest(stage: Stage) -> queries.ThemeRow:
    with stage.work() as session:
        return max(queries.themes_of(session, process_id=stage.world.process_id), key=lambda t: t.sources)


def members(stage: Stage, theme_id: uuid.UUID) -> list[uuid.UUID]:
    with stage.work() as session:
        return list(
            session.execute(
                select(Assignment.source_id).where(Assignment.theme_id == theme_id).order_by(Assignment.source_id)
            ).scalars()
        )


def test_a_theme_is_split_and_stays_split_after_a_run(ready: Stage) -> None:
    client, slug, theme = ready.client_as(Role.facilitator), ready.world.slug, largest(ready)
    mine = members(ready, theme.id)
    url = f"/scrivania/{slug}/temi/{theme.id}/divisione"
    chosen = [str(key) for key in mine[:2]]
    assert client.send(url, {"version": 0, "label": "Un altro", "fonte": []}).status_code == 422
    assert client.send(url, {"version": 0, "label": "Un altro", "fonte": [str(key) for key in mine]}).status_code == 422
    assert client.send(url, {"version": 0, "label": "Un altro", "fonte": [str(uuid.uuid4())]}).status_code == 422
    answer = client.send(url, {"version": 0, "label": "Stazioni senza scale", "fonte": chosen})
    assert answer.status_code == 303
    assert client.send(url, {"version": 0, "label": "Tardi", "fonte": [str(mine[2])]}).status_code == 409
    new = uuid.UUID(answer.location.split("?")[0].rsplit("/", 1)[-1])
    assert {str(key) for key in members(ready, new)} == set(chosen)
    assert not set(chosen) & {str(key) for key in members(ready, theme.id)}
    with ready.work() as session:
        changed = queries.changed_by_people(session, process_id=ready.world.process_id)
    assert changed.changed >= 2
    assert 0 < changed.share < 1
    assert "attribuzioni automatiche" in client.get(f"/scrivania/{slug}/temi").text

    with ready.work() as session:
        add_voices(session, ready.world, texts=tuple(f"{t} Ancora." for t in TEXTS[:8]))
    run_here(ready.app.extensions["consult"].sessions, ready.world)
    assert set(chosen) <= {str(key) for key in members(ready, new)}
    with ready.work() as session:
        outside = select(AssignmentDecision.source_id).join(Theme, Theme.id == AssignmentDecision.theme_id)
        gone = set(session.execute(outside.where(AssignmentDecision.verdict == "out", Theme.id == theme.id)).scalars())
        assert gone
        assert not gone & set(members(ready, theme.id))
        changes = queries.theme_changes(session, process_id=ready.world.process_id)
        assert {c.change for c in changes.values()} <= {"new", "grown", "shrunk", "gone"}
    assert client.get(f"/scrivania/{slug}/temi").status_code == 200


def test_moved_sources_are_counted_by_way() -> None:
    a, b, c, d = (uuid.UUID(int=n) for n in range(4))
    before = {a: ("x", "X"), b: ("x", "X"), c: ("y", "Y")}
    after = {a: ("y", "Y"), b: ("y", "Y"), c: ("y", "Y"), d: ("x", "X")}
    assert moved_between(before, after) == [{"from": "X", "to": "Y", "sources": 2}]


def test_the_reading_queue(ready: Stage) -> None:
    client, slug, process_id = ready.client_as(Role.facilitator), ready.world.slug, ready.world.process_id
    who = ready.world.accounts[Role.facilitator]
    with ready.work() as session:
        left = queries.left_to_read(session, process_id=process_id, account_id=who)
        rows = queries.reading_queue(
            session,
            process_id=process_id,
            account_id=who,
            under_zones=left.under_zones,
            under_speakers=left.under_speakers,
        )
    assert left.sources == left.of == len(TEXTS)
    assert [r.score for r in rows] == sorted((r.score for r in rows), reverse=True)
    page = client.get(f"/scrivania/{slug}/lettura")
    assert page.status_code == 200
    assert "mai letta" in page.text
    with ready.work() as session:
        more = queries.reading_queue(
            session,
            process_id=process_id,
            account_id=who,
            under_zones=left.under_zones,
            under_speakers=left.under_speakers,
            after=(rows[-1].score, rows[-1].id),
        )
    assert not {r.id for r in rows} & {r.id for r in more}
    assert len(rows) + len(more) == len(TEXTS)

    first, second = rows[0].id, rows[1].id
    answer = client.send(f"/scrivania/{slug}/lettura/{first}", {"poi": second})
    assert answer.status_code == 303
    assert str(second) in answer.location
    assert "Fonte segnata come letta" in client.get(answer.location).text
    with ready.work() as session:
        assert queries.left_to_read(session, process_id=process_id, account_id=who).sources == len(TEXTS) - 1
        assert [r.read for r in queries.readers(session, process_id=process_id)] == [1]
    # A corrected text is unread again.
    from consult.listening.sources.services import change_source  # noqa: PLC0415  # Only here a source is changed.

    with ready.work() as session:
        change_source(
            session,
            process_id=process_id,
            source_id=first,
            change="correct",
            reason_code="typing_error",
            text="Un testo corretto, altro.",
            actor=facilitator(ready.world),
            now=database_now(session),
        )
        assert queries.left_to_read(session, process_id=process_id, account_id=who).sources == len(TEXTS)
    client.send(f"/scrivania/{slug}/lettura/{second}", {"letta": "no"})
    assert ready.client_as(Role.reader).send(f"/scrivania/{slug}/lettura/{first}", {}).status_code == 404
    assert client.send(f"/scrivania/{slug}/lettura/{uuid.uuid4()}", {}).status_code == 404


def test_what_is_read_first_and_how_long_it_takes() -> None:
    assert rules.under_represented({"1": 100, "2": 90, "3": 10}) == {"3"}
    assert rules.under_represented({"1": 100}) == frozenset()
    assert rules.seconds_left(10, 1800, None) == 600 + 150
    known = rules.pace([(30.0, 50)] * 12 + [(4000.0, 50)])
    assert known == (12, 60.0)
    assert rules.seconds_left(10, 1800, known) == 1080
    assert rules.pace([]) is None


def test_who_is_where(ready: Stage) -> None:
    slug, theme = ready.world.slug, largest(ready)
    one, two = ready.client_as(Role.facilitator), ready.client_as(Role.manager)
    url, data = f"/scrivania/{slug}/presenza", {"tipo": "theme", "id": str(theme.id)}
    assert one.send(url, data).status_code == 200
    assert "anche" in two.send(url, data).text
    assert "Al lavoro su altro" in two.send(url, {"tipo": "finding", "id": str(uuid.uuid4())}).text
    assert one.send(url, {"tipo": "altro", "id": str(theme.id)}).status_code == 404
    assert ready.client_as(Role.account).send(url, data).status_code == 404
    with ready.work() as session:
        here = queries.others_here(session, process_id=ready.world.process_id, account_id=uuid.uuid4())
    assert len(here) == 2
