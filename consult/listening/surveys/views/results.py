"""Results for facilitators: counts per question, suppressed where a group could be recognised, and the export."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, stream_with_context
from flask_babel import gettext as _

from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.surveys import queries
from consult.listening.surveys.rules import SMALL_CELL, suppress
from consult.listening.surveys.types import QuestionRow
from consult.listening.surveys.views.blueprint import bp
from consult.listening.surveys.views.building import ONE, find
from consult.web.access import requires
from consult.web.labels import label
from consult.web.session import context, db


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts of one question: (label, how many or None where hidden, share of those who answered it)."""

    question: QuestionRow
    answered: int
    bars: tuple[tuple[str, int | None, float | None], ...]
    words: int


def _labels(question: QuestionRow, zones: dict[str, str]) -> list[tuple[str, str]]:
    if question.kind == "yes_no":
        return [("yes", _("Sì")), ("no", _("No"))]
    if question.kind == "scale":
        low, high = question.settings.get("min", 1), question.settings.get("max", 5)
        return [(str(n), str(n)) for n in range(low, high + 1)]
    if question.kind == "speaker":
        return [(str(kind), label(kind)) for kind in SpeakerKind]
    if question.kind == "place":
        return list(zones.items())
    return [(option.code, option.label) for option in question.options]


def _zone_counts(key: str, chosen: dict[tuple[str, str], int], towns: dict[str, str]) -> dict[tuple[str, str], int]:
    """Answers that named a municipality count for its zone."""
    found: dict[tuple[str, str], int] = {}
    for (its_key, code), number in chosen.items():
        if its_key == key:
            place = (key, towns.get(code, code))
            found[place] = found.get(place, 0) + number
    return found


def _charts(
    questions: list[QuestionRow], tally: Any, words: dict[uuid.UUID, int], zones: dict[str, str], towns: dict[str, str]
) -> Iterator[Chart]:
    for question in questions:
        key = str(question.id)
        if question.open:
            yield Chart(question, 0, (), words.get(question.id, 0))
            continue
        chosen = _zone_counts(key, tally.chosen, towns) if question.kind == "place" else tally.chosen
        listed = _labels(question, zones)
        counts = [chosen.get((key, code), 0) for code, _words in listed]
        answered = tally.answered.get(key, 0)
        shown = suppress(counts)
        bars = tuple(
            (text, n, n / answered if n is not None and answered else None)
            for (_code, text), n in zip(listed, shown, strict=True)
        )
        yield Chart(question, answered, bars, 0)


@bp.get(f"{ONE}/risultati")
@requires(Permission.see_listening_desk)
def results(slug: str, questionnaire_id: uuid.UUID) -> str:
    """Counts per question, of all or of a zone or kind of speaker."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    zones = framework.zones(db(), territory_id=context().territory_id)
    towns = framework.municipalities(db(), territory_id=context().territory_id)
    zone = next((z for z in zones if z.code == request.args.get("zona")), None)
    kind = request.args.get("voce", "")
    kind = kind if kind in set(SpeakerKind) else ""
    tally = queries.tally(db(), questionnaire_id=questionnaire_id, zone_id=zone.id if zone else None, kind=kind or None)
    narrowed = zone is not None or bool(kind)
    few = tally.answers < SMALL_CELL
    words = queries.words_per_question(db(), question_ids=[q.id for q in questions if q.open])
    return render_template(
        "listening/surveys/results.html",
        questionnaire=found,
        progress=queries.progress(db(), questionnaire_id=questionnaire_id),
        states=queries.invitation_states(db(), questionnaire_id=questionnaire_id),
        charts=[]
        if few
        else list(
            _charts(
                [q for q in questions if not (narrowed and q.open)],
                tally,
                words,
                {f"z:{z.id}": f"{z.code} {z.name}" for z in zones},
                {f"m:{t.id}": f"z:{t.zone_id}" for t in towns},
            )
        ),
        few=few,
        answers=tally.answers,
        zones=zones,
        zone=zone.code if zone else "",
        kind=kind,
        kinds=[(str(k), label(k)) for k in SpeakerKind],
    )


def _cell(question: QuestionRow, value: Any, places: dict[str, str]) -> Any:
    if value is None:
        return ""
    if question.kind == "place":
        return places.get(value, "")
    if question.kind == "speaker":
        return label(value, "SpeakerKind")
    if question.kind == "yes_no":
        return _("sì") if value == "yes" else _("no")
    words = {option.code: option.label for option in question.options}
    if isinstance(value, list):
        return " | ".join(words.get(str(code), str(code)) for code in value)
    return words.get(value, value) if question.kind == "single" else value


@bp.get(f"{ONE}/risposte.csv")
@requires(Permission.see_listening_desk)
def export(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """All counted answers, one column per question in question order; no person, no time, in the order of random keys."""
    find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    territory = context().territory_id
    places = {f"z:{z.id}": f"{z.code} {z.name}" for z in framework.zones(db(), territory_id=territory)}
    places |= {f"m:{t.id}": t.name for t in framework.municipalities(db(), territory_id=territory)}
    header = [_("risposta"), _("zona"), _("tipo di voce"), *[f"{i}. {q.text}" for i, q in enumerate(questions, 1)]]
    lines = csv_lines(
        header,
        (
            [
                row.id,
                row.zone_code,
                label(row.speaker_kind, "SpeakerKind"),
                *(_cell(q, row.values.get(str(q.id)), places) for q in questions),
            ]
            for row in queries.answers(db(), questionnaire_id=questionnaire_id)
        ),
    )
    return Response(
        stream_with_context(lines),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="risposte-{questionnaire_id}.csv"'},
    )
