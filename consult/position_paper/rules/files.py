"""Why a file of the paper can be missing, in words for readers and mails."""

from __future__ import annotations

from consult.core.sentences import N_
from consult.position_paper.types import FileFailure

WHY_NO_FILE: dict[FileFailure, str] = {
    FileFailure.too_much: N_(
        "È troppo lungo per questo formato: impaginarlo chiede più di un minuto, o più memoria di quella che un documento può usare."
    ),
    FileFailure.refused: N_("Il programma che impagina non accetta qualcosa che sta nel testo."),
    FileFailure.lost: N_(
        "Il lavoro si è interrotto ogni volta che è stato provato: lo deve guardare chi gestisce il sito."
    ),
}
