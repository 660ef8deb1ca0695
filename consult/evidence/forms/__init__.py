"""Forms of the evidence: `coding` codebook, desk and samples, `themes` the theme desk."""

from consult.evidence.forms.coding import (
    ApplyForm,
    CodeForm,
    ExchangeFileForm,
    MemoForm,
    MergeCodeForm,
    SampleForm,
    SampleReadingForm,
    SplitCodeForm,
    VerdictForm,
)
from consult.evidence.forms.themes import MergeForm, MoveSourceForm, NewThemeForm, SplitForm, StateForm, ThemeForm

__all__ = [
    "ApplyForm",
    "CodeForm",
    "ExchangeFileForm",
    "MemoForm",
    "MergeCodeForm",
    "MergeForm",
    "MoveSourceForm",
    "NewThemeForm",
    "SampleForm",
    "SampleReadingForm",
    "SplitCodeForm",
    "SplitForm",
    "StateForm",
    "ThemeForm",
    "VerdictForm",
]
