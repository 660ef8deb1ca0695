"""Writes of the paper, by subject: `beginning` makes the paper with its sections, `composing` says what
the machine would write and `drafting` stores it; `editing`, `citing` and `moving` take what people change and decide;
`publishing` freezes, `requesting` asks for its files, and `redacting` follows consent afterwards; `content`, `prose` and `showing` make
the paper one value with the words that may be read, and `comparing` sets two of them side by side; `consulting` puts a draft before the
public, `commenting` takes comments and their answers and `telling` tells people of them; `export` writes files; `building` does a whole paper from a
command."""

from consult.position_paper.services.approving import answer_approval, ask_approval, section_approvals
from consult.position_paper.services.beginning import ensure_paper
from consult.position_paper.services.building import aggregate_here, build_outputs, export_paper
from consult.position_paper.services.checking import check_lines, check_paper, review_paper
from consult.position_paper.services.citing import add_finding, cite, uncite
from consult.position_paper.services.commenting import (
    answer_comments,
    comment,
    report_comment,
    withdraw_comment,
)
from consult.position_paper.services.commenting import reply as reply_to_comment
from consult.position_paper.services.comparing import Comparison, compare
from consult.position_paper.services.confronting import confront, reply, take_back
from consult.position_paper.services.consulting import change_end, open_draft
from consult.position_paper.services.content import build as build_content
from consult.position_paper.services.content import theme_states
from consult.position_paper.services.drafting import draft_paper
from consult.position_paper.services.editing import save_finding, save_section, set_state
from consult.position_paper.services.export.files import build_file, write
from consult.position_paper.services.moving import follow_coding, reread, take_back_decision, take_news
from consult.position_paper.services.ordering import move_finding, move_section, place_section
from consult.position_paper.services.personal import PERSONAL_DATA
from consult.position_paper.services.prose import channel_name
from consult.position_paper.services.publishing import publish
from consult.position_paper.services.redacting import ask_for_due, follow_consent
from consult.position_paper.services.requesting import ask_for_files, fail_file
from consult.position_paper.services.reviewing import settle_note, write_note
from consult.position_paper.services.showing import (
    ShownFinding,
    ShownPaper,
    raw_finding,
    show_finding,
    show_paper,
    words_of_its_authors,
)
from consult.position_paper.services.sourcing import source_sentence
from consult.position_paper.services.telling import tell_answer, tell_comment, tell_consultation, tell_final
from consult.position_paper.services.verifying import verify_version

__all__ = [
    "PERSONAL_DATA",
    "Comparison",
    "ShownFinding",
    "ShownPaper",
    "add_finding",
    "aggregate_here",
    "answer_approval",
    "answer_comments",
    "ask_approval",
    "ask_for_due",
    "ask_for_files",
    "build_content",
    "build_file",
    "build_outputs",
    "change_end",
    "channel_name",
    "check_lines",
    "check_paper",
    "cite",
    "comment",
    "compare",
    "confront",
    "draft_paper",
    "ensure_paper",
    "export_paper",
    "fail_file",
    "follow_coding",
    "follow_consent",
    "move_finding",
    "move_section",
    "open_draft",
    "place_section",
    "publish",
    "raw_finding",
    "reply",
    "reply_to_comment",
    "report_comment",
    "reread",
    "review_paper",
    "save_finding",
    "save_section",
    "section_approvals",
    "set_state",
    "settle_note",
    "show_finding",
    "show_paper",
    "source_sentence",
    "take_back",
    "take_back_decision",
    "take_news",
    "tell_answer",
    "tell_comment",
    "tell_consultation",
    "tell_final",
    "theme_states",
    "uncite",
    "verify_version",
    "withdraw_comment",
    "words_of_its_authors",
    "write",
    "write_note",
]
