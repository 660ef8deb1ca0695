"""Texts that come as HTML, read as what a person sees of them: no tags, no scripts, letters for their codes."""

from __future__ import annotations

import html
import re

# Only what HTML has: "a < b", "<3" and addresses in angle brackets are said as they stand.
BLOCKS = re.sub(
    r"\s+",
    "|",
    """address article aside blockquote br dd div dl dt figcaption figure footer form h[1-6] header hr li main nav ol p pre section table td th
    tr ul""",
)
INLINE = re.sub(
    r"\s+",
    "|",
    """a abbr b big body button center cite code del em font head html i iframe img input ins kbd label mark meta o:p q s samp small span
    strike strong sub sup svg tbody tfoot thead time tt u var video""",
)
#: What nobody sees: how it begins and how it ends.
SILENT = tuple(
    (re.compile(begins, re.IGNORECASE), re.compile(ends, re.IGNORECASE))
    for begins, ends in (
        *((rf"<{name}\b[^<>]*>", rf"</{name}\s*>") for name in ("script", "style", "noscript", "title")),
        ("<!--", "-->"),
        ("<!doctype", ">"),
    )
)
BLOCK = re.compile(rf"</?(?:{BLOCKS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
TAG = re.compile(rf"</?(?:{INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
CODE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
MANY_LINES = re.compile(r"\s*\n\s*")


def plain(text: str) -> str:
    """The text without HTML; one that has none comes back as it is."""
    if "<" in text:
        bare = _seen(text)
        bare = TAG.sub("", BLOCK.sub("\n", bare))
        if bare != text:
            text = MANY_LINES.sub("\n", bare).strip()
    if "&" in text:
        text = CODE.sub(lambda code: html.unescape(code.group()), text).replace("\xa0", " ").replace("\x00", " ")
    return text


def _seen(text: str) -> str:
    """The text without what stands between such a beginning and its end; each is looked for once, however many have no end."""
    for begins, ends in SILENT:
        kept, place = [], 0
        while (first := begins.search(text, place)) and (last := ends.search(text, first.end())):
            kept.append(text[place : first.start()])
            place = last.end()
        if kept:
            text = " ".join([*kept, text[place:]])
    return text
