"""The blueprint that all pages of questionnaires hang on, and the addresses of the desk's."""

from __future__ import annotations

import uuid

from flask import Blueprint
from werkzeug.exceptions import NotFound

from consult.listening.surveys import queries
from consult.listening.surveys.types import QuestionnaireRow
from consult.web.session import context, db

bp = Blueprint("surveys", __name__)

DESK = "/scrivania/<slug>/questionari"
ONE = f"{DESK}/<uuid:questionnaire_id>"


def find(questionnaire_id: uuid.UUID) -> QuestionnaireRow:
    """The questionnaire of the address, of this process."""
    found = queries.questionnaire(db(), questionnaire_id=questionnaire_id, process_id=context().id)
    if found is None:
        raise NotFound
    return found
