"""Texts and embedders for the analytics' tests: real Italian sentences, lexical vectors where no model is needed."""

from __future__ import annotations

import pytest

from consult.analytics.embedding import E5Embedder, LexicalEmbedder, model_folder
from consult.analytics.types import FrameTarget, SourceText

TRAINS = [
    "Il treno delle sette è sempre in ritardo e i pendolari arrivano tardi al lavoro.",
    "Servono più treni la sera, l'ultimo parte alle venti e chi lavora resta a piedi.",
    "La stazione è chiusa e il treno salta la fermata senza avviso.",
    "Un treno ogni mezz'ora per i pendolari, come hanno in città.",
    "I pendolari chiedono treni puliti e puntuali, il ritardo è la regola.",
    "Vorrei che il treno fermasse anche la domenica nella nostra stazione.",
    "Il binario unico blocca tutto: un treno in ritardo ne ferma altri tre.",
    "Alla stazione manca la pensilina, si aspetta il treno sotto la pioggia.",
]
DOCTORS = [
    "Il medico di base è andato in pensione e nessuno lo sostituisce.",
    "Per una visita dal medico specialista si aspetta otto mesi.",
    "L'ambulatorio apre un giorno alla settimana e il medico ha troppi pazienti.",
    "Mia madre ha ottant'anni e il medico più vicino è a venti chilometri.",
    "Servono infermieri e un medico nelle frazioni, non solo in ospedale.",
    "Al pronto soccorso si aspetta tutta la notte per una visita.",
    "La farmacia è l'unico presidio, il medico viene il martedì.",
    "Le visite a distanza vanno bene se accanto al paziente c'è un infermiere.",
]
WATER = [
    "L'acquedotto perde acqua da anni e d'estate i rubinetti restano asciutti.",
    "Per irrigare i campi serve un invaso, l'acqua del canale non basta più.",
    "Il depuratore è vecchio e l'acqua del torrente puzza.",
    "Con la siccità il consorzio ha dimezzato i turni di irrigazione.",
    "Le fontanelle buttano acqua giorno e notte mentre i campi seccano.",
    "Riparate i tubi dell'acquedotto prima di aumentare la bolletta dell'acqua.",
    "La sorgente della borgata è senza controlli, chi analizza l'acqua?",
    "Un canale pulito porta acqua a dieci aziende, nessuno lo pulisce.",
]
ZONES = ("1", "2", "3", "5", "6", "9")
SPEAKERS = ("resident", "association", "business")


@pytest.fixture
def lexical() -> LexicalEmbedder:
    """Vectors from words alone: no model file needed."""
    return LexicalEmbedder()


@pytest.fixture(scope="session")
def e5() -> E5Embedder:
    """The real model, where set-up has written it."""
    folder = model_folder()
    if not (folder / "model.json").is_file():
        pytest.skip("var/model is not there: run python -m consult.analytics.model_build")
    return E5Embedder(folder)


@pytest.fixture
def sources() -> list[SourceText]:
    """Twenty-four needs on three subjects, two copies of one of them, and two that say nothing."""
    texts = [*TRAINS, *DOCTORS, *WATER, TRAINS[0].upper(), TRAINS[0] + " Grazie.", "non so", "..."]
    return [
        SourceText(
            id=f"s{number:03d}",
            text=text,
            channel="contribution" if number % 3 else "answer",
            zone=ZONES[number % len(ZONES)],
            speaker=SPEAKERS[number % len(SPEAKERS)],
            respondent=f"r{number // 2}" if number % 3 == 0 else None,
        )
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def frame() -> tuple[FrameTarget, ...]:
    """Three strategies in two axes."""
    return (
        FrameTarget(
            "1.1",
            "Potenziare la ferrovia",
            "1",
            "Mobilità",
            "Collegare il territorio",
            "Treni, stazioni, pendolari.",
            ("treno", "stazione", "pendolari"),
        ),
        FrameTarget(
            "2.1",
            "Curare vicino a casa",
            "2",
            "Salute",
            "Servizi vicini",
            "Medici, visite, ambulatori.",
            ("medico", "visita", "ambulatorio"),
        ),
        FrameTarget(
            "2.2",
            "Gestire bene l'acqua",
            "2",
            "Salute",
            "Servizi vicini",
            "Acquedotti, canali, irrigazione.",
            ("acqua", "acquedotto", "irrigazione"),
        ),
    )
