"""What anyone sees of meetings: the list, one meeting, its files, calendars and the feed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from icalendar import Calendar, Event
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.analytics.tallies import Ranking
from consult.core.errors import Invalid
from consult.core.normalise import clean_email
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.files import queries as files
from consult.files.views import attachment
from consult.framework import queries as framework
from consult.listening.meetings import queries, rules, services
from consult.listening.meetings.forms import RegistrationForm
from consult.listening.meetings.types import TableRow
from consult.listening.meetings.views.blueprint import PUBLIC, bp, found, in_time
from consult.process.queries import current_notice
from consult.web import limits
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now
from consult.web.spreads import Grid, SpreadOut, named_rows, place_words, spread_out
from consult.web.words import locale_code

#: Strategies whose places are drawn: the first of the order.
PLACES_DRAWN = 12


@bp.get(PUBLIC)
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """All public meetings: those to come first, then those that were."""
    return render_template("listening/meetings/list.html", **in_time("meetings.public_list", public_only=True))


def _page(meeting: queries.MeetingPage, form: RegistrationForm, tables: Sequence[TableRow]) -> str:
    published = meeting.minutes_published_at is not None
    notes = queries.notes(db(), meeting_id=meeting.id, public_only=True) if published else []
    who = person()
    zones = framework.zones(db(), territory_id=context().territory_id)
    strategies = framework.strategies(db(), frame_id=context().frame_id) if published else []
    open_now = rules.may_register(
        state=meeting.state, registration=meeting.registration, starts_at=meeting.starts_at, now=now()
    )
    result = first_session(meeting, strategies, tables, zones) if published else None
    return render_template(
        "listening/meetings/public.html",
        meeting=meeting,
        form=form,
        tables=tables,
        zones=zones,
        may_register=open_now,
        own=queries.registration(db(), meeting_id=meeting.id, account_id=who.id) if who and open_now else None,
        files=queries.files(db(), meeting_id=meeting.id),
        notes=notes,
        chapters=rules.compose(notes),
        attendance=queries.attendance(db(), meeting_id=meeting.id) if published else None,
        remarks=queries.remarks(db(), meeting_id=meeting.id) if published else [],
        result=result,
        places=places_drawn(result, strategies),
        strategies={s.code: s for s in strategies},
        notice=current_notice(db(), process_id=context().id, kind=PhaseKind.listening) if open_now else None,
    )


def first_session(
    meeting: queries.MeetingPage,
    strategies: Sequence[framework.StrategyRow],
    tables: Sequence[TableRow],
    zones: Sequence[framework.ZoneRow],
) -> queries.Result:
    """What the ballots of a meeting say together."""
    rows = queries.ballots(db(), meeting_id=meeting.id)
    return queries.result(rows, strategies=strategies, tables=tables, zones=zones)


def places_drawn(
    result: queries.Result | None, strategies: Sequence[framework.StrategyRow]
) -> dict[str, SpreadOut | None]:
    """How often the strategies chosen most stand at each place, on phones and at tables; None where nothing of it may be shown."""
    words = {s.code: f"{s.code} {s.title}" for s in strategies}

    def drawn(ranking: Ranking | None, places: Grid) -> SpreadOut | None:
        if ranking is None:
            return None
        grid = named_rows(places, [place.code for place in ranking.places], most=PLACES_DRAWN)
        return spread_out(grid, words, place_words(), title=_("Quante volte in ciascun posto")) if grid else None

    if result is None:
        return {}
    return {"phones": drawn(result.whole, result.places), "tables": drawn(result.tables_together, result.table_places)}


@bp.get(f"{PUBLIC}/<uuid:meeting_id>")
@requires(Permission.see_listening)
def public_page(slug: str, meeting_id: uuid.UUID) -> str:
    """A meeting: when, where, for whom, and what was said there once the minutes are published."""
    meeting = found(meeting_id, public_only=True)
    who = person()
    tables = queries.tables(db(), meeting_id=meeting_id)
    form = RegistrationForm(data={"email": who.email, "name": who.display_name} if who else {}).fill(tables)
    return _page(meeting, form, tables)


@bp.post(f"{PUBLIC}/<uuid:meeting_id>")
@limiter.limit(limits.SUBMISSION)
@requires(Permission.attend_meeting)
def register(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Register for a meeting, or wait for a place."""
    meeting = found(meeting_id, public_only=True)
    tables = queries.tables(db(), meeting_id=meeting_id)
    form = RegistrationForm().fill(tables)
    if not form.validate_on_submit() or form.sito_web.data or "@" not in form.email.data:
        if not form.errors:
            form.put_errors({"email": _("Serve un indirizzo e-mail completo.")})
        return _page(meeting, form, tables), 422
    notice = current_notice(db(), process_id=context().id, kind=PhaseKind.listening)
    try:
        state = services.register(
            db(),
            process_id=context().id,
            meeting_id=meeting_id,
            email=clean_email(form.email.data),
            name=form.name.data or "",
            organisation=form.organisation.data or "",
            table_id=clean_key(form.table.data) if form.table else None,
            locale=locale_code(),
            notice_id=notice.id if notice else None,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        return _page(meeting, form, tables), 422
    return AnyResponse(
        status=303, headers={"Location": url_for("meetings.registered", slug=slug, meeting_id=meeting_id, come=state)}
    )


@bp.get(f"{PUBLIC}/<uuid:meeting_id>/iscrizione")
@requires(Permission.see_listening)
def registered(slug: str, meeting_id: uuid.UUID) -> str:
    """What happens after registering."""
    return render_template("listening/meetings/registered.html", meeting=found(meeting_id, public_only=True))


@bp.get(f"{PUBLIC}/<uuid:meeting_id>/file/<uuid:file_id>")
@requires(Permission.see_listening)
def file(slug: str, meeting_id: uuid.UUID, file_id: uuid.UUID) -> AnyResponse:
    """A file of a meeting, as a download."""
    meeting = found(meeting_id, public_only=True)
    listed = {row.file_id for row in queries.files(db(), meeting_id=meeting.id)}
    stored = files.one(db(), file_id=file_id, process_id=context().id) if file_id in listed else None
    if stored is None:
        raise NotFound
    return attachment(stored)


def _calendar(rows: Sequence[queries.MeetingRow]) -> Response:
    settings = glue().settings
    calendar = Calendar()
    calendar.add("prodid", "-//Consult//incontri//IT")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", context().title)
    for row in rows:
        event = Event()
        event.add("uid", f"{row.id}@consult")
        event.add("dtstamp", now())
        event.add("created", row.created_at)
        event.add("dtstart", row.starts_at)
        event.add("dtend", row.ends_at or row.starts_at + timedelta(hours=2))
        event.add("summary", row.title)
        event.add("location", ", ".join(filter(None, (row.place, row.address))))
        if row.summary:
            event.add("description", row.summary)
        event.add("status", "CANCELLED" if row.state == "cancelled" else "CONFIRMED")
        event.add("url", settings.base_url + url_for("meetings.public_page", slug=context().slug, meeting_id=row.id))
        calendar.add_component(event)
    name = f"incontro-{context().slug}.ics" if len(rows) == 1 else f"incontri-{context().slug}.ics"
    return Response(
        calendar.to_ical(),
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get(f"{PUBLIC}/calendario.ics")
@requires(Permission.see_listening)
def calendar(slug: str) -> Response:
    """All public meetings, for calendars that look again by themselves."""
    return _calendar(queries.announced(db(), process_id=context().id))


@bp.get(f"{PUBLIC}/<uuid:meeting_id>/calendario.ics")
@requires(Permission.see_listening)
def calendar_one(slug: str, meeting_id: uuid.UUID) -> Response:
    """One meeting, for one's own calendar."""
    row = queries.one_row(db(), process_id=context().id, meeting_id=meeting_id)
    if row is None:
        raise NotFound
    return _calendar([row])


@bp.get(f"{PUBLIC}/feed.atom")
@requires(Permission.see_listening)
def feed(slug: str) -> Response:
    """Meetings announced and minutes published, newest first, for feed readers."""
    rows = queries.announced(db(), process_id=context().id, newest_first=True)

    def changed(row: queries.MeetingRow) -> object:
        return row.minutes_published_at or row.created_at

    body = render_template(
        "listening/meetings/feed.xml",
        rows=rows,
        changed=changed,
        updated=changed(rows[0]) if rows else context().now,
    )
    return Response(body, mimetype="application/atom+xml")
