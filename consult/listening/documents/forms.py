"""Forms of a document and of its passages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.validators import Optional

from consult.web.forms import Form, line, long_text


class DocumentForm(Form):
    """What is known of a document."""

    title = line(_l("Titolo"), maximum=300)
    author = line(_l("Chi l'ha scritto"), required=False)
    dated_on = DateField(_l("Data"), validators=[Optional()])


class PassagesForm(Form):
    """Passages to cite."""

    text = long_text(
        _l("Brani da poter citare"),
        maximum=400_000,
        rows=10,
        description=_l(
            "Una riga vuota separa un brano dall'altro. All'inizio di un brano si può scrivere la pagina: [p. 12]."
        ),
    )
