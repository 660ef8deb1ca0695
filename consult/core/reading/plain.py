"""Text files line by line, in whatever encoding they were written. Runs in the child only."""

from __future__ import annotations

from consult.core.reading.blocks import Block, Refused


def decoded(data: bytes) -> str:
    """The text: by its mark, as UTF-8, else as Windows writes it. Raises Refused for what is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "strict")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\x00" in text:
        raise Refused("wrong_type")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_blocks(data: bytes) -> list[Block]:
    """One block a line; empty lines stay, since they part paragraphs."""
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise Refused("wrong_type") from error
    return [Block(line.rstrip(), "line") for line in text.split("\n")]
