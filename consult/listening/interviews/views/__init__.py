"""Pages of interviews: `planning` who is heard and consent, `transcripts` what was said,
`personal` what the person does on their own page. All hang on the blueprint `interviews`."""

from consult.listening.interviews.views import personal, planning, transcripts
from consult.listening.interviews.views.blueprint import bp

__all__ = ["bp", "personal", "planning", "transcripts"]
