"""Pages of questionnaires: `building` the desk and the builder, `questions` the form of one, `trying` the dry run, `inviting` lists and
letters, `results` counts and export, `answering` what respondents see, `sheet` what every sheet needs. All hang on `surveys`."""

from consult.listening.surveys.views import answering, building, inviting, questions, results, trying
from consult.listening.surveys.views.blueprint import bp

__all__ = ["answering", "bp", "building", "inviting", "questions", "results", "trying"]
