"""Writes of the paper, by subject: `drafting` proposes; `editing` and `citing` take what people change; `publishing` freezes; `content`,
`prose` and `showing` make the paper one value with the words that may be read; `blocks`, `figures` and `export` write files;
`building` does a whole paper from a command."""

from consult.position_paper.services.building import aggregate_here, build_outputs
from consult.position_paper.services.checking import check_lines, check_paper
from consult.position_paper.services.citing import add_finding, cite, reread, take_news, uncite
from consult.position_paper.services.content import build as build_content
from consult.position_paper.services.content import theme_states
from consult.position_paper.services.drafting import draft_paper, ensure_paper
from consult.position_paper.services.editing import save_finding, save_section, set_state
from consult.position_paper.services.export import build_files
from consult.position_paper.services.prose import channel_name
from consult.position_paper.services.publishing import ask_for_files, publish
from consult.position_paper.services.showing import raw_finding, show_finding, show_paper
from consult.position_paper.services.sourcing import source_sentence

__all__ = [
    "add_finding",
    "aggregate_here",
    "ask_for_files",
    "build_content",
    "build_files",
    "build_outputs",
    "channel_name",
    "check_lines",
    "check_paper",
    "cite",
    "draft_paper",
    "ensure_paper",
    "publish",
    "raw_finding",
    "reread",
    "save_finding",
    "save_section",
    "set_state",
    "show_finding",
    "show_paper",
    "source_sentence",
    "take_news",
    "theme_states",
    "uncite",
]
