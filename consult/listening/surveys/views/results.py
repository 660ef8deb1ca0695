"""Results: the live page for facilitators, publication question by question, the public page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.analytics.asked import Group
from consult.analytics.counted import groups_shown, pairs_shown
from consult.analytics.results import from_json
from consult.analytics.suppression import not_shown
from consult.core.permissions import Permission
from consult.core.vocabulary import SpeakerKind
from consult.listening.surveys import queries, services
from consult.listening.surveys.types import QuestionRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.listening.surveys.views.coverage import coverage_of
from consult.listening.surveys.views.crossing import offered, show_crossing, why_not
from consult.listening.surveys.views.figures import Shown, show, show_days
from consult.listening.surveys.views.public import ONE_OPEN
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.labels import label
from consult.web.session import context, db, now


def _frame(questions: list[QuestionRow]) -> queries.Frame:
    return queries.frame(db(), process_id=context().id, territory_id=context().territory_id, questions=questions)


def _days(by_day: tuple[tuple[date, int], ...]) -> list[tuple[date, int | None]]:
    """Answers per day; of a day with very few not even that."""
    hidden = not_shown([n for _day, n in by_day])
    return [(day, None if i in hidden else n) for i, (day, n) in enumerate(by_day)]


@bp.get(f"{ONE}/risultati")
@requires(Permission.see_listening_desk)
def results(slug: str, questionnaire_id: uuid.UUID) -> str:
    """What the answers say so far: of everybody, or of one zone, of one kind of speaker, or of both together; two questions crossed."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    frame = _frame(questions)
    zone = next((z for z in frame.zones if z.code == request.args.get("zona")), None)
    kind = request.args.get("voce", "")
    kind = kind if kind in set(SpeakerKind) else ""
    by, group = _filter(str(zone.id) if zone else "", kind)
    told = queries.tell(db(), questionnaire_id=questionnaire_id, questions=questions, frame=frame, by=by, group=group)
    size = _size(told.groups, by, group)
    crossable = queries.facets(questions, told.groups)
    first, second = request.args.get("a", ""), request.args.get("b", "")
    progress = queries.progress(db(), questionnaire_id=questionnaire_id)
    open_ones = [q for q in questions if q.open or q.invites_words]
    asked_more = [q for q in questions if q.invites_words]
    public = queries.published(db(), questionnaire_id=questionnaire_id)
    return render_template(
        "listening/surveys/results.html",
        questionnaire=found,
        questions=[q for q in questions if q.asks],
        progress=progress,
        groups=told.groups,
        states=queries.invitation_states(db(), questionnaire_id=questionnaire_id),
        shown={q.id: show(q, told.results[q.id], frame) for q in questions if q.id in told.results},
        answered={key: result.answered for key, result in told.results.items()},
        counted={key for key, result in told.results.items() if not result.few},
        words=queries.words_per_question(db(), question_ids=[q.id for q in open_ones]) if open_ones and not by else {},
        others=queries.other_words(db(), question_ids=[q.id for q in asked_more]) if asked_more and not by else {},
        size=size,
        narrowed=bool(by),
        alone=_alone(told.groups, frame, zone.code if zone else "", kind) if by == "both" and (size or 0) < 5 else None,
        zones=frame.zones,
        zone=zone.code if zone else "",
        kind=kind,
        kinds=[(str(k), label(k)) for k in SpeakerKind],
        days=show_days(_days(progress.by_day), _("Risposte per giorno")),
        coverage=coverage_of(questionnaire_id, told.groups, frame.zones),
        crossable=offered(crossable),
        crossing=_crossing(questionnaire_id, crossable, first, second, frame),
        first=first,
        second=second,
        public=public,
        over=queries.is_over(db(), questionnaire_id=questionnaire_id),
        outdated=sum(not row.may_be_read for row in public.values()),
    )


def _filter(zone: str, kind: str) -> tuple[str, Group | None]:
    """Which group the address asks for: a zone, a kind of speaker, or both together."""
    if zone and kind:
        return "both", (zone, kind)
    return ("zone", zone) if zone else ("kind", kind) if kind else ("", None)


@dataclass(frozen=True, slots=True)
class _Alone:
    """What may be looked at instead of a zone and a kind of voice together: either of them, and the pairs that are large enough."""

    zone: int | None
    kind: int | None
    pairs: tuple[tuple[str, str, str, str, int], ...]


def _alone(groups: queries.Groups, frame: queries.Frame, zone: str, kind: str) -> _Alone:
    names = {z.code: f"{z.code} {z.name}" for z in frame.zones}
    of = {z.code: groups_shown(groups.of("zone")).get(str(z.id)) for z in frame.zones}
    keys = {str(z.id): z.code for z in frame.zones}
    pairs = sorted(
        (
            (keys[where], who, names[keys[where]], label(who, "SpeakerKind"), number)
            for (where, who), number in pairs_shown(groups.by_both).items()
            if where in keys and number
        ),
        key=lambda pair: (-pair[4], pair[2], pair[3]),
    )
    return _Alone(of.get(zone), groups_shown(groups.of("kind")).get(kind), tuple(pairs))


def _size(groups: queries.Groups, by: str, group: Group | None) -> int | None:
    """How many people the group holds; None where it can't be looked at."""
    if group is None:
        return groups.answers
    if isinstance(group, tuple):
        return pairs_shown(groups.by_both).get(group)
    return groups_shown(groups.of(by)).get(group)


def _crossing(
    questionnaire_id: uuid.UUID, crossable: list[queries.Facet], a: str, b: str, frame: queries.Frame
) -> list[Shown]:
    """The table of the two questions that the address names, where it names two."""
    by_key = {facet.key: facet for facet in crossable}
    first, second = by_key.get(a), by_key.get(b)
    if first is None or second is None:
        return []
    if not queries.can_meet(first, second):
        return [Shown(sentences=[why_not(first, second)])]
    found = queries.cross(db(), questionnaire_id=questionnaire_id, first=first, second=second, frame=frame)
    if found is None:
        return [Shown(sentences=[_("Meno di cinque risposte a una delle due domande: non si mostra.")])]
    return show_crossing(first, second, found, frame)


def _back(questionnaire_id: uuid.UUID) -> Response:
    return redirect(
        url_for("surveys.results", slug=context().slug, questionnaire_id=questionnaire_id) + "#domande", 303
    )


def _publish(questionnaire_id: uuid.UUID, question_ids: list[uuid.UUID] | None, *, again: bool = False) -> Response:
    number = services.publish_results(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        question_ids=question_ids,
        again=again,
        actor=actor(),
        now=now(),
    )
    flash(ngettext("%(num)d risultato è pubblico.", "%(num)d risultati sono pubblici.", number), "success")
    return _back(questionnaire_id)


@bp.post(f"{ONE}/risultati/pubblica")
@requires(Permission.run_listening)
def publish_all(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Make all results public; or, where it is asked, those that are public already once more, as they are counted now."""
    return _publish(questionnaire_id, None, again=bool(request.form.get("di_nuovo")))


@bp.post(f"{ONE}/risultati/<uuid:question_id>/pubblica")
@requires(Permission.run_listening)
def publish_result(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Make the result of one question public."""
    return _publish(questionnaire_id, [question_id])


@bp.post(f"{ONE}/risultati/<uuid:question_id>/ritira")
@requires(Permission.run_listening)
def withdraw_result(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Take the result of one question back."""
    services.withdraw_results(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        question_id=question_id,
        actor=actor(),
        now=now(),
    )
    flash(_("Il risultato non è più pubblico."), "success")
    return _back(questionnaire_id)


@bp.get(f"{ONE_OPEN}/risultati")
@requires(Permission.see_listening)
def told(slug: str, questionnaire_id: uuid.UUID) -> str:
    """What was made public, for anyone."""
    found = queries.questionnaire(db(), questionnaire_id=questionnaire_id, process_id=context().id)
    public = queries.published(db(), questionnaire_id=questionnaire_id)
    if found is None or not public:
        raise NotFound
    # What was counted while small groups were hidden less well is not read any more, whoever published it when.
    kept: dict[uuid.UUID, dict[str, Any]] = {key: row.content for key, row in public.items() if row.may_be_read}
    questions = [q for q in queries.questions(db(), questionnaire_id=questionnaire_id) if q.id in kept]
    frame = _frame(questions)
    results_of = {key: from_json(content["result"]) for key, content in kept.items()}
    return render_template(
        "listening/surveys/told.html",
        questionnaire=found,
        questions=questions,
        shown={q.id: show(q, results_of[q.id], frame) for q in questions},
        answered={key: result.answered for key, result in results_of.items()},
        answers={key: content["answers"] for key, content in kept.items()},
        stopped=[
            next((f"{zone.code} {zone.name}" for zone in frame.zones if str(zone.id) == code), None)
            or label(code, "SpeakerKind")
            for code in sorted({code for content in kept.values() for code in content.get("stopped", [])})
        ],
        published_at=max(row.published_at for row in public.values()),
        outdated=len(public) - len(kept),
    )
