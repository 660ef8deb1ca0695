"""The field's closed lists. Codes never change; labels live in `consult.web.labels`."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may be in one process; `administrator` is the platform's, the last three are implicit."""

    administrator = "administrator"
    manager = "manager"
    facilitator = "facilitator"
    moderator = "moderator"
    operator = "operator"
    evaluator = "evaluator"
    reviewer = "reviewer"
    reader = "reader"
    account = "account"
    invited = "invited"
    anonymous = "anonymous"


STAFF = frozenset(
    {Role.manager, Role.facilitator, Role.moderator, Role.operator, Role.evaluator, Role.reviewer, Role.reader}
)
ASSIGNABLE = (Role.manager, Role.facilitator, Role.moderator, Role.operator, Role.evaluator, Role.reviewer, Role.reader)


class PhaseKind(StrEnum):
    """Kinds of phase, in the order of the law's process; phases of one process may overlap in time."""

    preliminary = "preliminary"
    listening = "listening"
    co_planning = "co_planning"
    drafting = "drafting"
    adoption = "adoption"
    implementation = "implementation"


#: Phases that their date closes for what comes in, and that are settled only when every proposal has its answer.
ANSWERING = frozenset({PhaseKind.co_planning, PhaseKind.drafting})


class SpeakerKind(StrEnum):
    """Who speaks, as far as it is ever recorded beside what was said."""

    resident = "resident"
    municipality = "municipality"
    zone_spokesperson = "zone_spokesperson"
    association = "association"
    business = "business"
    trade_union = "trade_union"
    education = "education"
    research = "research"
    health_social = "health_social"
    professional = "professional"
    utility = "utility"


class Channel(StrEnum):
    """Where a source comes from. Heads of different channels are never added up; a document is never a voice."""

    answer = "answer"
    interview = "interview"
    meeting = "meeting"
    contribution = "contribution"
    document = "document"


VOICE_CHANNELS = (Channel.answer, Channel.interview, Channel.meeting, Channel.contribution)


class Stance(StrEnum):
    """Declared stance of a comment."""

    in_favour = "in_favour"
    against = "against"
    neutral = "neutral"


class Outcome(StrEnum):
    """The one published disposition of a proposal."""

    adopted = "adopted"
    adopted_in_part = "adopted_in_part"
    merged = "merged"
    already_planned = "already_planned"
    postponed = "postponed"
    not_competent = "not_competent"
    rejected = "rejected"


LINKING_OUTCOMES = frozenset({Outcome.adopted, Outcome.adopted_in_part, Outcome.merged, Outcome.already_planned})


class Origin(StrEnum):
    """Who made a text or a link: the machine, a person, or a person on the machine's draft."""

    machine = "machine"
    edited = "edited"
    human = "human"


class Decision(StrEnum):
    """Machine proposes, person accepts: only what is accepted may be published."""

    proposed = "proposed"
    accepted = "accepted"
    refused = "refused"


class Support(StrEnum):
    """How a source stands to a finding that cites it."""

    supporting = "supporting"
    contrary = "contrary"


class ThingKind(StrEnum):
    """Kinds of thing that threads, comments, reports, audit and notices name together with a key."""

    process = "process"
    source = "source"
    theme = "theme"
    finding = "finding"
    paper = "paper"
    proposal = "proposal"
    comment = "comment"
    action = "action"
    strategy = "strategy"
    questionnaire = "questionnaire"
    interview = "interview"
    meeting = "meeting"
    contribution = "contribution"
    document = "document"
    account = "account"
    run = "run"
    code = "code"
    disposition = "disposition"
    membership = "membership"
    phase = "phase"
    frame = "frame"
    territory = "territory"
    regrouping = "regrouping"
    priority_round = "priority_round"
    evaluation = "evaluation"
    conversation = "conversation"
    statement = "statement"
    appeal = "appeal"
    draft_finding = "draft_finding"
    amendment = "amendment"


class Permission(StrEnum):
    """What can be allowed; every endpoint names one or is public by mark."""

    view_process = "view_process"
    view_desk = "view_desk"
    administer = "administer"
    read_audit = "read_audit"
    manage_process = "manage_process"
    manage_members = "manage_members"
    use_own_pages = "use_own_pages"
    change_own_account = "change_own_account"
    see_listening = "see_listening"
    contribute = "contribute"
    attend_meeting = "attend_meeting"
    answer_questionnaire = "answer_questionnaire"
    see_listening_desk = "see_listening_desk"
    run_listening = "run_listening"
    enter_paper_forms = "enter_paper_forms"
    ask_for_survey_file = "ask_for_survey_file"
    read_register = "read_register"
    redact_source = "redact_source"
    see_evidence = "see_evidence"
    run_aggregation = "run_aggregation"
    decide_themes = "decide_themes"
    read_sources = "read_sources"
    be_seen = "be_seen"
    code_sources = "code_sources"
    see_paper_workshop = "see_paper_workshop"
    edit_paper = "edit_paper"
    publish_paper = "publish_paper"
    comment_paper = "comment_paper"
    comment_draft = "comment_draft"
    reply_confrontation = "reply_confrontation"
    request_paper_file = "request_paper_file"
    start_proposal = "start_proposal"
    submit_proposal = "submit_proposal"
    amend_proposal = "amend_proposal"
    enter_paper_proposals = "enter_paper_proposals"
    support_proposal = "support_proposal"
    cast_priority = "cast_priority"
    see_priorities_desk = "see_priorities_desk"
    run_priorities = "run_priorities"
    cast_opinion = "cast_opinion"
    see_opinions_desk = "see_opinions_desk"
    run_opinions = "run_opinions"
    comment = "comment"
    answer_regrouping = "answer_regrouping"
    report = "report"
    see_moderation = "see_moderation"
    moderate = "moderate"
    see_own_decisions = "see_own_decisions"
    appeal_decision = "appeal_decision"
    look_again = "look_again"
    decide_proposal = "decide_proposal"
    answer_objection = "answer_objection"
    promote_proposal = "promote_proposal"
    prepare_disposition = "prepare_disposition"
    ask_evaluations = "ask_evaluations"
    evaluate_proposal = "evaluate_proposal"
    write_internal_note = "write_internal_note"
    see_plan_desk = "see_plan_desk"
    edit_action = "edit_action"
