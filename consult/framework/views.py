"""The administrator's pages of frames and territories."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.files.services import read_upload
from consult.files.types import FileKind, Upload
from consult.framework import forms, queries, services
from consult.framework.rules import load_json, municipalities_from_table, zones_from_table
from consult.web.access import requires
from consult.web.forms import Form
from consult.web.identity import actor
from consult.web.session import db, now
from consult.web.words import say

bp = Blueprint("framework", __name__)
Answer = str | tuple[str, int] | Response
MAXIMUM = 4 * 1024 * 1024
#: Outlines as an office draws them are longer than what is kept of them.
MAXIMUM_OUTLINES = 11 * 1024 * 1024
_TABLES = {FileKind.csv, FileKind.text}
_JSON = {FileKind.json, FileKind.text}


def _upload(kinds: set[FileKind], maximum: int = MAXIMUM) -> Upload:
    sent = request.files.get("file")
    return read_upload(sent.stream if sent else None, sent.filename if sent else None, kinds=kinds, maximum=maximum)


def _refuse(form: Form, error: Invalid) -> None:
    """Show each problem of the file with its place."""
    form.put_errors(error.fields)
    places = {place: sentence for place, sentence in error.fields.items() if place not in form}
    if places:
        form.form_errors.extend(
            [say(error.message), *(f"{say(place)}: {say(sentence)}" for place, sentence in places.items())]
        )


def _page(template: str, **values: Any) -> Answer:
    html = render_template(f"framework/{template}.html", **values)
    return (html, 422) if request.method == "POST" else html


@bp.route("/scrivania/amministrazione/strutture/importa", methods=["GET", "POST"])
@requires(Permission.administer)
def import_frame() -> Answer:
    """Import a frame, or import it again."""
    form = forms.FrameForm()
    if form.validate_on_submit():
        try:
            data = load_json(_upload(_JSON).data)
            frame_id = services.import_frame(db(), data=data, actor=actor(), now=now())
            flash(_("La struttura è importata."), "success")
            return redirect(url_for("framework.frame", frame_id=frame_id), 303)
        except Invalid as error:
            _refuse(form, error)
    return _page("import_frame", form=form)


@bp.get("/scrivania/amministrazione/strutture/<uuid:frame_id>")
@requires(Permission.administer)
def frame(frame_id: uuid.UUID) -> Answer:
    """A frame as it was read."""
    found = queries.frame(db(), frame_id=frame_id)
    if found is None:
        raise NotFound
    return _page(
        "frame",
        frame=found,
        axes=queries.axes(db(), frame_id=frame_id),
        plans=queries.reference_plans(db(), frame_id=frame_id),
    )


@bp.route("/scrivania/amministrazione/territori/importa", methods=["GET", "POST"])
@requires(Permission.administer)
def import_territory() -> Answer:
    """Import a territory, or import it again."""
    form = forms.TerritoryForm()
    if form.validate_on_submit():
        try:
            upload = _upload(_JSON | _TABLES)
            table = upload.kind is FileKind.csv
            data = zones_from_table(upload.data) if table else load_json(upload.data)
            territory_id = services.import_territory(
                db(), data=data, name=form.name.data or "", actor=actor(), now=now()
            )
            flash(_("Il territorio è importato."), "success")
            return redirect(url_for("framework.territory", territory_id=territory_id), 303)
        except Invalid as error:
            _refuse(form, error)
    return _page("import_territory", form=form)


@bp.get("/scrivania/amministrazione/territori/<uuid:territory_id>")
@requires(Permission.administer)
def territory(territory_id: uuid.UUID) -> Answer:
    """A territory as it was read."""
    found = queries.territory(db(), territory_id=territory_id)
    if found is None:
        raise NotFound
    return _page(
        "territory",
        territory=found,
        zones=queries.zones(db(), territory_id=territory_id),
        outlines=queries.outline_map(db(), territory_id=territory_id),
        municipalities=queries.municipalities(db(), territory_id=territory_id),
    )


@bp.route("/scrivania/amministrazione/territori/<uuid:territory_id>/comuni", methods=["GET", "POST"])
@requires(Permission.administer)
def import_municipalities(territory_id: uuid.UUID) -> Answer:
    """Load the list of municipalities: good rows are taken, the others are listed with their line."""
    found = queries.territory(db(), territory_id=territory_id)
    if found is None:
        raise NotFound
    form = forms.MunicipalitiesForm()
    if form.validate_on_submit():
        codes = {zone.code for zone in queries.zones(db(), territory_id=territory_id)}
        try:
            rows, bad = municipalities_from_table(_upload(_TABLES).data, codes.__contains__)
            if not rows:
                told: dict[str, str] = {}
                for place, sentence in bad[:40]:
                    told[place] = f"{told[place]} {say(sentence)}" if place in told else say(sentence)
                raise Invalid(_("Nessuna riga si può importare: niente è stato cambiato."), told)
            report = services.import_municipalities(
                db(), territory_id=territory_id, rows=rows, complete=form.complete.data, actor=actor(), now=now()
            )
        except Invalid as error:
            _refuse(form, error)
        else:
            flash(ngettext("%(num)d comune nuovo.", "%(num)d comuni nuovi.", report.added), "success")
            flash(ngettext("%(num)d comune aggiornato.", "%(num)d comuni aggiornati.", report.changed), "success")
            for place, sentence in [*bad, *report.refused][:20]:
                flash(_("Lasciata fuori la %(place)s: %(sentence)s", place=say(place), sentence=say(sentence)), "warning")
            left = len(bad) + len(report.refused) - 20
            if left > 0:
                flash(
                    ngettext("E un’altra riga lasciata fuori.", "E altre %(num)d righe lasciate fuori.", left),
                    "warning",
                )
            return redirect(url_for("framework.territory", territory_id=territory_id), 303)
    return _page("import_municipalities", form=form, territory=found)


@bp.route("/scrivania/amministrazione/territori/<uuid:territory_id>/confini", methods=["GET", "POST"])
@requires(Permission.administer)
def import_outlines(territory_id: uuid.UUID) -> Answer:
    """Load the zones' outlines, on which points are shown and set."""
    found = queries.territory(db(), territory_id=territory_id)
    if found is None:
        raise NotFound
    form = forms.OutlinesForm()
    if form.validate_on_submit():
        try:
            data = load_json(_upload(_JSON, MAXIMUM_OUTLINES).data)
            drawn, everything = services.import_outlines(
                db(), territory_id=territory_id, data=data, actor=actor(), now=now()
            )
        except Invalid as error:
            _refuse(form, error)
        else:
            flash(_("Hanno i confini %(n)s zone su %(of)s.", n=drawn, of=everything), "success")
            return redirect(url_for("framework.territory", territory_id=territory_id), 303)
    return _page("import_outlines", form=form, territory=found)
