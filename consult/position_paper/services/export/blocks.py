"""The paper as a row of blocks: headings, paragraphs, quotes, tables, figures. HTML and PDF are both written from it, so they say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from config import ROOT, Settings
from consult.position_paper import rules
from consult.position_paper.services.export import figures
from consult.position_paper.services.export.citations import Cited, numbers
from consult.position_paper.services.export.printed import layout
from consult.position_paper.services.prose import channel_name, speaker_name
from consult.position_paper.services.showing import ShownCount, ShownFinding, ShownPaper, ShownQuote, ShownSection
from consult.position_paper.types import Number, ShownSentence, TakenOut

Block = dict[str, Any]


def translations(language: str) -> NullTranslations:
    """The interface's words in the paper's language."""
    return Translations.load(str(ROOT / "consult" / "web" / "translations"), [language])


def blocks(
    paper: ShownPaper,
    *,
    settings: Settings,
    now: datetime,
    version: int | None,
    cited: Mapping[str, Cited],
    each_source: bool = True,
) -> tuple[list[Block], dict[str, str]]:
    """Blocks of a paper and its figures as SVG by name. `version` None: a draft; `cited` numbers the sources that notes name.

    Without `each_source` they are told by channel, with their numbers, where one a row would be more than a writer can bear.
    """
    words = translations(paper.language)
    _ = words.ugettext
    found: list[Block] = []
    drawings: dict[str, str] = {}
    if version is not None or paper.consulted:
        found += [{"kind": "note", "text": text} for text in notices(paper, settings, _)]
    for section in paper.sections:
        if (
            section.kind not in {"method", "limits"}
            and not section.findings
            and not section.paragraphs
            and not section.words
        ):
            continue
        name = f"{section.axis}. {section.title}" if section.axis else section.title
        found.append(_heading(1, name, section.code))
        if section.words:
            found += [{"kind": "para", "text": line, "mark": ""} for line in section.words.split("\n") if line.strip()]
        found += [{"kind": "para", "text": text, "mark": ""} for text in section.paragraphs]
        found += _summary(section.summary, cited, _)
        found += [_table(t["caption"], t["columns"], t["rows"]) for t in section.tables]
        if section.kind == "method":
            found += _participation(paper, drawings, _)
        found += _findings(section, paper, settings, version, cited, _)
    if cited:
        found += _sources(paper, settings, cited, _) if each_source else _sources_by_channel(paper, cited, _)
    if version is not None:
        day = format_date(now, "long", locale=paper.language)
        found.append({"kind": "note", "text": _("Versione %s, pubblicata il %s.") % (version, day)})
    elif paper.consulted:
        day = format_date(now, "long", locale=paper.language)
        found.append({"kind": "note", "text": _("Bozza n. %s, com’era il %s.") % (paper.consulted.number, day)})
    return found, drawings


def edition_name(paper: ShownPaper, version: int | None, _: Callable[[str], str]) -> str:
    """Which edition a file is, in words: a version, a draft in consultation, or the draft as it is being written."""
    if version is not None:
        return str(_("Versione %s") % version)
    return str(_("Bozza in consultazione n. %s") % paper.consulted.number if paper.consulted else _("Bozza"))


def _base(paper: ShownPaper, settings: Settings) -> str:
    """The address of the page of this very edition."""
    address = f"{settings.base_url}/processi/{paper.process['slug']}/position-paper"
    return f"{address}/bozze/{paper.consulted.number}" if paper.consulted else address


def _sources_of(
    finding: ShownFinding, paper: ShownPaper, settings: Settings, version: int | None, _: Callable[[str], str]
) -> list[Block]:
    """The way to a finding's page: its sources, and where it is in consultation its comments."""
    if paper.consulted and (target := paper.consulted.targets.get(finding.id)):
        words = _("I numeri e i commenti della risultanza %s") % finding.number
        return [{"kind": "link", "text": words, "url": f"{_base(paper, settings)}/{target}"}]
    if version is None:
        return []
    words = _("Le fonti della risultanza %s") % finding.number
    return [{"kind": "link", "text": words, "url": f"{_base(paper, settings)}/risultanze/{finding.id}"}]


def notices(paper: ShownPaper, settings: Settings, _: Callable[[str], str]) -> list[str]:
    """What a reader must know before reading: this is a draft, a newer version is out, or this one leaves something out."""
    said = []
    if paper.consulted:
        said.append(
            _("È una bozza in consultazione: può ancora cambiare. Si legge e si commenta a questo indirizzo: %s")
            % _base(paper, settings)
        )
    if paper.newer is not None:
        number, at = paper.newer
        address = f"{settings.base_url}/processi/{paper.process['slug']}/position-paper"
        day = format_date(at, "long", locale=paper.language)
        said.append(_("Questa non è l’ultima versione: il %s è uscita la versione %s, %s") % (day, number, address))
    if paper.redaction is not None:
        said.append(
            _(
                "Da questa versione è stato tolto quello che il consenso non copre più, rispetto alla versione %s: %s. Nelle risultanze: %s."
            )
            % (paper.redaction.of, taken_out(paper.redaction, _), ", ".join(map(str, paper.redaction.findings)))
        )
    return said


def taken_out(mark: TakenOut, _: Callable[[str], str]) -> str:
    """How many quotes, sources and names were taken out."""
    parts = (
        (_("citazioni: %s"), mark.quotes),
        (_("fonti ritirate: %s"), mark.sources),
        (_("nomi o ruoli: %s"), mark.names),
    )
    return "; ".join(words % number for words, number in parts if number)


def _heading(level: int, text: str, name: str) -> Block:
    return {"kind": "heading", "level": level, "text": text, "id": name}


def _few(value: int | None, _: Callable[[str], str]) -> str:
    return _("meno di 5") if value is None else str(value)


def _participation(paper: ShownPaper, drawings: dict[str, str], _: Callable[[str], str]) -> list[Block]:
    """Numbers by channel, zone and kind, with chart and maps; channels are never added up."""
    facts, language = paper.facts, paper.language
    found: list[Block] = [_heading(2, _("Voci per canale"), "voci-per-canale")]
    rows = [(channel_name(c["value"], language), c["voices"]) for c in facts["channels"]]
    if rows:
        drawings["canali"] = figures.bars(rows, _("Voci per canale"))
        found.append(
            {
                "kind": "figure",
                "name": "canali",
                "alt": "; ".join(f"{n} {w}" for w, n in rows),
                "caption": _("Voci per canale"),
            }
        )
    if facts["zones"]:
        found.append(_heading(2, _("Voci per zona"), "voci-per-zona"))
        columns = [_("Zona"), _("Residenti"), *(channel_name(c, language) for c in facts["spoken"])]
        lines = [
            [
                f"{z['code']}. {z['name']}",
                "–" if z["residents"] is None else format_decimal(z["residents"], locale=language),
                *(_few(v, _) for v in z["voices"]),
            ]
            for z in facts["zones"]
        ]
        if any(v != 0 for v in facts["without_zone"]):
            lines.append([_("Senza zona"), "–", *(_few(v, _) for v in facts["without_zone"])])
        found.append(_table(_("Voci per zona e canale"), columns, lines))
        for i, channel in enumerate(facts["spoken"]):
            numbers = {z["code"]: z["voices"][i] for z in facts["zones"]}
            if not any(v is None or v for v in numbers.values()):
                continue
            most = max((v for v in numbers.values() if v), default=0)
            title = _("%s per zona") % channel_name(channel, language).capitalize()
            values = {code: _few(v, _) for code, v in numbers.items()}
            drawings[f"zone-{channel}"] = figures.tile_map(
                facts["zones"], values, {code: figures.level(v, most) for code, v in numbers.items()}, title
            )
            alt = title + ": " + "; ".join(f"{z['name']} {values[z['code']]}" for z in facts["zones"]) + "."
            caption = _("%s. Schema delle zone: le caselle non hanno la forma delle zone.") % title
            found.append({"kind": "figure", "name": f"zone-{channel}", "alt": alt, "caption": caption})
    if facts["speakers"]:
        found.append(_heading(2, _("Chi ha parlato"), "chi-ha-parlato"))
        columns = [_("Tipo di voce"), *(channel_name(c, language) for c in facts["spoken"])]
        lines = [[speaker_name(s["value"], language), *(_few(v, _) for v in s["voices"])] for s in facts["speakers"]]
        if any(v != 0 for v in facts["without_speaker"]):
            lines.append([_("Non indicato"), *(_few(v, _) for v in facts["without_speaker"])])
        found.append(_table(_("Voci per tipo e canale"), columns, lines))
    return found


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Block:
    return {"kind": "table", "caption": caption, "columns": columns, "rows": rows, "layout": layout(columns, rows)}


def _sources(paper: ShownPaper, settings: Settings, cited: Mapping[str, Cited], _: Callable[[str], str]) -> list[Block]:
    """The sources by number: what notes name, with the page of each that anyone may read."""
    base = f"{settings.base_url}/processi/{paper.process['slug']}/fonti"
    rows = [
        [
            str(source.number),
            channel_name(source.channel, paper.language),
            source.zone or "–",
            speaker_name(source.speaker, paper.language) if source.speaker else "–",
            {"text": source.id, "url": f"{base}/{source.id}"} if source.public else _("non pubblica"),
        ]
        for source in cited.values()
    ]
    columns = [_("Numero"), _("Canale"), _("Zona"), _("Tipo di voce"), _("Pagina della fonte")]
    where = " " + _("Il codice di una fonte pubblica apre la sua pagina: l’indirizzo è %s/ seguito dal codice.") % base
    return [
        _heading(1, _("Fonti citate"), "fonti-citate"),
        {
            "kind": "para",
            "mark": "",
            "text": _(
                "Le note dicono su quali fonti poggia ogni frase. Di una fonte che non è pubblica si dice solo il canale."
            )
            + (where if any(source.public for source in cited.values()) else ""),
        },
        _table(_("Fonti citate, con il numero che hanno nelle note"), columns, rows),
    ]


def _sources_by_channel(paper: ShownPaper, cited: Mapping[str, Cited], _: Callable[[str], str]) -> list[Block]:
    """The numbers of the sources of each channel, those that anyone may read apart."""
    items = []
    for channel in dict.fromkeys(source.channel for source in cited.values()):
        for public, words in ((True, _("%s, pubbliche: %s")), (False, _("%s, non pubbliche: %s"))):
            keys = [s.id for s in cited.values() if s.channel == channel and s.public is public]
            if keys:
                items.append(words % (channel_name(channel, paper.language).capitalize(), numbers(keys, cited)))
    return [
        _heading(1, _("Fonti citate"), "fonti-citate"),
        {
            "kind": "para",
            "mark": "",
            "text": _("Le note dicono su quali fonti poggia ogni frase. Qui le fonti sono divise per canale.")
            + " "
            + _("Sono %s: una per una, con la loro pagina, stanno nei file HTML, DOCX e JSON.") % len(cited),
        },
        {"kind": "list", "items": items},
    ]


def _findings(
    section: ShownSection,
    paper: ShownPaper,
    settings: Settings,
    version: int | None,
    cited: Mapping[str, Cited],
    _: Callable[[str], str],
) -> list[Block]:
    """Findings of a section, under their strategies; a section says so when it has none."""
    found: list[Block] = []
    if not section.findings and section.kind == "axis":
        return [{"kind": "para", "text": _("Nessuna risultanza."), "mark": ""}]
    for code, title, listed in section.by_strategy():
        if code:
            found.append(_heading(2, f"{code} {title}", f"strategia-{code.replace('.', '-')}"))
            found += _summary(section.strategies.get(code, ()), cited, _)
        for finding in listed:
            found += _finding(finding, 3 if code else 2, paper, settings, version, cited, _)
    return found


def _finding(
    finding: ShownFinding,
    deep: int,
    paper: ShownPaper,
    settings: Settings,
    version: int | None,
    cited: Mapping[str, Cited],
    _: Callable[[str], str],
) -> list[Block]:
    marks = {"machine": _("proposta automatica"), "edited": _("modificato da una persona")}
    mark = marks.get(finding.origin, "") if version is None and finding.state == "proposed" else ""
    if version is not None or finding.state == "accepted":
        mark = {"machine": _("testo automatico, accettato da una persona"), "edited": marks["edited"]}.get(
            finding.origin, ""
        )
    found = [_heading(deep, _("Risultanza %s. %s") % (finding.number, finding.title), f"risultanza-{finding.number}")]
    runs = _runs(finding.sentences, cited, _)
    found.append({"kind": "para", "text": finding.statement, "mark": mark, "runs": runs})
    found += [_quote(q, _) for q in finding.quotes if not q.contrary]
    against = [_quote(q, _) for q in finding.quotes if q.contrary]
    if against:
        found.append({"kind": "para", "text": _("Di segno contrario:"), "mark": ""})
        found += against
    # The machine's own first sentence already says how many; a statement that a person wrote may not.
    items = (
        [] if any(t.role == "count" for t in finding.sentences) else [_of(c, paper.language) for c in finding.channels]
    )
    if finding.zones:
        items.append(_("Zone: %s") % _spread(finding.zones, _))
    if finding.speakers:
        items.append(_("Tipi di voce: %s") % _spread(finding.speakers, _))
    if finding.contrary:
        items.append(_("Di segno contrario: %s") % ", ".join(_of(c, paper.language) for c in finding.against))
    if items:
        found.append({"kind": "list", "items": items})
    for left in finding.redactions:
        day = format_date(left.at, "long", locale=paper.language)
        found.append({"kind": "note", "text": _("Tolto il %s, per il consenso: %s.") % (day, taken_out(left, _))})
    return found + _sources_of(finding, paper, settings, version, _)


def _summary(sentences: Sequence[ShownSentence], cited: Mapping[str, Cited], _: Callable[[str], str]) -> list[Block]:
    """The short text of an axis, strategy or zone, with its sources in notes."""
    if not sentences:
        return []
    text = " ".join(sentence.text for sentence in sentences)
    runs = _runs(sentences, cited, _)
    return [{"kind": "para", "text": text, "mark": _("sintesi automatica"), "runs": runs}]


def _runs(
    sentences: Sequence[ShownSentence], cited: Mapping[str, Cited], _: Callable[[str], str]
) -> list[dict[str, str]]:
    """Sentences, each with the note that names its sources; neighbours with the same note share it."""
    runs: list[dict[str, str]] = []
    for sentence in sentences:
        places = numbers(sentence.source_ids, cited)
        note = _("Fonti %s.") % places if places else ""
        if sentence.role == "own":
            note = _("Considerazione di chi scrive il documento.")
        if runs and runs[-1]["note"] == note:
            runs[-1]["text"] += f" {sentence.text}"
        else:
            runs.append({"text": sentence.text, "note": note})
    return runs


def _spread(counts: tuple[ShownCount, ...], _: Callable[[str], str]) -> str:
    """Values with their voices, largest first; those under five are named together."""
    large = sorted((c for c in counts if c.shown is not None), key=lambda c: -(c.shown or 0))
    small = [c.words for c in counts if c.shown is None]
    parts = [f"{c.words} ({c.shown})" for c in large]
    if small:
        parts.append(
            _("%s (meno di 5 ciascuno)") % ", ".join(small) if len(small) > 1 else _("%s (meno di 5)") % small[0]
        )
    return "; ".join(parts)


def _of(count: ShownCount, language: str) -> str:
    """Voices of a channel, as the machine's own sentences say them: «meno di 5 dei 196 contributi liberi»."""
    return rules.in_words([Number(count.value, count.shown or 0, count.of, count.shown)], language)


def _quote(quote: ShownQuote, _: Callable[[str], str]) -> Block:
    by = ", ".join(part for part in (quote.who, quote.zone_name or "") if part)
    return {"kind": "quote", "text": quote.words, "by": by, "lang": quote.language}
