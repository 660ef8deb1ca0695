"""How stored files are served: as downloads, with nothing in them that a browser would run. Rooms call this from views of their own."""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app
from werkzeug.wrappers import Response

from consult.files.services import content
from consult.files.types import MEDIA_TYPES, FileRow
from consult.ports.storage import storage_for
from consult.web.session import glue


def attachment(file: FileRow) -> Response:
    """The file as a download. The caller has asked whether this person may read it."""
    data = content(file, storage=storage_for(glue().settings))
    response = current_app.response_class(data, content_type=MEDIA_TYPES[file.kind])
    ascii_name = file.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
