"""Every telegram of the reference samples: none crashes, every line is accounted for. Run with -s to see the table."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.documents.explain import explain_rejection
from adapter.documents.teletype_files import Reading, read_files
from adapter.errors import DocumentError

CORPUS_DAY = datetime(2021, 8, 20, 15, 0, tzinfo=UTC)
SYNTHETIC_DAY = datetime(2026, 6, 13, 15, 0, tzinfo=UTC)
CUT = {"part_missing", "part_end_wrong"}
"""What parts say of which the corpus has not all."""


def read(catalogue: Catalogue, files: list[Path], received_at: datetime) -> tuple[Reading, ...]:
    def check(document: Document) -> Document:
        schema = catalogue.kinds[document.kind].request
        if not schema.validate(document.tree):
            raise DocumentError(explain_rejection(document.tree, schema, 10), document.kind)
        return document

    contents = [(str(file), file.read_bytes()) for file in files]
    return read_files(contents, catalogue.grammars(), encoding="utf-8", received_at=received_at, check=check)


def test_every_file_of_the_corpus(
    catalogue: Catalogue, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = shared / "corpus"
    files = sorted(
        [*(corpus / "astra/typeb").rglob("*.txt"), *(corpus / "constructed").glob("[A-Z]??_*.txt")]
    )
    files += sorted((corpus / "constructed").glob("PFSN_*.txt"))
    assert len(files) > 60
    readings = read(catalogue, files, CORPUS_DAY)
    readings += read(catalogue, [corpus / "synthetic_examples.txt"], SYNTHETIC_DAY)[
        :-1
    ]  # the last is EDIFACT
    counted: dict[str, Counter[str]] = {}
    codes: dict[str, Counter[str]] = {}
    for reading in readings:
        kind = counted.setdefault(reading.kind, Counter())
        kind.update(messages=1, files=len(reading.files), lines=reading.lines, unread=len(reading.unread))
        kind.update(used=reading.document is not None)
        codes.setdefault(reading.kind, Counter()).update(problem.code for problem in reading.problems)
    lines = [
        f"{'kind':8}{'files':>6}{'messages':>9}{'used':>6}{'lines':>7}{'unread':>7}  problems and warnings"
    ]
    for name, kind in sorted(counted.items()):
        numbers = (
            f"{kind['files']:>6}{kind['messages']:>9}{kind['used']:>6}{kind['lines']:>7}{kind['unread']:>7}"
        )
        told = ", ".join(f"{code} {count}" for code, count in sorted(codes[name].items()))
        lines.append(f"{name:8}{numbers}  {told}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    for reading in readings:
        found = {problem.code for problem in reading.problems}
        # Names cut off from their category, which stands in a part that the corpus doesn't have.
        assert reading.unread == () or {"part_missing", "line_out_of_place"} <= found, reading.files
        assert reading.kind, reading.files
        # One sample has more names than its totals say.
        assert reading.document is not None or found & CUT or found == {"more_names_than_total"}, (
            reading.problems
        )


def test_twelve_parts_of_one_real_list(catalogue: Catalogue, shared: Path) -> None:
    (reading,) = read(catalogue, sorted((shared / "corpus/astra/typeb/PRL").glob("*.txt")), CORPUS_DAY)
    assert reading.document is not None
    assert (reading.parts, reading.unread, reading.problems) == (tuple(range(1, 13)), (), ())
    assert len(reading.document.tree.findall("group/passenger/ticket")) == 115
