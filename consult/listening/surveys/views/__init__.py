"""Pages of questionnaires: `building` the desk and the builder, `inviting` lists and letters, `results` counts and export,
`answering` what respondents see. All hang on the blueprint `surveys`."""

from consult.listening.surveys.views import answering, building, inviting, results
from consult.listening.surveys.views.blueprint import bp

__all__ = ["answering", "bp", "building", "inviting", "results"]
