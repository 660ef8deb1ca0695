"""A text generator, where an authority configures one. The product works without: the Null port says that it has nothing."""

from __future__ import annotations

from typing import Protocol


class LanguageModel(Protocol):
    """Writes text from an instruction and the texts it may rest on."""

    #: Name and version, to be kept beside whatever it wrote; empty where there is none.
    name: str

    def write(self, *, instruction: str, texts: list[str], language: str) -> str | None:
        """The text, or None where the port has nothing to offer."""


class NullLanguageModel:
    """No generator is configured: everything is done by the project's own methods."""

    name = ""

    def write(self, *, instruction: str, texts: list[str], language: str) -> str | None:
        """Always None."""
        return None
