"""Why a file of the paper can be missing, in words for readers and mails."""

from __future__ import annotations

from consult.position_paper.types import FileFailure


def N_(text: str) -> str:
    """Mark a text for translation where it stands as data; pages and mails translate it when they show it."""
    return text


WHY_NO_FILE: dict[FileFailure, str] = {
    FileFailure.too_much: N_(
        "È troppo lungo per questo formato: impaginarlo chiede più di un minuto, o più memoria di quella che un documento può usare."
    ),
    FileFailure.refused: N_("Il programma che impagina non accetta qualcosa che sta nel testo."),
    FileFailure.lost: N_(
        "Il lavoro si è interrotto ogni volta che è stato provato: lo deve guardare chi gestisce il sito."
    ),
}
