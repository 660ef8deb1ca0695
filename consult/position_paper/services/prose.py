"""The paper's own paragraphs: how it was made, who took part, what it can't say. Pure: every number comes in as a fact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from textwrap import shorten
from typing import Any

from consult.evidence.rules import SMALL_CELL, speaker_words
from consult.position_paper.queries import STATES, ConfrontationRow
from consult.position_paper.rules import CHANNEL_WORDS, grouped, wording

#: How much of a provision stands in the table of the paper, in characters; the page named beside it has all.
PROVISION_WORDS = 200
_IT = {
    "gathered": "L’ascolto ha raccolto {channels}.",
    "never_added": "I canali non si sommano: la stessa persona può avere risposto a un questionario e parlato in un incontro. Perciò ogni numero "
    "di questo documento dice il suo canale e il suo totale.",
    "zones": "Sono arrivate voci da {reached} zone su {all}.",
    "how": "Un programma ha letto le {sources} fonti, le ha raggruppate in temi e le ha collegate alle strategie (aggregazione numero {number}, "
    "metodo {model}). Il programma propone soltanto: ogni risultanza pubblicata è stata accettata da una persona, e dice se il testo è della "
    "macchina, corretto da una persona o scritto da una persona.",
    "small": "Un tema ha almeno cinque voci, qualcuna in meno dove in tutto sono meno di sessanta: quello che dicono in pochi sta nel tema più "
    "vicino della stessa strategia. Se di una strategia parlano in pochi, le loro fonti sono lette insieme a quelle che non stanno sotto nessuna.",
    "draft": "Questa è una bozza: le risultanze con la dicitura «proposta automatica» non sono ancora state accettate da nessuno.",
    "sources": "Ogni risultanza elenca le fonti su cui poggia e quelle di segno contrario. Le citazioni sono parola per parola, e compaiono solo "
    "con il consenso di chi le ha dette.",
    "none": "Su {sources} fonti lette, {fits_none} non stanno bene sotto nessuna strategia del piano e {other} non rientrano in nessun tema.",
    "none_themes": "I temi qui sotto non trovano posto nelle strategie del piano: possono chiedere una strategia nuova, o riguardare altri enti.",
    "sample": "Chi ha parlato ha scelto di farlo: non è un campione. I numeri dicono quante voci, non quanta parte della popolazione.",
    "silent": "Da queste zone non è arrivata nessuna voce: {zones}. Il loro silenzio non vuol dire che non abbiano bisogni.",
    "unknown": "Di nessuna fonte si conosce la zona: questo documento non può dire che cosa chiede un territorio e che cosa un altro.",
    "few": "I numeri sotto cinque sono scritti «meno di 5», perché chi ha parlato non si possa riconoscere.",
    "copies": "{copies} fonti sono quasi uguali ad altre: contano come voci, ma sono lo stesso argomento.",
    "empty": "{empty} fonti sono vuote o fuori tema e non stanno sotto nessuna risultanza.",
    "empty_one": "Una fonte è vuota o fuori tema e non sta sotto nessuna risultanza.",
    "fallback": "Le somiglianze fra i testi sono state misurate sulle parole, senza modello linguistico: testi che dicono la stessa cosa con parole "
    "diverse possono stare in temi separati.",
    "machine": "Il raggruppamento automatico sbaglia: una fonte può stare nel tema sbagliato. Chi trova un errore può segnalarlo, e la versione "
    "seguente lo correggerà.",
    "partial": "L’elenco dei comuni caricato è parziale: il comune di chi ha parlato non è sempre noto, la zona sì dove è stata indicata.",
    "zone_from": "Da questa zona sono arrivati {channels}.",
    "zone_none": "Da questa zona non è arrivata nessuna voce.",
    "zone_people": "Ci vivono {residents} persone.",
    "zone_most": "Le risultanze con più voci di qui: {listed}.",
    "zone_one": "{number}, «{title}» ({n} voci)",
    "zone_uncited": "Nessuna risultanza poggia su almeno cinque voci di questa zona.",
    "cross": "Le risultanze {one} («{first}», strategia {a}) e {two} («{second}», strategia {b}) poggiano su {n} fonti comuni.",
    "against": "Le risultanze sono state messe a confronto con i piani già in vigore: {plans}. {done} risultanze su {all} hanno un confronto.",
    "against_one": "Le risultanze sono state messe a confronto con i piani già in vigore: {plans}. Una risultanza su {all} ha un confronto.",
    "against_none": "Le risultanze non sono ancora state messe a confronto con i piani già in vigore.",
    "against_caption": "Confronto con {plan}",
    "against_columns": "Risultanza|Previsione|Esito|Perché|Risposta dell’ufficio",
    "states": "già previsto|previsto in parte|in contrasto|manca|non di competenza",
    "page": "p. {page}",
    "cross_none": "Nessuna coppia di risultanze di strategie diverse poggia su almeno cinque fonti comuni.",
}
_EN = {
    "gathered": "Listening gathered {channels}.",
    "never_added": "Channels are never added up: the same person may have answered a questionnaire and spoken at a meeting. So every number in this "
    "document names its channel and its total.",
    "zones": "Voices came from {reached} of {all} zones.",
    "how": "A program read the {sources} sources, grouped them into themes and linked them to strategies (aggregation number {number}, method "
    "{model}). It only proposes: every published finding was accepted by a person, and says whether its text is the machine’s, corrected by a "
    "person or written by a person.",
    "small": "A theme has at least five voices, somewhat fewer where there are less than sixty in all: what few say is in the nearest theme of "
    "the same strategy. Where few speak of a strategy at all, their sources are read together with those that fit none.",
    "draft": "This is a draft: findings marked as automatic proposals have not been accepted by anyone yet.",
    "sources": "Every finding lists the sources it rests on and those against it. Quotes are word for word, and appear only with consent.",
    "none": "Of {sources} sources read, {fits_none} fit none of the plan’s strategies and {other} are under no theme.",
    "none_themes": "The themes below have no place among the plan’s strategies: they may ask for a new one, or concern other bodies.",
    "sample": "Those who spoke chose to: they are not a sample. Numbers say how many voices, not what part of the population.",
    "silent": "No voice came from these zones: {zones}. Their silence does not mean that they have no needs.",
    "unknown": "No source has a zone: this document can’t say what one area asks for and what another.",
    "few": "Numbers under five are written as “fewer than 5”, so that nobody can be recognised.",
    "copies": "{copies} sources are nearly equal to others: they count as voices, but are one argument.",
    "empty": "{empty} sources are empty or off topic and are under no finding.",
    "empty_one": "One source is empty or off topic and is under no finding.",
    "fallback": "Likeness between texts was measured on words, without a language model: texts that say the same thing in other words may be in "
    "separate themes.",
    "machine": "Automatic grouping makes mistakes: a source may be under the wrong theme. Whoever finds one can report it, and the next version "
    "will correct it.",
    "partial": "The list of municipalities loaded is partial: a speaker’s municipality is not always known, the zone is where it was given.",
    "zone_from": "From this zone came {channels}.",
    "zone_none": "No voice came from this zone.",
    "zone_people": "{residents} people live here.",
    "zone_most": "Findings with most voices from here: {listed}.",
    "zone_one": "{number}, “{title}” ({n} voices)",
    "zone_uncited": "No finding rests on five or more voices from this zone.",
    "cross": "Findings {one} (“{first}”, strategy {a}) and {two} (“{second}”, strategy {b}) rest on {n} sources in common.",
    "against": "Findings were set against plans already in force: {plans}. {done} of {all} findings have been confronted.",
    "against_one": "Findings were set against plans already in force: {plans}. One of {all} findings has been confronted.",
    "against_none": "Findings have not been set against plans already in force yet.",
    "against_caption": "Confrontation with {plan}",
    "against_columns": "Finding|Provision|Outcome|Why|Reply of the department",
    "states": "already covered|partly covered|conflicting|missing|not competent",
    "page": "p. {page}",
    "cross_none": "No two findings of different strategies rest on five or more sources in common.",
}


def _words(language: str) -> Mapping[str, str]:
    return _EN if language == "en" else _IT


def _listed(parts: Sequence[str], language: str) -> str:
    return "".join(parts) if len(parts) < 2 else ", ".join(parts[:-1]) + wording(language)["and"] + parts[-1]


def channel_name(code: str, language: str) -> str:
    """A channel's voices in the plural."""
    return CHANNEL_WORDS.get(language, CHANNEL_WORDS["it"]).get(code, ("", code))[1]


def speaker_name(code: str, language: str) -> str:
    """A kind of speaker in the plural."""
    return speaker_words(language).get(code, code)


def method(facts: Mapping[str, Any], language: str) -> list[str]:
    """How the paper was made and who took part."""
    say = _words(language)
    channels = [f"{c['voices']} {channel_name(c['value'], language)}" for c in facts["channels"]]
    reached = sum(z["any"] for z in facts["zones"])
    told = [say["gathered"].format(channels=_listed(channels, language)), say["never_added"]]
    if facts["zones"]:
        told.append(say["zones"].format(reached=reached, all=len(facts["zones"])))
    if facts["run"]:
        told.append(say["how"].format(**facts["run"]))
        if facts["run"].get("small"):
            told.append(say["small"])
    told.append(say["sources"])
    if facts["draft"]:
        told.append(say["draft"])
    return told


def none_fit(facts: Mapping[str, Any], language: str) -> list[str]:
    """What stands under no strategy."""
    readings = facts["readings"]
    if not readings:
        return []
    say = _words(language)
    numbers = {name: readings.get(name, 0) for name in ("sources", "fits_none", "other")}
    return [say["none"].format(**numbers), say["none_themes"]]


def limits(facts: Mapping[str, Any], language: str) -> list[str]:
    """What the paper can't say."""
    say, readings = _words(language), facts["readings"]
    told = [say["sample"]]
    silent = [z["name"] for z in facts["zones"] if not z["any"]]
    if silent:
        told.append(say["silent"].format(zones=_listed(silent, language)))
    if facts.get("zones_unknown"):
        told.append(say["unknown"])
    told.append(say["few"])
    if readings.get("copies"):
        told.append(say["copies"].format(copies=readings["copies"]))
    empty = readings.get("empty", 0) + readings.get("off_topic", 0)
    if empty:
        told.append(say["empty" if empty > 1 else "empty_one"].format(empty=empty))
    if facts["run"] and facts["run"]["fallback"]:
        told.append(say["fallback"])
    if facts["run"]:
        told.append(say["machine"])
    if facts["partial_territory"]:
        told.append(say["partial"])
    return told


#: How many findings a zone's section names, and how many pairs the cross-cutting one.
NAMED = 5


def zone(facts: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], code: str, language: str) -> list[str]:
    """What came from a zone, and the findings that rest on most of its voices. `findings` are all of the paper."""
    say = _words(language)
    here = next((z for z in facts["zones"] if z["code"] == code), None)
    if here is None:
        return []
    few = wording(language)["few"]
    channels = [
        f"{few if n is None else n} {channel_name(c, language)}"
        for c, n in zip(facts["spoken"], here["voices"], strict=True)
        if n != 0
    ]
    told = [say["zone_from"].format(channels=_listed(channels, language)) if channels else say["zone_none"]]
    if here["residents"] is not None:
        told.append(say["zone_people"].format(residents=grouped(here["residents"], language)))
    counted = [
        (count["shown"], finding)
        for finding in findings
        for count in finding["counts"]["zone"]
        if count["value"] == code and count["shown"]
    ]
    counted.sort(key=lambda pair: (-pair[0], pair[1]["number"]))
    if channels:
        listed = [say["zone_one"].format(number=f["number"], title=f["title"], n=n) for n, f in counted[:NAMED]]
        told.append(say["zone_most"].format(listed="; ".join(listed)) if listed else say["zone_uncited"])
    return told


def cross_cutting(findings: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Pairs of findings of different strategies that rest on the same sources, the most first."""
    say = _words(language)
    citing: dict[str, list[int]] = defaultdict(list)
    for i, finding in enumerate(findings):
        for source in finding["sources"]:
            if source["support"] == "supporting" and finding["strategy_code"]:
                citing[source["id"]].append(i)
    together: Counter[tuple[int, int]] = Counter(
        pair
        for cited in citing.values()
        for pair in combinations(cited, 2)
        if findings[pair[0]]["strategy_code"] != findings[pair[1]]["strategy_code"]
    )
    told = []
    for (one, two), n in sorted(together.items(), key=lambda item: (-item[1], item[0]))[:NAMED]:
        if n >= SMALL_CELL:
            a, b = findings[one], findings[two]
            told.append(
                say["cross"].format(
                    one=a["number"], first=a["title"], a=a["strategy_code"], two=b["number"], second=b["title"], b=b["strategy_code"], n=n
                )
            )  # fmt: skip  # one row of values reads better so
    return told or [say["cross_none"]]


def confrontation(
    findings: Sequence[Mapping[str, Any]], against: Sequence[ConfrontationRow], language: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """What was set against existing plans: a paragraph, and a table for each plan. `findings` are those that stand in the paper."""
    say = _words(language)
    states = dict(zip(STATES, say["states"].split("|"), strict=True))
    standing = {finding["id"]: finding for finding in findings}
    plans: dict[str, list[ConfrontationRow]] = defaultdict(list)
    for row in against:
        if str(row.finding_id) in standing:
            plans[row.plan_code].append(row)
    if not plans:
        return [say["against_none"]], []
    done = {row.finding_id for listed in plans.values() for row in listed}
    names = {code: _plan_name(listed[0]) for code, listed in plans.items()}
    how_many = "against" if len(done) > 1 else "against_one"
    paragraph = say[how_many].format(plans=_listed(list(names.values()), language), done=len(done), all=len(findings))
    tables = []
    for code, listed in plans.items():
        rows = []
        for row in sorted(listed, key=lambda r: standing[str(r.finding_id)]["number"]):
            finding = standing[str(row.finding_id)]
            page = f", {say['page'].format(page=row.page)}" if row.page else ""
            words = shorten(row.provision_text or "", PROVISION_WORDS, placeholder=" …")
            where = f"{row.provision_code}{page}: {words}".removesuffix(": ") if row.provision_code else "–"
            reply = f"{row.reply} ({row.reply_name})" if row.reply else "–"
            rows.append([f"{finding['number']}. {finding['title']}", where, states[row.state], row.note or "–", reply])
        caption = say["against_caption"].format(plan=names[code])
        tables.append({"caption": caption, "columns": say["against_columns"].split("|"), "rows": rows})
    return [paragraph], tables


def _plan_name(row: ConfrontationRow) -> str:
    return f"{row.plan_title} ({row.plan_version})" if row.plan_version else row.plan_title
