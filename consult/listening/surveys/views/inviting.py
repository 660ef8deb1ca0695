"""Lists of people to invite, letters, reminders."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.analytics.tabular import TableError, decode
from consult.core.permissions import Permission
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import InviteForm
from consult.listening.surveys.rules import SMALLEST_BATCH
from consult.listening.surveys.types import QuestionnaireRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now


def _page(questionnaire: QuestionnaireRow, form: InviteForm, report: services.InviteReport | None = None) -> str:
    page = queries.invitations(db(), questionnaire=questionnaire, cursor=request.args.get("dopo"))
    address: dict[str, Any] = {"slug": context().slug, "questionnaire_id": questionnaire.id}
    return render_template(
        "listening/surveys/invitations.html",
        questionnaire=questionnaire,
        form=form,
        report=report,
        page=page,
        states=queries.invitation_states(db(), questionnaire_id=questionnaire.id),
        smallest=SMALLEST_BATCH,
        next_url=url_for("surveys.invitations", **address, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("surveys.invitations", **address) if request.args.get("dopo") else None,
    )


@bp.get(f"{ONE}/inviti")
@requires(Permission.see_listening_desk)
def invitations(slug: str, questionnaire_id: uuid.UUID) -> str:
    """Who is invited, and the place to add people."""
    return _page(find(questionnaire_id), InviteForm())


@bp.post(f"{ONE}/inviti")
@requires(Permission.run_listening)
def invite(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add people; lines that can't be read are shown with the reason, the others are kept."""
    found = find(questionnaire_id)
    form = InviteForm()
    if not form.validate_on_submit():
        return _page(found, form), 422
    lists = [form.people.data or ""]
    if form.file.data:
        try:
            lists.append(decode(form.file.data.read())[0])
        except TableError:
            form.put_errors({"file": _("Il file non si può leggere come testo.")})
            return _page(found, form), 422
    # Each by itself: a file may have headings and an order of columns of its own, and its lines are counted as it counts them.
    reports = [
        services.invite(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, text=each, actor=actor(), now=now()
        )
        for each in lists
        if each.strip()
    ]
    if not reports:
        form.put_errors({"people": _("Scrivi almeno un indirizzo, o scegli un file.")})
        return _page(found, form), 422
    report = services.InviteReport(
        sum(each.added for each in reports),
        sum(each.already for each in reports),
        tuple(bad for each in reports for bad in each.bad),
    )
    if report.bad:
        return _page(found, InviteForm(formdata=None), report), 200
    flash(ngettext("%(num)d persona aggiunta.", "%(num)d persone aggiunte.", report.added), "success")
    return redirect(url_for("surveys.invitations", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/inviti/invia")
@requires(Permission.run_listening)
def send(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Ask for the letters that wait, or for those that failed once more."""
    number = services.send_invitations(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        again=request.form.get("again") == "1",
        actor=actor(),
        now=now(),
    )
    flash(ngettext("%(num)d lettera sta partendo.", "%(num)d lettere stanno partendo.", number), "success")
    return redirect(url_for("surveys.invitations", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/inviti/ricorda")
@requires(Permission.run_listening)
def remind(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Ask for reminders."""
    number = services.send_reminders(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now()
    )
    flash(ngettext("%(num)d promemoria sta partendo.", "%(num)d promemoria stanno partendo.", number), "success")
    return redirect(url_for("surveys.invitations", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/inviti/<uuid:invitation_id>/togli")
@requires(Permission.run_listening)
def uninvite(slug: str, questionnaire_id: uuid.UUID, invitation_id: uuid.UUID) -> Response:
    """Take somebody off the list whose letter never left."""
    address = services.uninvite(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, invitation_id=invitation_id, actor=actor(), now=now()
    )  # fmt: skip  # one row of values reads better so
    flash(_("%(address)s non è più in elenco. Si può aggiungere di nuovo.", address=address), "success")
    return redirect(url_for("surveys.invitations", slug=slug, questionnaire_id=questionnaire_id), 303)
