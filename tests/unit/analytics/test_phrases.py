"""What may begin the name of a theme: nouns, told by what stands before them."""

from __future__ import annotations

import pickle

import pytest

from consult.analytics.joining import joined
from consult.analytics.lexical import is_adverb
from consult.analytics.phrases import PhraseCounter

BEGINNINGS = [
    # An adjective whose noun names nothing leans on it all the same.
    (
        "it",
        ["La zona industriale dismessa è piena di rovi.", "Nella zona industriale dismessa non va nessuno.", "Rovi nella zona industriale dismessa."],
        "industriale dismessa",
    ),
    # A verb that looks like a noun, after its subject and after a pronoun.
    (
        "fr",
        ["La France compte trop de fonctionnaires.", "On compte sur les fonctionnaires.", "Le pays compte les fonctionnaires."],
        "compte sur les fonctionnaires",
    ),
    # A participle that no article ever stands before.
    (
        "it",
        ["Sequestrati capannoni pieni di merce falsa.", "Sequestrati capannoni senza permessi.", "Sequestrati capannoni e macchine."],
        "sequestrati capannoni",
    ),
]  # fmt: skip  # texts read better in rows


@pytest.mark.parametrize(("language", "texts", "wrong"), BEGINNINGS)
def test_no_name_begins_in_the_middle_of_something(language: str, texts: list[str], wrong: str) -> None:
    counter = PhraseCounter()
    counter.add("one", [(text, language) for text in texts])
    counter.add("other", [("Il treno della sera salta la fermata.", "it"), ("Le bus du soir ne passe pas.", "fr")])
    found = [surface for surface, _, _ in counter.candidates("one", language=language)]
    assert found
    assert not any(surface.startswith(wrong.split()[0]) for surface in found), found


def test_a_noun_like_a_participle_may_begin_a_name() -> None:
    counter = PhraseCounter()
    texts = ["Il mercato coperto apre tardi.", "Al mercato coperto mancano i banchi.", "Mercato coperto da riaprire."]
    counter.add("one", [(text, "it") for text in texts])
    counter.add("other", [("Il treno della sera salta la fermata.", "it")])
    assert "mercato coperto" in [surface for surface, _, _ in counter.candidates("one", language="it")]


@pytest.mark.parametrize(("number", "named"), [(5, True), (14, False)])
def test_a_detail_that_one_of_many_tells_names_nothing(number: int, named: bool) -> None:
    words = [
        "musica",
        "cucito",
        "inglese",
        "disegno",
        "informatica",
        "cucina",
        "danza",
        "canto",
        "teatro",
        "nuoto",
        "yoga",
        "scacchi",
        "orto",
    ]
    rest = [f"Un corso di {word} a cui iscriversi." for word in words]
    counter = PhraseCounter()
    counter.add("one", [(text, "it") for text in ["I corsi di ceramica vanno rifatti.", *rest][:number]])
    counter.add("other", [("Il treno della sera salta la fermata.", "it"), ("La ceramica è un mestiere.", "it")] * 4)
    found = [surface for surface, _, _ in counter.candidates("one", language="it")]
    assert ("corsi di ceramica" in found) is named
    assert ("corsi di ceramica" in [surface for surface, _ in counter.around("one", "corso", "it")]) is named


NAMES = [
    # Two nouns side by side, as in headlines; an adjective beside its noun is a name.
    (
        "it",
        ["Presentazione progetto in sala.", "Il progetto del parco.", "Sul progetto non c'è nulla.", "Un progetto per il parco.",
         "Del progetto si parla in sala.", "Presentazione progetto lunedì.", "Il progetto."],
        "presentazione progetto", False,
    ),
    ("it", ["La piccola impresa non trova credito.", "Una piccola impresa da sola.", "Le imprese piccole."], "piccola impresa", True),
    # What is not so names nothing; abbreviations stay as they are written.
    ("it", ["Lavoro e non tutelato in fabbrica.", "Il lavoro e non tutelato.", "Lavoro in fabbrica."], "lavoro e non tutelato", False),
    ("fr", ["Baisser la TVA sur les produits.", "La TVA sur les produits frais.", "Une TVA sur les produits."], "TVA sur les produits", True),
    # French infinitives and participles that no article stands before.
    ("fr", ["Imposer au consommateur un compteur.", "On veut imposer au consommateur tout."], "imposer au consommateur", False),
    ("fr", ["Financé grâce aux impôts.", "Le projet financé grâce aux impôts."], "financé grâce aux impôts", False),
    ("fr", ["Le foyer fiscal des familles.", "Un foyer fiscal par famille.", "Le foyer fiscal."], "foyer fiscal", True),
    ("fr", ["Les députés élues hier.", "Des députés élues demain."], "députés élues", False),
]  # fmt: skip  # texts read better in rows


@pytest.mark.parametrize(("language", "texts", "phrase", "names"), NAMES)
def test_a_name_is_a_noun_with_what_belongs_to_it(language: str, texts: list[str], phrase: str, names: bool) -> None:
    counter = PhraseCounter()
    counter.add("one", [(text, language) for text in texts])
    counter.add("other", [("Il treno della sera salta la fermata.", "it"), ("Le bus du soir ne passe pas.", "fr")])
    found = [surface for surface, _, _ in counter.candidates("one", 14, language)]
    assert (phrase in found) is names, found


def test_a_word_is_named_by_a_phrase_that_others_say_too() -> None:
    counter = PhraseCounter()
    texts = [
        "Il parcheggio di scambio è lontano.",
        "Un parcheggio e pozzetti rotti.",
        "Lo scambio dei treni.",
        "I pozzetti del parcheggio.",
    ]
    counter.add("one", [(text, "it") for text in texts])
    counter.add("other", [("Il treno della sera salta la fermata.", "it")])
    assert ("parcheggio di scambio", True) in counter.around("one", "parcheggio", "it")
    assert not any(" e " in surface for surface, _ in counter.around("one", "parcheggio", "it"))


@pytest.mark.parametrize(
    ("word", "language", "adverb"),
    [
        ("énormément", "fr", True), ("localement", "fr", True), ("étalement", "fr", False), ("logement", "fr", False),
        ("développement", "fr", False), ("facilmente", "it", True), ("alimento", "it", False),
    ],
)  # fmt: skip  # pairs read better in rows
def test_adverbs_name_nothing(word: str, language: str, adverb: bool) -> None:
    assert is_adverb(word, language) is adverb


def test_groups_counted_by_several_counters_are_named_as_by_one() -> None:
    groups = {
        f"{number}{language}": [(text, language) for text in texts]
        for number, (language, texts, _) in enumerate(BEGINNINGS * 2)
    }
    alone, parts = PhraseCounter(), []
    for start in range(0, len(groups), 2):
        counter = PhraseCounter()
        for key in list(groups)[start : start + 2]:
            counter.add(key, groups[key])
        parts.append(pickle.loads(pickle.dumps(counter)))  # noqa: S301  # As it comes from a child.
    for key, texts in groups.items():
        alone.add(key, texts)
    together = joined(parts)
    assert vars(together) == vars(alone)
    assert [together.candidates(key) for key in groups] == [alone.candidates(key) for key in groups]
    assert list(together.keywords().items()) == list(alone.keywords().items())
