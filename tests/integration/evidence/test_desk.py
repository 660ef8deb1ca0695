"""The theme desk and the aggregation's pages through HTTP: who may, what they show, races, statements per page."""

from __future__ import annotations

import threading
import uuid

import pytest
from sqlalchemy import func, select

from consult.audit.models import AuditEvent
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.models import Assignment, AssignmentDecision, Run, RunResult, ThemeDecision
from tests.conftest import Stage
from tests.factories.lent import Lending
from tests.factories.voices import TEXTS, add_voices, hear_and_run, run_here
from tests.factories.world import counted_statements

ROUNDS = 20


@pytest.fixture
def ready(stage: Stage, lending: Lending) -> Stage:
    """A stage with a finished run."""
    hear_and_run(lending, stage.database_url, stage.app.extensions["consult"].sessions, stage.world)
    return stage


def first_theme(stage: Stage) -> queries.ThemeRow:
    with stage.work() as session:
        return queries.themes_of(session, process_id=stage.world.process_id)[0]


def test_a_facilitator_starts_follows_and_cancels_a_run(stage: Stage) -> None:
    with stage.work() as session:
        add_voices(session, stage.world)
    client, slug = stage.client_as(Role.facilitator), stage.world.slug
    assert b"Avvia" in client.get(f"/scrivania/{slug}/aggregazioni").data
    answer = client.send(f"/scrivania/{slug}/aggregazioni")
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert f"0 di {len(TEXTS)}" in page.text
    assert 'hx-trigger="every' in page.text
    again = client.send(f"/scrivania/{slug}/aggregazioni")
    assert again.status_code == 409
    assert "Un&#39;aggregazione è già in corso" in again.text or "già in corso" in again.text
    assert client.send(f"{answer.location}/annulla").status_code == 303
    with stage.work() as session:
        assert session.execute(select(Run.state)).scalar_one() == "cancelled"


def test_each_sentence_of_a_summary_leads_to_the_sources_it_rests_on(ready: Stage) -> None:
    """A count rests on all of its theme, what is said of some on those alone; one that rests on a quote goes with it."""
    client, theme = ready.client_as(Role.facilitator), first_theme(ready)
    base = f"/scrivania/{ready.world.slug}/temi/{theme.id}"
    with ready.work() as session:
        kept = queries.members_page(session, theme_id=theme.id, cursor=None).rows
        run = queries.latest_run(session, process_id=ready.world.process_id, done_only=True)
        assert run is not None
        stored = session.get_one(RunResult, run.id)
        some = [str(key) for key, _, _ in kept[:2]]
        told = [*queries.theme_summary(session, process_id=ready.world.process_id, key=theme.key)]
        assert told[0]["role"] == "count"
        assert told[0]["source_ids"] == []
        told.append({"role": "copies", "text": "Due voci ripetono lo stesso testo.", "quotes": [], "source_ids": some})
        stored.summaries = [{**s, "sentences": told} if s["key"] == theme.key else s for s in stored.summaries]
    page = client.get(base).text
    assert all(
        f"?frase={place}#fonti" in page for place, sentence in enumerate(told, start=1) if sentence["role"] != "quote"
    )
    assert "Due voci ripetono lo stesso testo." in page
    on_all, on_some = client.get(f"{base}?frase=1").text, client.get(f"{base}?frase={len(told)}").text
    assert len(kept) > 2
    assert on_all.count("card-plain") == len(kept)
    assert on_some.count("card-plain") == 2
    assert f"Le fonti della frase {len(told)}" in on_some
    assert client.get(f"{base}?frase=99").status_code == client.get(f"{base}?frase=x").status_code == 200


def test_only_facilitators_decide(ready: Stage) -> None:
    theme = first_theme(ready)
    url = f"/scrivania/{ready.world.slug}/temi/{theme.id}/stato"
    for role in (Role.manager, Role.reader, Role.account, Role.moderator):
        answer = ready.client_as(role).send(url, {"version": 0, "state": "accepted"})
        assert answer.status_code in {403, 404}, role
    assert ready.client_as(Role.reader).get(f"/scrivania/{ready.world.slug}/temi").status_code == 200
    assert ready.client_as(Role.facilitator).send(url, {"version": 0, "state": "accepted"}).status_code == 303


def test_the_desk_shows_numbers_with_denominators_and_each_decision(ready: Stage) -> None:
    client, slug, theme = ready.client_as(Role.facilitator), ready.world.slug, first_theme(ready)
    page = client.get(f"/scrivania/{slug}/temi/{theme.id}").text
    assert theme.label in page
    assert all(f" di {count.of}" in page for count in theme.by_channel)
    assert 'data-key="a"' in page
    base = f"/scrivania/{slug}/temi/{theme.id}"
    assert (
        client.send(f"{base}/descrizione", {"version": 0, "label": "Un nome mio", "strategy_id": ""}).status_code == 303
    )
    assert "Un nome mio" in client.get(base).text
    assert client.send(f"{base}/descrizione", {"version": 1, "label": "", "strategy_id": ""}).status_code == 422
    member = ready.app.extensions["consult"].sessions()
    try:
        source_id = queries.members_page(member, theme_id=theme.id, cursor=None).rows[0][0]
    finally:
        member.close()
    assert client.send(f"{base}/fonti/{source_id}", {"to_theme_id": ""}).status_code == 303
    assert client.send(f"{base}/stato", {"version": 1, "state": "accepted"}).status_code == 303
    after = first_theme(ready) if first_theme(ready).id == theme.id else None
    assert after is None or after.sources == theme.sources - 1
    hand = client.send(
        f"/scrivania/{slug}/temi/nuovo", {"label": "A mano", "strategy_id": "", "sources": str(source_id)}
    )
    assert hand.status_code == 303
    wrong = client.send(
        f"/scrivania/{slug}/temi/nuovo", {"label": "A mano", "strategy_id": "", "sources": "non-un-codice"}
    )
    assert wrong.status_code == 422


def test_two_people_at_once_on_one_theme(ready: Stage) -> None:
    theme = first_theme(ready)
    clients = [ready.client_as(Role.facilitator) for _ in range(2)]
    url = f"/scrivania/{ready.world.slug}/temi/{theme.id}/descrizione"
    for version in range(ROUNDS):
        barrier, codes = threading.Barrier(2), [0, 0]

        def save(
            number: int, version: int = version, barrier: threading.Barrier = barrier, codes: list[int] = codes
        ) -> None:
            barrier.wait()
            codes[number] = (
                clients[number]
                .send(url, {"version": version, "label": f"{version} di {number}", "strategy_id": ""})
                .status_code
            )

        threads = [threading.Thread(target=save, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [303, 409]
    with ready.work() as session:
        assert session.execute(select(ThemeDecision.version)).scalar_one() == ROUNDS
        written = session.execute(select(func.count()).where(AuditEvent.action == "theme.described")).scalar_one()
        assert written == ROUNDS


def test_a_decision_replayed_has_one_effect(ready: Stage) -> None:
    theme, client, key = first_theme(ready), ready.client_as(Role.facilitator), str(uuid.uuid4())
    url = f"/scrivania/{ready.world.slug}/temi/{theme.id}/stato"
    first = client.send(url, {"version": 0, "state": "refused"}, key=key)
    second = client.send(url, {"version": 0, "state": "refused"}, key=key)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with ready.work() as session:
        assert session.execute(select(ThemeDecision.version)).scalar_one() == 1


@pytest.mark.parametrize("page", ["temi", "aggregazioni"])
def test_statements_do_not_grow_with_what_is_shown(ready: Stage, page: str) -> None:
    client = ready.client_as(Role.facilitator)
    with counted_statements(ready.engine) as sent:
        assert client.get(f"/scrivania/{ready.world.slug}/{page}").status_code == 200
    few = len(sent)
    with ready.work() as session:
        add_voices(session, ready.world, texts=tuple(f"{t} Davvero." for t in TEXTS))
    run_here(ready.app.extensions["consult"].sessions, ready.world)
    with counted_statements(ready.engine) as sent:
        assert client.get(f"/scrivania/{ready.world.slug}/{page}").status_code == 200
    assert len(sent) <= few <= 16


def standing(ready: Stage) -> dict[uuid.UUID, tuple[object, ...]]:
    with ready.work() as session:
        assigned: dict[uuid.UUID, set[tuple[uuid.UUID, float, str]]] = {}
        for a in session.execute(select(Assignment).order_by(Assignment.theme_id)).scalars():
            assigned.setdefault(a.theme_id, set()).add((a.source_id, a.share, a.origin))
        judgements = select(AssignmentDecision.theme_id, AssignmentDecision.source_id, AssignmentDecision.verdict)
        judged = {tuple(row) for row in session.execute(judgements)}
        return {
            t.id: (t.state, t.label, t.strategy_id, t.merged_into_id, assigned.get(t.id), judged)
            for t in queries.themes_of(session, process_id=ready.world.process_id)
            if t.sources or t.state == "merged"
        }


def at(ready: Stage, theme: queries.ThemeRow) -> str:
    return f"/scrivania/{ready.world.slug}/temi/{theme.id}"


def version(ready: Stage, theme: queries.ThemeRow) -> int:
    with ready.work() as session:
        (row,) = queries.themes_of(session, process_id=ready.world.process_id, theme_ids=[theme.id], include_gone=True)
        return row.version


def undo(ready: Stage, theme: queries.ThemeRow) -> int:
    """Take the last step back; the answer's code."""
    with ready.work() as session:
        last = next(step for step in queries.theme_steps(session, theme_id=theme.id) if not step.undone)
    return ready.client_as(Role.facilitator).send(f"{at(ready, theme)}/annulla", {"passo": str(last.id)}).status_code


def test_every_step_on_a_theme_can_be_taken_back_and_is_then_as_it_was(ready: Stage) -> None:
    """Renaming, moving, refusing, merging, splitting, moving a source: each leaves the theme, its sources and its parts as before."""
    client = ready.client_as(Role.facilitator)
    with ready.work() as session:
        first, second, third = [
            t for t in queries.themes_of(session, process_id=ready.world.process_id) if t.sources > 1
        ][:3]

    with ready.work() as session:
        sources = [row[0] for row in queries.members_page(session, theme_id=first.id, cursor=None).rows]
    assert client.send(f"{at(ready, first)}/stato", {"version": 0, "state": "accepted"}).status_code == 303
    assert client.send(f"{at(ready, third)}/unione", {"version": 0, "into_id": str(first.id)}).status_code == 303
    other = str(second.strategy_id or "")
    for path, fields in (
        ("stato", {"state": "refused"}),
        ("descrizione", {"label": "Un altro nome", "strategy_id": other}),
        ("unione", {"into_id": str(second.id)}),
        ("divisione", {"label": "La parte divisa", "fonte": str(sources[0])}),
    ):
        before = standing(ready)
        answer = client.send(f"{at(ready, first)}/{path}", {**fields, "version": version(ready, first)})
        assert answer.status_code == 303, path
        assert "appena=" in answer.location
        assert standing(ready) != before, path
        page = client.get(answer.location).text
        assert f"/temi/{first.id}/annulla" in page, path
        assert "Annulla la decisione" in page, path
        assert undo(ready, first) == 303, path
        assert standing(ready) == before, path
    for to in ("", str(second.id)):
        before = standing(ready)
        assert client.send(f"{at(ready, first)}/fonti/{sources[0]}", {"to_theme_id": to}).status_code == 303
        assert standing(ready) != before
        assert undo(ready, first) == 303
        assert standing(ready) == before
    # Only the last step, and only while nothing was decided after it.
    with ready.work() as session:
        steps = queries.theme_steps(session, theme_id=first.id)
    assert {step.undone for step in steps} == {True, False}
    assert client.send(f"{at(ready, first)}/annulla", {"passo": str(steps[0].id)}).status_code == 422
    assert (
        ready.client_as(Role.reader).send(f"{at(ready, first)}/annulla", {"passo": str(steps[-1].id)}).status_code
        == 404
    )
    told = client.get(at(ready, first)).text
    assert "Storia delle decisioni" in told
    assert told.count("(annullato)") == 6
    # Two who change the same theme see both what each called it and where each put it.
    seen = version(ready, first)
    assert (
        client.send(f"{at(ready, first)}/descrizione", {"version": seen, "label": "Sì", "strategy_id": ""}).status_code
        == 303
    )
    stale = client.send(
        f"{at(ready, first)}/descrizione", {"version": seen, "label": "Il nome che volevo io", "strategy_id": other}
    )
    assert stale.status_code == 409
    assert "Il nome che volevo io" in stale.text
    if other:
        assert "Nessuna strategia" in stale.text
    # What both changed is put together on that page and saved from it.
    form = {"version": str(seen + 1), "label": "Il nome che vogliamo tutti e due", "strategy_id": other}
    assert f'name="version" value="{seen + 1}"' in stale.text
    assert client.send(f"{at(ready, first)}/descrizione", form).status_code == 303


def test_steps_are_taken_back_one_after_the_other(ready: Stage) -> None:
    """Also those of a theme that went along when the one it was part of became part of another."""
    client = ready.client_as(Role.facilitator)
    with ready.work() as session:
        first, second, third = queries.themes_of(session, process_id=ready.world.process_id)[:3]
        sources = [row[0] for row in queries.members_page(session, theme_id=first.id, cursor=None).rows]
    left = [standing(ready)]

    def done(theme: queries.ThemeRow, path: str, **fields: object) -> None:
        assert (
            client.send(f"{at(ready, theme)}/{path}", {**fields, "version": version(ready, theme)}).status_code == 303
        )
        left.append(standing(ready))

    done(first, "stato", state="accepted")
    done(first, "descrizione", label="Un altro nome", strategy_id=str(first.strategy_id or ""))
    done(first, "divisione", label="La parte divisa", fonte=str(sources[0]))
    done(first, "unione", into_id=str(second.id))
    done(second, "unione", into_id=str(third.id))
    assert undo(ready, first) == 422, "it went along with the other: what that one became is taken back before"
    for theme in (second, first, first, first, first):
        left.pop()
        assert undo(ready, theme) == 303
        assert standing(ready) == left[-1]
    assert len(left) == 1


def test_a_source_that_was_moved_on_is_not_called_back(ready: Stage) -> None:
    client = ready.client_as(Role.facilitator)
    with ready.work() as session:
        first, second = [t for t in queries.themes_of(session, process_id=ready.world.process_id) if t.sources > 1][:2]
        source = queries.members_page(session, theme_id=first.id, cursor=None).rows[0][0]
    assert client.send(f"{at(ready, first)}/fonti/{source}", {"to_theme_id": str(second.id)}).status_code == 303
    split = {"label": "La parte divisa", "fonte": str(source), "version": version(ready, second)}
    assert client.send(f"{at(ready, second)}/divisione", split).status_code == 303
    there = standing(ready)
    assert undo(ready, first) == 422
    assert standing(ready) == there
    assert undo(ready, second) == 303
    assert undo(ready, first) == 303


def test_a_step_taken_back_twice_says_so(ready: Stage) -> None:
    """By somebody else meanwhile, or from a page that was left open; what stands before it is not touched."""
    client, theme = ready.client_as(Role.facilitator), first_theme(ready)
    assert client.send(f"{at(ready, theme)}/stato", {"version": 0, "state": "accepted"}).status_code == 303
    renamed = {"version": 1, "label": "Un altro nome", "strategy_id": str(theme.strategy_id or "")}
    assert client.send(f"{at(ready, theme)}/descrizione", renamed).status_code == 303
    with ready.work() as session:
        last = queries.theme_steps(session, theme_id=theme.id)[0]
    assert client.send(f"{at(ready, theme)}/annulla", {"passo": str(last.id)}).status_code == 303
    there = standing(ready)
    again = client.send(f"{at(ready, theme)}/annulla", {"passo": str(last.id)})
    assert again.status_code == 422
    assert "già stata annullata" in again.text
    assert standing(ready) == there
    # A name for a part, sent too late, is no second name for the whole: there is nothing to put together.
    with ready.work() as session:
        mine = [row[0] for row in queries.members_page(session, theme_id=theme.id, cursor=None).rows]
    late = client.send(f"{at(ready, theme)}/divisione", {"version": 1, "label": "La parte divisa", "fonte": str(mine[0])})
    assert late.status_code == 409
    assert "La parte divisa" in late.text
    assert "insieme-1" not in late.text


def test_a_split_is_not_taken_back_once_its_theme_holds_something_else(ready: Stage) -> None:
    """A source that came in, one that went on, a theme that became part of it: each would be lost."""
    client = ready.client_as(Role.facilitator)
    with ready.work() as session:
        themes = [t for t in queries.themes_of(session, process_id=ready.world.process_id) if t.sources > 2]
        first, second, third = themes[:3]
        mine = [row[0] for row in queries.members_page(session, theme_id=first.id, cursor=None).rows]
        theirs = [row[0] for row in queries.members_page(session, theme_id=second.id, cursor=None).rows]
    split = {"label": "La parte divisa", "fonte": [str(key) for key in mine[:2]], "version": version(ready, first), "stato": "proposed"}
    refused = client.send(f"{at(ready, first)}/divisione", split | {"label": ""})
    assert refused.status_code == 422
    assert f'{at(ready, second)}?stato=proposed#tema' in refused.text, "the view stays as it was"
    done = client.send(f"{at(ready, first)}/divisione", split)
    assert (done.status_code, done.location.partition("?")[2]) == (303, f"appena={first.id}&stato=proposed")
    with ready.work() as session:
        (made,) = [t for t in queries.themes_of(session, process_id=ready.world.process_id) if t.label == "La parte divisa"]
    moved_in = (second, f"fonti/{theirs[0]}", {"to_theme_id": str(made.id)})
    moved_on = (made, f"fonti/{mine[0]}", {"to_theme_id": str(third.id)})
    merged = (third, "unione", {"into_id": str(made.id), "version": version(ready, third)})
    for theme, path, fields in (moved_in, moved_on, merged):
        assert client.send(f"{at(ready, theme)}/{path}", fields).status_code == 303
        there = standing(ready)
        assert undo(ready, first) == 422, path
        assert standing(ready) == there
        assert undo(ready, theme) == 303
    assert undo(ready, first) == 303
