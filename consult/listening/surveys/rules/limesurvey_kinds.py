"""LimeSurvey's kinds of question and attributes, as far as ours say the same. Pure."""

from __future__ import annotations

import re

KINDS = {
    "L": "single", "!": "single", "O": "single", "M": "multiple", "P": "multiple", "S": "short", "T": "long", "U": "long", "N": "number",
    "Y": "yes_no", "G": "single", "D": "date", "X": "display", "5": "scale", "F": "matrix", "A": "matrix", "B": "matrix", "C": "matrix",
    "E": "matrix", "H": "matrix", "1": "matrix", "R": "ranking", "|": "file",
}  # fmt: skip  # pairs read better side by side
NAMES = {
    "*": "equazione", "I": "scelta della lingua", ":": "tabella di numeri", ";": "tabella di testi", "K": "più numeri", "Q": "più testi brevi",
}  # fmt: skip  # pairs read better side by side
FIXED = {
    "A": [(str(n), str(n)) for n in range(1, 6)], "B": [(str(n), str(n)) for n in range(1, 11)],
    "C": [("Y", "Sì"), ("U", "Non so"), ("N", "No")], "E": [("I", "Aumenta"), ("S", "Resta uguale"), ("D", "Diminuisce")],
    "G": [("F", "Donna"), ("M", "Uomo")],
}  # fmt: skip  # pairs read better side by side
#: Attributes that come along, or change nothing that a respondent meets.
CARRIED = frozenset(
    {
        "random_order", "answer_order", "exclude_all_others", "min_answers", "max_answers", "maximum_chars", "min_num_value_n",
        "max_num_value_n", "num_value_int_only", "suffix", "other_replace_text", "date_min", "date_max", "max_filesize",
        "equals_num_value", "hidden",
    }
)  # fmt: skip  # a list reads better so
HARMLESS = re.compile(
    r"(cssclass|hide_tip|page_break|statistics_.*|public_statistics|scale_export|time_limit_(message|warning).*|text_input_.*|input_size|"
    r"display_(rows|columns|type)|location_.*|dropdown_.*|label_input_columns|answer_width.*|repeat_headings|use_dropdown|save_as_default|"
    r"clear_default|keep_aspect|printable_help|alphasort|prefix|question_template|themeName|crop_or_resize|samechoiceheight|samelistheight|"
    r"showpopups|choice_title|rank_title|category_separator|numbers_only|em_validation_q_tip|slider_(?!.*enabled).*|other_comment_mandatory|"
    r"other_numbers_only|other_position.*|value_range_allows_missing|thousands_separator|horizontal_scroll|allowed_filetypes|show_(title|comment))"
)
