"""Languages a questionnaire can be written in, each by its own name."""

from __future__ import annotations

LANGUAGES: dict[str, str] = {
    "it": "italiano", "en": "English", "fr": "français", "de": "Deutsch", "es": "español", "pt": "português", "ro": "română",
    "sq": "shqip", "pl": "polski", "uk": "українська", "ru": "русский", "ar": "العربية", "zh": "中文", "bn": "বাংলা", "ur": "اردو",
    "oc": "occitan", "frp": "francoprovençal", "lld": "ladin", "sl": "slovenščina", "nl": "Nederlands", "el": "ελληνικά", "tr": "Türkçe",
    "bg": "български", "hr": "hrvatski", "hu": "magyar", "cs": "čeština", "sk": "slovenčina", "sv": "svenska", "ca": "català",
}  # fmt: skip  # pairs read better side by side
