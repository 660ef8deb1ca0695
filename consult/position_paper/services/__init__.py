"""Writes of the paper, by subject: `drafting` proposes; `editing`, `citing` and `moving` take what people change and decide;
`publishing` freezes, and `redacting` follows consent afterwards; `content`, `prose` and `showing` make the paper one value with the
words that may be read, and `comparing` sets two of them side by side; `export` writes files; `building` does a whole paper from a
command."""

from consult.position_paper.services.building import aggregate_here, build_outputs, export_paper
from consult.position_paper.services.checking import check_lines, check_paper, review_paper
from consult.position_paper.services.citing import add_finding, cite, uncite
from consult.position_paper.services.comparing import Comparison, compare
from consult.position_paper.services.confronting import confront, reply, take_back
from consult.position_paper.services.content import build as build_content
from consult.position_paper.services.content import theme_states
from consult.position_paper.services.drafting import draft_paper, ensure_paper
from consult.position_paper.services.editing import save_finding, save_section, set_state
from consult.position_paper.services.export.files import build_file, write
from consult.position_paper.services.moving import follow_coding, reread, take_back_decision, take_news
from consult.position_paper.services.ordering import move_finding, move_section
from consult.position_paper.services.personal import PERSONAL_DATA
from consult.position_paper.services.prose import channel_name
from consult.position_paper.services.publishing import ask_for_files, publish
from consult.position_paper.services.redacting import ask_for_due, follow_consent
from consult.position_paper.services.reviewing import (
    answer_approval,
    ask_approval,
    fingerprint,
    settle_note,
    write_note,
)
from consult.position_paper.services.showing import (
    ShownPaper,
    raw_finding,
    show_finding,
    show_paper,
    words_of_its_authors,
)
from consult.position_paper.services.sourcing import source_sentence

__all__ = [
    "PERSONAL_DATA",
    "Comparison",
    "ShownPaper",
    "add_finding",
    "aggregate_here",
    "answer_approval",
    "ask_approval",
    "ask_for_due",
    "ask_for_files",
    "build_content",
    "build_file",
    "build_outputs",
    "channel_name",
    "check_lines",
    "check_paper",
    "cite",
    "compare",
    "confront",
    "draft_paper",
    "ensure_paper",
    "export_paper",
    "fingerprint",
    "follow_coding",
    "follow_consent",
    "move_finding",
    "move_section",
    "publish",
    "raw_finding",
    "reply",
    "reread",
    "review_paper",
    "save_finding",
    "save_section",
    "set_state",
    "settle_note",
    "show_finding",
    "show_paper",
    "source_sentence",
    "take_back",
    "take_back_decision",
    "take_news",
    "theme_states",
    "uncite",
    "words_of_its_authors",
    "write",
    "write_note",
]
