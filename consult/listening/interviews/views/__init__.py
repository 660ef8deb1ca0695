"""Pages of interviews: `planning` who is heard and consent, `transcripts` what was said. All hang on the blueprint `interviews`."""

from consult.listening.interviews.views import planning, transcripts
from consult.listening.interviews.views.blueprint import bp

__all__ = ["bp", "planning", "transcripts"]
