"""The one path by which text written by people becomes HTML: Markdown without raw HTML, then sanitised."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a", "code", "pre", "h3", "h4", "h5", "hr"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).disable(["image"])
# A heading typed by a person must not compete with the page's own headings.
_LOWER = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h5", "h6": "h5"}


def render_user_text(text: str) -> Markup:
    """Safe HTML for a text typed by a person; links open only to https, http and mailto, marked nofollow and ugc."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _LOWER[token.tag]
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener ugc",
    )
    # This is the one place where text becomes markup; an architecture test holds it to that.
    return Markup(clean)  # noqa: S704  # Sanitised on the line above.


def stored_user_text(html: str) -> Markup:
    """Markup out of a column that `render_user_text` filled when the text was written; nothing else may be passed."""
    return Markup(html)  # noqa: S704  # Sanitised before it was stored.
