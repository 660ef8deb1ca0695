"""Names of database constraints and the sentences people read when one refuses a write."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "uq_account_email": "Per questo indirizzo esiste già un account: si può accedere o chiedere una nuova password.",
    "uq_membership_process_id_account_id_role": "Questa persona ha già questo ruolo nel processo.",
    "uq_process_slug": "Esiste già un processo con questo indirizzo: scegline un altro.",
    "uq_frame_slug": "Una struttura di piano con questo nome è già stata importata.",
    "uq_territory_slug": "Un territorio con questo nome è già stato importato.",
    "ck_phase_closes_after_opening": "La chiusura di una fase deve venire dopo la sua apertura.",
    "ck_source_consented_in_use": "Manca il consenso di chi l’ha detta: si può rimettere quando il consenso si registra di nuovo nell’intervista.",
    "uq_disposition_standing": "Questa proposta ha già un esito: qualcun altro l’ha appena decisa. Niente è stato scritto due volte.",
}
DEFAULT = "Qualcun altro ha appena salvato la stessa cosa. Ricarica la pagina per vedere come è ora: quello che hai scritto è qui sotto."


def sentence_for(name: str | None) -> str:
    """The sentence for a constraint; a general one for those that people can't meet in normal use."""
    return MESSAGES.get(name or "", DEFAULT)
