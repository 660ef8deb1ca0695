"""Forms of the evidence: `themes` the theme desk."""

from consult.evidence.forms.themes import (
    MergeForm,
    MoveSourceForm,
    NewThemeForm,
    SplitForm,
    StateForm,
    ThemeForm,
)

__all__ = [
    "MergeForm",
    "MoveSourceForm",
    "NewThemeForm",
    "SplitForm",
    "StateForm",
    "ThemeForm",
]
