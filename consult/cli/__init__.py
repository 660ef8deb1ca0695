"""The one command-line program: `consult --help` lists all. Each command calls the services that the pages call; one module a subject."""

from consult.cli import codebook, framework, interviews, paper, plan, questionnaires, running, sources, themes
from consult.cli.shell import main

__all__ = [
    "codebook",
    "framework",
    "interviews",
    "main",
    "paper",
    "plan",
    "questionnaires",
    "running",
    "sources",
    "themes",
]
