"""What gateways carry beside telegrams is named for what it is, and kept."""

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.errors import DocumentError
from tests.documents.teletype_samples import envelope


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("UNB+SIRE:1+BETDC+FFGTW+261121:1000+AB0001'UNH+1+TKCREQ:96:2:IA'", "EDIFACT"),
        ("CIRS:4711/UT/280", "APPS"),
        ("UNAKKXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n", "FTL"),
    ],
)
def test_content_by_its_first_characters(catalogue: Catalogue, text: str, kind: str) -> None:
    if kind == "FTL":
        assert catalogue.open(envelope(text)).kind == kind
        return
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text))
    assert caught.value.kind == kind
    assert [problem.code for problem in caught.value.problems] == ["kind_not_served"]
    assert len(caught.value.digest) == 32
