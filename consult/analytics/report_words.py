"""The words of summary.md, in the languages it can be written in."""

from __future__ import annotations

from consult.analytics.summaries import LANGUAGES

# In the order of LANGUAGES: Italian, English, French. Numbers stand before nouns, so that no article has to agree.
WORDS = {
    "heading": ("Temi", "Themes", "Thèmes"),
    "overview": (
        "Testi: {texts}. Temi: {themes}. Testi senza tema: {other}. Testi quasi uguali ad altri: {copies} (gruppi: {groups}). "
        "Righe non leggibili: {bad}.",
        "Texts: {texts}. Themes: {themes}. Texts without a theme: {other}. Texts nearly equal to others: {copies} "
        "(groups: {groups}). Rows that could not be read: {bad}.",
        "Textes : {texts}. Thèmes : {themes}. Textes sans thème : {other}. Textes presque identiques à d'autres : {copies} "
        "(groupes : {groups}). Lignes illisibles : {bad}.",
    ),
    "no_strategy": ("Nessuna strategia", "No strategy", "Aucune stratégie"),
    "size": (
        "{size} testi su {total}, {share}",
        "{size} of {total} texts, {share}",
        "{size} textes sur {total}, {share}",
    ),
    "size_one": ("1 testo su {total}, {share}", "1 of {total} texts, {share}", "1 texte sur {total}, {share}"),
    "keywords": ("Parole: {keywords}.", "Words: {keywords}.", "Mots : {keywords}."),
    "row": ("riga", "row", "ligne"),
    "retold": (
        "Riscritto da un modello linguistico ({model}) a partire dalle citazioni qui sopra, verificato frase per frase:",
        "Rephrased by a language model ({model}) from the quotes above, checked sentence by sentence:",
        "Réécrit par un modèle de langage ({model}) à partir des citations ci-dessus, vérifié phrase par phrase :",
    ),
    "repeated": (
        "Più di metà dei testi ripete lo stesso testo.",
        "More than half of these texts repeat one text.",
        "Plus de la moitié de ces textes répètent le même texte.",
    ),
    "bad_rows": ("Righe non leggibili", "Rows that could not be read", "Lignes illisibles"),
    "bad_row": (
        "- riga {row} (linea {line} del file): {reason}",
        "- row {row} (line {line} of the file): {reason}",
        "- ligne {row} (ligne {line} du fichier) : {reason}",
    ),
    "part": (
        "{value} {count} su {total} ({share})",
        "{value} {count} of {total} ({share})",
        "{value} {count} sur {total} ({share})",
    ),
    "over": (
        "{value}: più che altrove ({share} contro {rest}, q = {q}).",
        "{value}: more than elsewhere ({share} against {rest}, q = {q}).",
        "{value} : plus qu'ailleurs ({share} contre {rest}, q = {q}).",
    ),
    "under": (
        "{value}: meno che altrove ({share} contro {rest}, q = {q}).",
        "{value}: less than elsewhere ({share} against {rest}, q = {q}).",
        "{value} : moins qu'ailleurs ({share} contre {rest}, q = {q}).",
    ),
}


def words(code: str, language: str, **values: object) -> str:
    """The words of the report for a code, in Italian where the language is none of the three."""
    return WORDS[code][LANGUAGES.index(language) if language in LANGUAGES else 0].format(**values)
