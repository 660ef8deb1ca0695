"""XLSForm's types, appearances and columns, as far as ours say the same. Pure."""

from __future__ import annotations

from consult.core.sentences import Sentence

#: Types with one word, as ours.
KINDS = {
    "text": "short", "string": "short", "integer": "number", "int": "number", "decimal": "number", "range": "number", "date": "date",
    "today": "", "note": "display", "acknowledge": "consent", "trigger": "consent", "image": "file", "photo": "file", "audio": "file",
    "video": "file", "file": "file", "email": "short", "phonenumber": "short", "time": "short", "datetime": "date", "barcode": "short",
}  # fmt: skip  # pairs read better side by side
LISTS = {"select_one": "single", "select_multiple": "multiple", "rank": "ranking"}
AUTOMATIC = frozenset(
    {"start", "end", "today", "deviceid", "phonenumber", "username", "email", "simserial", "subscriberid", "audit", "start-geopoint"}
)  # fmt: skip  # names read better in one line
#: What changes with a type that is not quite one of ours.
CHANGED = {
    "time": Sentence("L’ora diventa un testo breve."), "datetime": Sentence("Di giorno e ora si chiede solo il giorno."),
    "barcode": Sentence("Il codice a barre si scrive a mano."), "photo": Sentence("Si può mandare qualunque file, non solo una foto."),
    "image": Sentence("Si può mandare qualunque file, non solo un’immagine."),
    "audio": Sentence("Si può mandare un file, ma non registrarlo dalla pagina."),
    "video": Sentence("Si può mandare un file, ma non registrarlo dalla pagina."),
}  # fmt: skip  # pairs read better side by side
YES = frozenset({"yes", "true", "true()", "1", "y", "si", "sì", "required"})
NO = frozenset({"", "no", "false", "false()", "0", "n"})
#: Columns that are read, or change nothing that a respondent meets.
KNOWN = frozenset(
    {"type", "name", "label", "hint", "guidance_hint", "required", "relevant", "constraint", "constraint_message", "required_message",
     "appearance", "parameters", "choice_filter", "default", "read_only", "calculation", "repeat_count", "note", "notes", "comment", "comments",
     "disabled", "$kuid", "$autoname", "$xpath", "$given_name", "tags", "_order"}
)  # fmt: skip  # names read better in few lines
LOOKS = frozenset(
    {"minimal", "dropdown", "autocomplete", "search", "quick", "compact", "horizontal", "multiline", "likert", "list-nolabel", "label",
     "field-list", "table-list", "columns", "columns-pack", "horizontal-compact", "no-calendar", "numbers", "thousands-sep", "new",
     "signature", "draw", "picker", "vertical", "no-ticks", "distress", "bearing"}
)  # fmt: skip  # names read better in few lines
