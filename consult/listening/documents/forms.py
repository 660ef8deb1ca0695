"""Forms of documents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, widgets
from wtforms.validators import Optional

from consult.listening.sources.forms import day
from consult.web.forms import BroughtFile, Form, line, long_text


class DocumentForm(Form):
    """What is known of a document."""

    title = line(_l("Titolo"), minimum=3, maximum=300)
    author = line(_l("Autore o ente"), required=False)
    dated = day(_l("Data del documento"), required=False)
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class PassagesForm(Form):
    """Passages to cite."""

    text = long_text(
        _l("Passaggi"),
        maximum=60_000,
        rows=10,
        description=_l("Una riga vuota separa i passaggi. «[p. 12]» all’inizio di un passaggio ne dice la pagina."),
    )
    page = line(_l("Pagina del primo passaggio"), required=False, maximum=20)


class DocumentFileForm(Form):
    """The document's own file."""

    file = BroughtFile(_l("Il file"), description=_l("PDF con testo, DOCX, ODT, Markdown o testo semplice."))
