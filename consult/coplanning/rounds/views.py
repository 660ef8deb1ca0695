"""What the desks and the public pages of all kinds of rounds do alike; the endpoints and their words are each room's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, request, url_for

from consult.coplanning.rounds.forms import UntilForm
from consult.coplanning.rounds.queries import DatedRow
from consult.core.errors import Invalid
from consult.core.vocabulary import PhaseKind
from consult.web.forms import whole_number
from consult.web.identity import actor
from consult.web.session import context, db, glue, now

R = TypeVar("R", bound=DatedRow)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one kind of round is led: the endpoint of the list, that of one round, and what its address calls the round."""

    listing: str
    page: str
    parameter: str

    def address(self, slug: str, round_id: uuid.UUID) -> str:
        """The page from which a round is led."""
        values: dict[str, Any] = {"slug": slug, self.parameter: round_id}
        return url_for(self.page, **values)

    def set_deadline(
        self, slug: str, round_id: uuid.UUID, act: Callable[..., None], words: str, again: Callable[[UntilForm], str]
    ) -> Any:
        """Open or prolong a round until six in the evening of the day typed; `again` draws the page with what was wrong."""
        form = UntilForm()
        if form.validate_on_submit():
            try:
                act(
                    db(),
                    process_id=context().id,
                    round_id=round_id,
                    version=whole_number(form.version.data),
                    closes_at=form.moment(ZoneInfo(glue().settings.timezone)),
                    actor=actor(),
                    now=now(),
                )
                flash(words, "success")
                return redirect(self.address(slug, round_id), 303)
            except Invalid as refusal:
                form.put_errors({"closes_on": refusal.said_of("closes_at")})
        return again(form), 422

    def end(
        self, slug: str, round_id: uuid.UUID, act: Callable[..., None], words: str, *, given_up: bool = False
    ) -> Any:
        """Close a round before its deadline, or give up one in preparation."""
        version = whole_number(request.form.get("version"))
        act(db(), process_id=context().id, round_id=round_id, version=version, actor=actor(), now=now())
        flash(words, "info" if given_up else "success")
        return redirect(url_for(self.listing, slug=slug) if given_up else self.address(slug, round_id), 303)


def deadline_form(found: DatedRow, sent: UntilForm | None) -> UntilForm:
    """The form of the deadline, with the version that its page shows."""
    form = sent or UntilForm(formdata=None)
    form.version.data = str(found.version)
    return form


def running_and_over(rows: Sequence[R]) -> tuple[list[R], list[R]]:
    """Rounds in which people may take part now, and those that are over."""
    here = context().now
    return [r for r in rows if r.is_open(here)], [r for r in rows if not r.is_open(here)]


def takes_answers(found: DatedRow) -> bool:
    """Whether a round takes answers now: it is open, and so is the phase."""
    return found.is_open(context().now) and context().is_open(PhaseKind.co_planning)


def download(body: str, mimetype: str, name: str) -> Response:
    """Results as a file."""
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
