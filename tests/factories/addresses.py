"""Every address of the site, with real objects of the rich world behind its arguments and the most fitting person for each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from consult.core.permissions import TABLE, Permission
from consult.core.vocabulary import Role
from consult.people.rules import Purpose
from consult.web.access import PUBLIC, mark_of
from tests.factories.rich_world import Rich

#: Who opens a page where several may: the most ordinary first.
ORDER: tuple[Role, ...] = (
    Role.anonymous, Role.account, Role.facilitator, Role.moderator, Role.manager, Role.operator, Role.evaluator, Role.reviewer, Role.reader,
    Role.administrator,
)  # fmt: skip  # one line of roles reads better so
THREADS = (
    ("source", "public_source"),
    ("finding", "finding"),
    ("proposal", "proposal"),
    ("action", "action"),
    ("theme", "theme"),
    ("meeting", "told_meeting"),
    ("statement", "statement"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """One address and who opens it; `role` None for anybody."""

    endpoint: str
    url: str
    role: Role | None
    receipt: bool = True


def opener(app: Flask, endpoint: str) -> Role | None:
    """The most ordinary person who may open this."""
    mark = mark_of(app.view_functions[endpoint])
    if mark == PUBLIC or mark is None:
        return None
    roles = TABLE[Permission(str(mark))].roles
    found = next(role for role in ORDER if role in roles)
    return None if found is Role.anonymous else found


def addresses(app: Flask, rich: Rich, method: str = "GET") -> Iterator[Address]:
    """All addresses that answer `method`, static files left out."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if rule.endpoint == "static" or method not in (rule.methods or set()):
            continue
        for values in variants(rule.endpoint, rule.arguments, rich):
            with app.test_request_context():
                url = app.url_map.bind("localhost").build(
                    rule.endpoint, {**(rule.defaults or {}), **values}, method=method
                )
            yield Address(rule.endpoint, url, opener(app, rule.endpoint))


def variants(endpoint: str, arguments: set[str], rich: Rich) -> list[dict[str, Any]]:
    """Values for the arguments of a route: one set, or several where one route shows several kinds of thing."""
    if endpoint == "thread.show":
        return [
            {"slug": rich.world.slug, "kind": kind, "thing_id": rich.keys[name]}
            for kind, name in THREADS
            if name in rich.keys
        ]
    return [{name: value(endpoint, name, rich) for name in arguments}]


#: Objects by endpoint where the general one would not do.
OWN: dict[tuple[str, str], str] = {
    ("contributions.paper_given", "contribution_id"): "paper_contribution",
    ("meetings.register", "meeting_id"): "coming_meeting",
    ("meetings.registered", "meeting_id"): "coming_meeting",
    ("meetings.remove_registration", "meeting_id"): "coming_meeting",
    ("meetings.note_item", "source_id"): "note",
    ("proposals.attachment", "proposal_id"): "attached_proposal",
    ("proposals.attachment", "file_id"): "attached_file",
    ("proposals.edit", "proposal_id"): "editable_proposal",
    ("proposals.update", "proposal_id"): "editable_proposal",
    ("proposals.comments", "proposal_id"): "own_proposal",
    ("proposals.conversation", "proposal_id"): "own_proposal",
    ("proposals.reply", "proposal_id"): "own_proposal",
    ("proposals.react", "proposal_id"): "own_proposal",
    ("proposals.paper_given", "proposal_id"): "paper_proposal",
    ("proposals.report_comment", "proposal_id"): "own_proposal",
    ("proposals.report_comment_form", "proposal_id"): "own_proposal",
    ("moderation.promotion", "proposal_id"): "editable_proposal",
    ("moderation.promote", "proposal_id"): "editable_proposal",
    ("moderation.decide", "proposal_id"): "editable_proposal",
    ("disposition_drafts.edit", "proposal_id"): "editable_proposal",
    ("disposition_drafts.save", "proposal_id"): "editable_proposal",
    ("disposition_drafts.discard", "proposal_id"): "editable_proposal",
    ("evaluation_desk.side_by_side", "proposal_id"): "editable_proposal",
    ("evaluation_desk.write_note", "proposal_id"): "editable_proposal",
    ("evaluation_desk.take_back_note", "proposal_id"): "editable_proposal",
    ("proposals.withdraw", "proposal_id"): "editable_proposal",
    ("proposals.amendments", "proposal_id"): "own_proposal",
    ("proposals.amendment", "proposal_id"): "own_proposal",
    ("proposals.answer_amendment", "proposal_id"): "own_proposal",
    ("proposals.report_amendment_form", "proposal_id"): "own_proposal",
    ("proposals.report_amendment", "proposal_id"): "own_proposal",
    ("proposals.new_amendment", "proposal_id"): "amendable_proposal",
    ("proposals.propose_amendment", "proposal_id"): "amendable_proposal",
    ("proposals.preview_amendment", "proposal_id"): "amendable_proposal",
    ("proposals.edit_amendment", "proposal_id"): "amended_proposal",
    ("proposals.edit_amendment", "amendment_id"): "own_amendment",
    ("proposals.update_amendment", "proposal_id"): "amended_proposal",
    ("proposals.update_amendment", "amendment_id"): "own_amendment",
    ("proposals.withdraw_amendment", "proposal_id"): "amended_proposal",
    ("proposals.withdraw_amendment", "amendment_id"): "own_amendment",
    ("priorities.as_csv", "round_id"): "counted_round",
    ("priorities.as_json", "round_id"): "counted_round",
    ("priorities.edit", "round_id"): "draft_round",
    ("priorities.update", "round_id"): "draft_round",
    ("priorities.open_now", "round_id"): "draft_round",
    ("priorities.invite", "round_id"): "draft_round",
    ("priorities.cancel", "round_id"): "draft_round",
    ("opinions.edit", "conversation_id"): "draft_conversation",
    ("opinions.update", "conversation_id"): "draft_conversation",
    ("opinions.open_now", "conversation_id"): "draft_conversation",
    ("opinions.cancel", "conversation_id"): "draft_conversation",
    ("opinions.move", "conversation_id"): "draft_conversation",
    ("opinions.move", "statement_id"): "draft_statement",
    ("appeals.show", "act_id"): "own_act",
    ("appeals.appeal", "act_id"): "own_act",
    ("proposals.merge_form", "proposal_id"): "editable_proposal",
    ("proposals.merge", "proposal_id"): "editable_proposal",
    ("proposals.split_form", "proposal_id"): "editable_proposal",
    ("proposals.split", "proposal_id"): "editable_proposal",
    ("proposals.join_form", "proposal_id"): "editable_proposal",
    ("proposals.join_another", "proposal_id"): "editable_proposal",
    ("proposals.withdraw_comment", "comment_id"): "own_comment",
    ("position_paper.draft_conversation", "comment_id"): "draft_comment",
    ("position_paper.reply_draft", "comment_id"): "draft_comment",
    ("position_paper.report_draft_comment_form", "comment_id"): "draft_comment",
    ("position_paper.report_draft_comment", "comment_id"): "draft_comment",
    ("position_paper.withdraw_draft_comment", "comment_id"): "own_draft_comment",
    ("taking_up.finding_form", "finding_id"): "finding",
    ("taking_up.take_finding", "finding_id"): "finding",
    ("taking_up.note_form", "source_id"): "told_note",
    ("taking_up.take_note", "source_id"): "told_note",
    ("taking_up.take_back", "act_id"): "taken_act",
    ("taking_up.give_back", "act_id"): "taken_act",
    ("answers.organisation", "organisation_id"): "own_organisation",
    ("organisations.leave", "organisation_id"): "own_organisation",
    ("process_admin.answer_organisation", "organisation_id"): "own_organisation",
    ("meetings.edit_note", "source_id"): "note",
    ("meetings.save_note", "source_id"): "note",
    ("evidence.coding_source", "source_id"): "coded_passage",
    ("interviews.correct", "source_id"): "coded_passage",
    ("interviews.take_back", "source_id"): "coded_passage",
    ("evidence.code_passage", "source_id"): "coded_passage",
    ("evidence.decide_suggested", "source_id"): "coded_passage",
    ("evidence.read_sample", "source_id"): "coded_passage",
    ("evidence.adjudicate", "source_id"): "coded_passage",
    ("source_desk.edit", "source_id"): "internal_source",
    ("source_desk.change", "source_id"): "internal_source",
    ("source_desk.set_language", "source_id"): "internal_source",
    ("contributions.confirm", "token"): "contribution",
    ("contributions.one_import", "import_id"): "source_import",
    ("contributions.bad_rows", "import_id"): "source_import",
    ("contributions.undo_import", "import_id"): "source_import",
    ("surveys.map_responses", "import_id"): "answer_import",
    ("evidence.one_exchange", "import_id"): "coding_draft",
    ("evidence.confirm_exchange", "import_id"): "coding_draft",
    ("evidence.drop_exchange", "import_id"): "coding_draft",
    ("evidence.undo_exchange", "import_id"): "coding_import",
    ("documents.text", "document_id"): "read_document",
    ("surveys.invitations", "questionnaire_id"): "invited_questionnaire",
    ("surveys.invite", "questionnaire_id"): "invited_questionnaire",
    ("surveys.told", "questionnaire_id"): "told_questionnaire",
    ("surveys.results", "questionnaire_id"): "told_questionnaire",
    ("surveys.withdraw_result", "questionnaire_id"): "told_questionnaire",
    ("surveys.withdraw_result", "question_id"): "told_question",
    ("surveys.publish_result", "questionnaire_id"): "told_questionnaire",
    ("surveys.publish_result", "question_id"): "told_question",
    ("surveys.publish_all", "questionnaire_id"): "told_questionnaire",
    ("surveys.settings", "questionnaire_id"): "draft_questionnaire",
    ("surveys.save_settings", "questionnaire_id"): "draft_questionnaire",
    ("surveys.new_question", "questionnaire_id"): "draft_questionnaire",
    ("surveys.add_question", "questionnaire_id"): "draft_questionnaire",
    ("surveys.question", "questionnaire_id"): "draft_questionnaire",
    ("surveys.question", "question_id"): "draft_question",
    ("surveys.save_question", "questionnaire_id"): "draft_questionnaire",
    ("surveys.save_question", "question_id"): "draft_question",
}
NAMES = {"source_id": "public_source", "thing_id": "own_proposal", "account_id": "proposal"}
TOKENS = {"people.verify": Purpose.verify, "people.reset": Purpose.reset, "people.accept_invitation": Purpose.invite}


def value(endpoint: str, name: str, rich: Rich) -> Any:
    """A real value for one argument of a route."""
    world = rich.world
    plain: dict[str, Any] = {
        "slug": world.slug,
        "frame_id": world.frame_id,
        "territory_id": world.territory_id,
        "code": rich.action_code,
        "number": 1,
        "version_number": 1,
        "revision": 1,
        "name": "lettera-che-non-c-e",
        "what": "sign_up",
        "format": "html",
    }
    if name in plain:
        return plain[name]
    if name in rich.words:
        return rich.words[name]
    if name == "kind":
        return "listening" if endpoint.startswith("process_admin.") else "proposal"
    if name == "token":
        return (
            rich.tokens.get(TOKENS.get(endpoint, Purpose.verify), "0" * 32)
            if endpoint in TOKENS
            else extra_token(endpoint, rich)
        )
    key = OWN.get((endpoint, name)) or NAMES.get(name) or name.removesuffix("_id")
    return rich.keys.get(key) or uuid.UUID(int=0)


def extra_token(endpoint: str, rich: Rich) -> str:
    """Tokens of single rooms, where the rich world has one."""
    return rich.room_tokens.get(endpoint.partition(".")[0], "0" * 32)
