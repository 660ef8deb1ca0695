"""The one table of who may do what, pure over the facts passed in.

Each row: a permission, one sentence for people, the roles that hold it, the kinds of phase of which one must be open,
and whether it writes. `consult permissions` prints it; a test compares the print with the committed one and calls every route
as every role.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from consult.core.vocabulary import STAFF, Permission, PhaseKind, Role

__all__ = [
    "NOBODY",
    "SYSTEM",
    "TABLE",
    "Actor",
    "Facts",
    "Permission",
    "Rule",
    "Verdict",
    "allows",
    "decide",
    "table_lines",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    sentence: str
    roles: frozenset[Role]
    writes: bool
    phases: frozenset[PhaseKind] = frozenset()
    #: Anyone may, but only where the process is published; members see it before.
    public_once_published: bool = False
    #: Also while a phase whose date is past waits for its last answers.
    while_closing: bool = False


_ANYONE = frozenset({Role.anonymous, Role.invited, Role.account})
_LISTENING = frozenset({PhaseKind.listening})
_CO_PLANNING = frozenset({PhaseKind.co_planning})
_DECIDING = frozenset({PhaseKind.co_planning, PhaseKind.drafting})


def _only(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


R = Role
TABLE: dict[Permission, Rule] = {
    Permission.view_process: Rule(
        "Anyone reads a published process; its staff also before.", _ANYONE | STAFF, False, public_once_published=True
    ),
    Permission.view_desk: Rule("Staff of any process open their desk.", STAFF | _only(R.administrator), False),
    Permission.administer: Rule(
        "Administrators open processes and import frames and territories.", _only(R.administrator), True
    ),
    Permission.read_audit: Rule("Administrators read the record of who did what.", _only(R.administrator), False),
    Permission.manage_process: Rule(
        "Managers set phases, notices and publication of their process.", _only(R.manager, R.administrator), True
    ),
    Permission.manage_members: Rule(
        "Managers invite people and give roles in their process.", _only(R.manager, R.administrator), True
    ),
    Permission.use_own_pages: Rule("A person with an account reads their own pages.", _only(R.account), False),
    Permission.change_own_account: Rule(
        "A person with an account changes, exports and erases their own data.", _only(R.account), True
    ),
    Permission.see_listening: Rule(
        "Anyone sees how to be heard in a published process.", _ANYONE | STAFF, False, public_once_published=True
    ),
    Permission.contribute: Rule(
        "Anyone leaves a contribution while listening is open.",
        _ANYONE | STAFF,
        True,
        _LISTENING,
        public_once_published=True,
    ),
    # No phase: meetings are held in several of them; each says itself whether it takes registrations, ballots, remarks.
    Permission.attend_meeting: Rule(
        "Anyone registers for a public meeting, ranks strategies there and remarks on its minutes.",
        _ANYONE | STAFF,
        True,
        public_once_published=True,
    ),
    # No phase here: the service asks the database's clock itself, with a minute of grace for pages opened before the close.
    Permission.answer_questionnaire: Rule(
        "Whoever holds an invitation, or anyone where it is open, answers while listening is open, with a minute of grace.",
        _ANYONE | STAFF,
        True,
        public_once_published=True,
    ),
    Permission.see_listening_desk: Rule(
        "Facilitators, operators and managers see interviews, meetings, questionnaires.",
        _only(R.facilitator, R.operator, R.manager),
        False,
    ),
    Permission.run_listening: Rule(
        "Facilitators record interviews and meetings and publish questionnaires.", _only(R.facilitator), True
    ),
    Permission.enter_paper_forms: Rule(
        "Operators and facilitators enter what came on paper.", _only(R.operator, R.facilitator), True, _LISTENING
    ),
    Permission.ask_for_survey_file: Rule(
        "Facilitators, operators and managers ask for files of answers and for the printed sheet.",
        _only(R.facilitator, R.operator, R.manager),
        True,
    ),
    Permission.read_register: Rule(
        "Staff who work on the evidence read the register of sources.",
        _only(R.manager, R.facilitator, R.moderator, R.reviewer, R.evaluator, R.reader),
        False,
    ),
    Permission.redact_source: Rule(
        "Facilitators redact or withdraw a source, with history.", _only(R.facilitator), True
    ),
    Permission.see_evidence: Rule(
        "Facilitators, managers and readers see runs, themes and assignments.",
        _only(R.facilitator, R.manager, R.reader),
        False,
    ),
    Permission.run_aggregation: Rule("Facilitators start an aggregation.", _only(R.facilitator), True),
    Permission.decide_themes: Rule("Facilitators accept, rename, merge and refuse themes.", _only(R.facilitator), True),
    Permission.read_sources: Rule("Facilitators mark sources as read.", _only(R.facilitator), True),
    Permission.be_seen: Rule(
        "Staff on the desks of evidence and paper sees who else is where.",
        _only(R.facilitator, R.manager, R.reviewer, R.reader),
        True,
    ),
    Permission.code_sources: Rule("Facilitators code sources and keep the codebook.", _only(R.facilitator), True),
    Permission.see_paper_workshop: Rule(
        "Facilitators, managers, reviewers and readers see the position paper being written.",
        _only(R.facilitator, R.manager, R.reviewer, R.reader),
        False,
    ),
    Permission.edit_paper: Rule("Facilitators write findings.", _only(R.facilitator), True),
    Permission.publish_paper: Rule(
        "Facilitators and managers publish a version of the paper.", _only(R.facilitator, R.manager), True
    ),
    Permission.comment_paper: Rule(
        "Who sees the paper being written comments in its margin and approves sections when asked.",
        _only(R.facilitator, R.manager, R.reviewer, R.reader),
        True,
    ),
    # No phase: a draft in consultation has two dates of its own, which the service asks of the database's clock.
    Permission.comment_draft: Rule(
        "A person with an account comments a draft of the paper while its consultation is open, and takes their comments back.",
        _only(R.account),
        True,
        public_once_published=True,
    ),
    Permission.reply_confrontation: Rule(
        "Reviewers and managers reply for the department that owns an existing plan.",
        _only(R.reviewer, R.manager),
        True,
    ),
    Permission.request_paper_file: Rule(
        "Anyone asks for the files of a published paper, or of the plan, to be built anew.",
        _ANYONE | STAFF,
        True,
        public_once_published=True,
    ),
    Permission.start_proposal: Rule(
        "A person with an account opens the proposal form.", _only(R.account), False, public_once_published=True
    ),
    Permission.submit_proposal: Rule(
        "A person with an account submits and edits their proposals while co-planning is open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.amend_proposal: Rule(
        "A person with an account proposes changes to others' proposals, and answers those to their own, while co-planning is open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.enter_paper_proposals: Rule(
        "Operators and facilitators type in proposals that came on paper or at a meeting, while co-planning is open.",
        _only(R.operator, R.facilitator),
        True,
        _CO_PLANNING,
    ),
    Permission.support_proposal: Rule(
        "A person with an account supports and follows proposals while co-planning is open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.cast_priority: Rule(
        "A person with an account says what comes first, while co-planning and the round are open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.see_priorities_desk: Rule(
        "Managers and facilitators see the prioritisation rounds in preparation.",
        _only(R.manager, R.facilitator),
        False,
    ),
    Permission.run_priorities: Rule(
        "Managers and facilitators prepare, open, extend and close prioritisation rounds.",
        _only(R.manager, R.facilitator),
        True,
    ),
    Permission.cast_opinion: Rule(
        "A person with an account answers the statements of a conversation, while co-planning and the conversation are open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.see_opinions_desk: Rule(
        "Managers and facilitators see the conversations in preparation.", _only(R.manager, R.facilitator), False
    ),
    Permission.run_opinions: Rule(
        "Managers and facilitators prepare, open and close conversations of statements.",
        _only(R.manager, R.facilitator),
        True,
    ),
    Permission.comment: Rule(
        "A person with an account comments while co-planning is open.",
        _only(R.account),
        True,
        _CO_PLANNING,
        public_once_published=True,
    ),
    Permission.answer_regrouping: Rule(
        "A person with an account answers a merge or split of their own proposal, and objects within its period.",
        _only(R.account),
        True,
        public_once_published=True,
    ),
    Permission.report: Rule(
        "A person with an account reports what breaks the rules.", _only(R.account), True, public_once_published=True
    ),
    Permission.see_moderation: Rule(
        "Moderators, evaluators and managers see the moderation desk.",
        _only(R.moderator, R.evaluator, R.manager),
        False,
    ),
    Permission.moderate: Rule(
        "Moderators hide and restore what people wrote, with a reason.", _only(R.moderator), True
    ),
    Permission.see_own_decisions: Rule(
        "A person with an account reads why a text of theirs was hidden or refused.",
        _only(R.account),
        False,
        public_once_published=True,
    ),
    # No phase: a text may be hidden on a phase's last day, and there are thirty days to appeal.
    Permission.appeal_decision: Rule(
        "A person with an account appeals against the hiding or refusal of their own text, to another moderator.",
        _only(R.account),
        True,
        public_once_published=True,
    ),
    # The service asks who took part: nobody looks at their own decision again, and managers only at what waited for two weeks.
    Permission.look_again: Rule(
        "Moderators look again at each other's decisions on texts; managers at those on which nobody did for two weeks.",
        _only(R.moderator, R.manager),
        True,
    ),
    Permission.decide_proposal: Rule(
        "Moderators decide proposals while co-planning or drafting is open, and until each has its answer.",
        _only(R.moderator),
        True,
        _DECIDING,
        while_closing=True,
    ),
    # No phase: an author may object after the phase is settled, and is answered. The service asks who took part.
    Permission.answer_objection: Rule(
        "Moderators answer objections to merges and splits that others made; managers those that nobody answered for two weeks.",
        _only(R.moderator, R.manager),
        True,
    ),
    Permission.promote_proposal: Rule(
        "Moderators promote proposals, findings and meeting notes into draft actions while co-planning or drafting is open, and "
        "until each proposal has its answer.",
        _only(R.moderator),
        True,
        _DECIDING,
        while_closing=True,
    ),
    Permission.prepare_disposition: Rule(
        "Moderators prepare dispositions, which nobody else sees until they are published.", _only(R.moderator), True
    ),
    Permission.ask_evaluations: Rule(
        "Moderators and managers ask evaluators and offices for evaluations, and keep the list of offices.",
        _only(R.moderator, R.manager),
        True,
    ),
    # No phase: offices answer within the deadline they were given, which may reach beyond co-planning.
    Permission.evaluate_proposal: Rule(
        "Evaluators evaluate the proposals they or their office were asked about.", _only(R.evaluator), True
    ),
    Permission.write_internal_note: Rule(
        "Moderators, evaluators and managers write notes about proposals that only they read.",
        _only(R.moderator, R.evaluator, R.manager),
        True,
    ),
    Permission.see_plan_desk: Rule(
        "Moderators, managers and reviewers see draft actions.", _only(R.moderator, R.manager, R.reviewer), False
    ),
    Permission.edit_action: Rule(
        "Moderators and managers edit draft actions.",
        _only(R.moderator, R.manager),
        True,
        frozenset({PhaseKind.co_planning, PhaseKind.drafting}),
        while_closing=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account, the system (worker, command), or nobody known."""

    account_id: uuid.UUID | None = None
    name: str = ""
    system: bool = False


SYSTEM = Actor(name="Consult", system=True)
NOBODY = Actor()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may rest on: roles held here, kinds of phase open now, whether the process is published."""

    roles: frozenset[Role] = field(default_factory=lambda: frozenset({Role.anonymous}))
    open_phases: frozenset[PhaseKind] = frozenset()
    published: bool = True
    #: Kinds of phase whose date is past and in which something still waits for an answer.
    closing_phases: frozenset[PhaseKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed or not; when not, whether the person may at least know that the thing exists, and whether only the phase is missing."""

    allowed: bool
    hidden: bool = False
    phase_closed: bool = False
    sign_in: bool = False


def decide(permission: Permission, facts: Facts) -> Verdict:
    """Apply the table to the facts. Default is refusal."""
    rule = TABLE[permission]
    staff = bool(facts.roles & (STAFF | {Role.administrator}))
    if rule.public_once_published and not facts.published and not staff:
        return Verdict(False, hidden=True)
    if not facts.roles & rule.roles:
        if Role.account in rule.roles and Role.account not in facts.roles:
            return Verdict(False, sign_in=True)
        # What a person may not see answers 404; the desk's existence is nobody's business.
        return Verdict(False, hidden=True, sign_in=Role.account not in facts.roles)
    at_work = facts.open_phases | (facts.closing_phases if rule.while_closing else frozenset())
    if rule.phases and not rule.phases & at_work:
        return Verdict(False, phase_closed=True)
    return Verdict(True)


def allows(permission: Permission, facts: Facts) -> bool:
    """Shorthand of `decide` for pages that show or hide a button."""
    return decide(permission, facts).allowed


def table_lines() -> Iterable[str]:
    """The table as text, one line a permission: what `consult permissions` prints and a test compares."""
    for permission, rule in TABLE.items():
        roles = ", ".join(sorted(rule.roles))
        phases = ", ".join(sorted(rule.phases)) or "any phase"
        phases += " (also closing)" if rule.while_closing else ""
        kind = "writes" if rule.writes else "reads"
        scope = "; once published" if rule.public_once_published else ""
        yield f"{permission}: {rule.sentence} [{kind}; {phases}{scope}; {roles}]"
