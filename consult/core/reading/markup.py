"""XML from outside: no DOCTYPE, no entities, nothing fetched."""

from __future__ import annotations

from lxml import etree

from consult.core.reading.blocks import Refused


def parse_xml(data: bytes) -> etree._Element:
    """The root of a document. Raises Refused: `doctype`, or `broken` for what is not well formed."""
    # The bytes are looked at in every encoding that XML may arrive in, before any parser sees them.
    plain = data.replace(b"\x00", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise Refused("doctype")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("broken") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("doctype")
    return root
