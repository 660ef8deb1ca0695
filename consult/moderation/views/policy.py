"""The public rules of moderation with their versions and numbers, and the page where they are written."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.moderation import rules
from consult.moderation.forms import PolicyForm, seen_version
from consult.moderation.queries import agreement, flags, log
from consult.moderation.services import screening
from consult.moderation.types import Policy
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

bp = Blueprint("moderation_policy", __name__)


@bp.get("/processi/<slug>/moderazione")
@requires(Permission.view_process)
def public(slug: str) -> str:
    """The rules in force, why a text is hidden, how often it happened, earlier versions."""
    here = context()
    return render_template(
        "moderation/policy.html",
        versions=flags.policy_versions(db(), process_id=here.id),
        platform=Policy(),
        log=log.hidden(db(), process_id=here.id),
        appeals=agreement.appeal_log(db(), process_id=here.id),
        agreement=agreement.agreed(db(), process_id=here.id),
        least=rules.SMALLEST_SHOWN,
        days=rules.APPEAL_DAYS,
        answer_days=settling.ANSWER_DAYS,
        reasons=rules.HIDING,
        words_of=rules.words_of,
    )


@bp.get("/scrivania/<slug>/moderazione/regole")
@requires(Permission.manage_process)
def edit(slug: str) -> str:
    """The rules to be written anew."""
    current = flags.policy(db(), process_id=context().id)
    form = PolicyForm(formdata=None)
    form.show(current)
    return render_template("moderation/policy_edit.html", form=form, current=current)


@bp.post("/scrivania/<slug>/moderazione/regole")
@requires(Permission.manage_process)
def publish(slug: str) -> Any:
    """Put a new version of the rules in force."""
    form = PolicyForm()
    if form.validate_on_submit():
        try:
            version = screening.publish_policy(
                db(),
                process_id=context().id,
                seen_version=seen_version(request.form.get("version")),
                words=form.words.data,
                insults=form.insults.data or "",
                numbers={name: form[name].data for name in screening.NUMBERS},
                actor=actor(),
                now=now(),
            )
            flash(_("La versione %(n)s delle regole è pubblica e vale da adesso.", n=version), "success")
            return redirect(url_for("moderation_policy.public", slug=slug), 303)
        except Invalid as error:
            form.put_errors(error.fields)
    current = flags.policy(db(), process_id=context().id)
    form.version.data = str(current.version)
    return render_template("moderation/policy_edit.html", form=form, current=current), 422
