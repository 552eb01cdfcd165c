"""Requests that the simulators can make up by themselves."""

from lxml import etree


def ffp_info(
    card: str, company: str, surname: str, name: str, birthdate: str = "", *, root: str = "sirena"
) -> bytes:
    """A card check: ``<sirena><query>`` for the gateway, ``<query>`` alone (root "") over HTTP.

    The attribute ``name`` is sent even when empty, as the real host does; ``birthdate`` (ISO) only when
    known.
    """
    query = etree.Element("query")
    attributes = {"company": company, "surname": surname, "name": name}
    if birthdate:
        attributes["birthdate"] = birthdate
    etree.SubElement(etree.SubElement(query, "ffp_info"), "ffp", attributes).text = card
    top = query
    if root:
        top = etree.Element(root)
        top.append(query)
    return etree.tostring(top, xml_declaration=True, encoding="UTF-8")


KEY_INFO = b"<sirena><query><key_info/></query></sirena>"


def read_answer(body: bytes) -> etree._Element:
    """The tree of an answer, for hosts that look into it. Entities are not expanded and nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(body, parser)
