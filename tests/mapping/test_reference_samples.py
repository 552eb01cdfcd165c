"""The reference samples beside the project, where they are: every request of ours is read, every reply is valid."""

from pathlib import Path

from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.envelope import Envelope
from adapter.mapping import Maps
from loyalty_core import CardCheck
from tests.mapping.installation import RECEIVED_AT, opened


def test_requests_of_the_corpus_are_read(shared: Path, catalogue: Catalogue, maps: Maps) -> None:
    requests = sorted((shared / "corpus" / "sirena").glob("*/*request*.xml"))
    requests.append(shared / "corpus" / "constructed" / "ffp_info_request.xml")
    assert len(requests) > 3
    for path in requests:
        text = path.read_text(encoding="utf-8")
        document = opened(catalogue, text)
        values = maps.read(document, Envelope("dcs", "http", "1", text.encode(), RECEIVED_AT))
        assert all(isinstance(value, CardCheck) for value in values), path


def test_replies_of_the_corpus_fit_our_reply_schemas(shared: Path, catalogue: Catalogue) -> None:
    replies = sorted((shared / "corpus" / "sirena").glob("*/*response*.xml"))
    assert len(replies) > 3
    for path in replies:
        root = etree.fromstring(path.read_bytes())
        method = root[0] if root.tag == "answer" else root
        schema = catalogue.kinds[method.tag].reply
        assert schema is not None
        assert schema.validate(method), (path, schema.error_log)
