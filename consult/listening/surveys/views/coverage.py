"""Coverage: how many answers are wanted from each zone and kind of speaker, and what is missing while there is time to act."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.analytics.counted import groups_shown
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.surveys import queries, services
from consult.listening.surveys.types import QuestionnaireRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.labels import label
from consult.web.session import context, db, now
from consult.web.words import say


@dataclass(frozen=True, slots=True)
class Covered:
    """One group: how many answers it gave (None: too few to show), how many are wanted, whether it lags behind."""

    code: str
    name: str
    answers: int | None
    wanted: int | None
    #: Whether no more answers are taken from it once the wanted ones are there, and whether that has come.
    stops: bool = False
    full: bool = False

    @property
    def lags(self) -> bool:
        """Whether fewer came than are wanted; a hidden number is small, so it lags where five or more are wanted."""
        return bool(self.wanted and (self.answers or 0) < self.wanted)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Zones and kinds of speaker, each with those who did not say."""

    zones: list[Covered]
    kinds: list[Covered]

    @property
    def begun(self) -> bool:
        """Whether there is anything to show: an answer, or a number that is wanted."""
        return any(group.answers != 0 or group.wanted for group in [*self.zones, *self.kinds])

    @property
    def lagging(self) -> int:
        """How many groups lag behind."""
        return sum(group.lags for group in [*self.zones, *self.kinds])


def coverage_of(questionnaire_id: uuid.UUID, groups: queries.Groups, zones: Sequence[framework.ZoneRow]) -> Coverage:
    """The coverage of a questionnaire, from answers already grouped."""
    by_zone, by_kind = queries.targets(db(), questionnaire_id=questionnaire_id)
    zone_names = {str(zone.id): f"{zone.code} {zone.name}" for zone in zones}
    kind_names = {str(kind): label(kind) for kind in SpeakerKind}
    stopping = any(each.stops for each in (*by_zone.values(), *by_kind.values()))
    stops = queries.stops(db(), questionnaire_id=questionnaire_id) if stopping else []
    full = {str(stop.zone_id or stop.kind) for stop in stops if stop.full}
    zone_rows = _rows(zone_names, groups.by_zone, by_zone, full)
    return Coverage(zone_rows, _rows(kind_names, groups.by_kind, by_kind, full))


def _rows(
    names: Mapping[str, str], people: Mapping[str, int], wanted: Mapping[str, queries.Wanted], full: Collection[str]
) -> list[Covered]:
    shown = groups_shown({**dict.fromkeys(names, 0), **people})
    rows = []
    for code, name in names.items():
        goal = wanted.get(code)
        rows.append(
            Covered(code, name, shown[code], goal.wanted if goal else None, bool(goal and goal.stops), code in full)
        )
    if people.get(""):
        rows.append(Covered("", _("non detto"), shown[""], None))
    return rows


def _page(questionnaire_id: uuid.UUID, problems: Mapping[str, str], typed: Mapping[str, str] | None = None) -> str:
    zones = framework.zones(db(), territory_id=context().territory_id)
    groups = queries.groups(db(), questionnaire_id=questionnaire_id)
    found = find(questionnaire_id)
    return render_template(
        "listening/surveys/coverage.html",
        questionnaire=found,
        coverage=coverage_of(questionnaire_id, groups, zones),
        problems=problems,
        may_stop=not (found.anonymous and found.access == "invitation"),
        uncounted=_uncounted(found),
        typed=typed,
    )


def _uncounted(questionnaire: QuestionnaireRow) -> set[str]:
    """Sides of which nothing can be counted: no question asks for them, and no invitation says them."""
    if questionnaire.access == "invitation" and not questionnaire.anonymous:
        return set()
    kinds = {question.kind for question in queries.questions(db(), questionnaire_id=questionnaire.id)}
    return {side for side, kind in (("zona", "place"), ("voce", "speaker")) if kind not in kinds}


@bp.get(f"{ONE}/copertura")
@requires(Permission.see_listening_desk)
def coverage(slug: str, questionnaire_id: uuid.UUID) -> str:
    """What is wanted and what came."""
    return _page(questionnaire_id, {})


@bp.post(f"{ONE}/copertura")
@requires(Permission.run_listening)
def set_targets(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Say how many are wanted."""
    find(questionnaire_id)
    wanted: dict[str, dict[str, services.Goal]] = {"zona": {}, "voce": {}}
    problems: dict[str, str] = {}
    for name, text in request.form.items():
        group, _dash, code = name.partition("-")
        text = text.strip()
        if group not in wanted or not code or not text:
            continue
        if text.isdecimal() and 0 < int(text) <= 1_000_000:
            wanted[group][code] = services.Goal(int(text), f"ferma-{name}" in request.form)
        elif text != "0":
            problems[name] = _("Scrivi un numero intero.")
    if problems:
        return _page(questionnaire_id, problems, request.form), 422
    keys: dict[str, Any] = {"process_id": context().id, "questionnaire_id": questionnaire_id}
    try:
        services.set_targets(db(), **keys, by_zone=wanted["zona"], by_kind=wanted["voce"], actor=actor(), now=now())
    except Invalid as error:
        return _page(questionnaire_id, {"": say(error.message)}, request.form), 422
    flash(_("Obiettivi salvati."), "success")
    return redirect(url_for("surveys.coverage", slug=slug, questionnaire_id=questionnaire_id), 303)
