"""Damaged telegrams without end, thrown at envelope, grammars, writer and maps, to find one that breaks a promise.

    python -m tests.fuzz.telegrams --seconds 600 --seed 1

Not part of the tests: it never ends by itself. A finding is printed with its number, and ``--seed 1 --case 4711`` makes
it again. The promises: nothing is thrown but DocumentError, and that with a problem; every line is accounted for; what
was read can be written, and is read as the same again; no input takes longer than ``--slow`` seconds.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from datetime import datetime
from pathlib import Path

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Part
from adapter.documents.teletype_writer import flight_line, list_blocks, render
from adapter.envelope import Envelope
from adapter.errors import DocumentError
from adapter.mapping import Maps
from adapter.wire.typeb_egress import Heading, Sizes, write_list
from adapter.wire.typeb_files import split_telegrams
from adapter.wire.typeb_lines import is_framing, split_lines
from tests.documents.corruption import corrupted, lost
from tests.documents.telegram_trees import KINDS, RECEIVED, content, list_tree

ROOT = Path(__file__).resolve().parents[2]
ENCODINGS = ("cp866", "utf-8", "koi8-r")
_TELLING = """
PART1 PART2 PART99 ENDPART1 ENDPART2 ENDFTL ENDPRL NIL ZCZC NNNN PDM COR QU .MOWFFXY .R/ .RN/ .L/ .M/ .F/ .O/ .O2/ .RX/
.R/FQTV .R/FQTR .R/TKNE .R/OTHS INF -1ORLOVA/VERA -LED02Y -LED00Y-PAD003 1ZZ/EXST 2ORLOVA/VERA/ILYA 1ORLOVA/V CFG/ RBD
AVAIL TRANSIT SI ANA/1 ADD DEL CHG NOSHO GOSHO 3Y HK1 HK99 FQTSTATUS ??? 31FEB 29FEB / - . 0 9999999999 Ё Й І № é
"""
WORDS = [*_TELLING.split(), " ", "\r", "\n", "\r\n", "\t", "\0", "\x01", "\x03", "\x1a"]


class Finding(Exception):
    """A promise that was broken."""


class Target:
    """Everything a telegram passes through, with the promises checked on the way."""

    def __init__(self) -> None:
        self.catalogue = Catalogue.load(ROOT / "schemas")
        self.maps = Maps.load(ROOT / "mappings", self.catalogue)
        self.seen: Counter[str] = Counter()

    def look(self, raw: bytes, encoding: str) -> None:
        for piece in split_telegrams(raw, encoding):
            self.open(piece.raw, encoding)
        self.open(raw, encoding)

    def open(self, raw: bytes, encoding: str) -> None:
        envelope = Envelope("fuzz", "typeb", "1", raw, RECEIVED, encoding)
        try:
            document = self.catalogue.open(envelope)
        except DocumentError as error:
            if not error.problems:
                raise Finding("refused without a problem") from error
            self.seen["refused"] += 1
            return
        if isinstance(document, Part):
            self.seen["parts"] += 1
            try:
                document = self.catalogue.join((document.text,), document.kind, RECEIVED)
            except DocumentError:
                return
        else:
            lines = split_lines(raw.decode(encoding).removeprefix("\ufeff"))
            if document.lines != (expected := sum(not is_framing(line) for line in lines)):
                raise Finding(f"{document.lines} of {expected} lines accounted for")
        self.seen["read"] += 1
        if document.unread and not document.warnings:
            raise Finding(f"lines {document.unread} unread without a word")
        self.write(document)
        try:
            self.maps.read(document, envelope)
        except DocumentError:
            self.seen["not mapped"] += 1

    def compare(self, chance: random.Random) -> None:
        """One wrong byte in a list: nobody's card, ticket or service goes without a word."""
        kind = chance.choice(KINDS)
        raw = render(list_tree(kind, chance, seats_max=1), self.catalogue.kinds[kind].grammar).encode("cp866")
        whole = self.catalogue.open(Envelope("fuzz", "typeb", "1", raw, RECEIVED, "cp866"))
        wrong = corrupted(raw, chance)
        try:
            document = self.catalogue.open(Envelope("fuzz", "typeb", "1", wrong, RECEIVED, "cp866"))
        except DocumentError:
            return
        if (
            isinstance(whole, Document)
            and isinstance(document, Document)
            and (found := lost(whole.tree, document))
        ):
            raise Finding(f"{found}:\n{wrong.decode('cp866')}")

    def write(self, document: Document) -> None:
        text = render(document.tree, self.catalogue.kinds[document.kind].grammar)
        created = datetime.fromisoformat(document.tree.get("created", ""))
        envelope = Envelope("fuzz", "typeb", "2", text.encode(), RECEIVED, created_hint=created)
        again = self.catalogue.open(envelope)
        if not isinstance(again, Document) or content(again.tree) != content(document.tree):
            raise Finding(f"written and read it is another list:\n{text}")


def telegram(target: Target, chance: random.Random) -> tuple[bytes, str]:
    """A good telegram, or all parts of one behind each other."""
    kind = chance.choice(KINDS)
    tree = list_tree(kind, chance)
    heading = Heading(("MOWFFXY",), tree.get("originator", ""), RECEIVED, chance.choice(("", "QU")))
    blocks = list_blocks(tree, target.catalogue.kinds[kind].grammar)
    sizes = Sizes(part_characters_max=chance.choice((900, 3000, 60_000)))
    line_end = chance.choice(("\n", "\r\n", "\r"))
    texts = write_list(heading, kind, flight_line(tree), blocks, sizes=sizes, line_end=line_end)
    encoding = chance.choice(ENCODINGS)
    return "".join(texts if chance.random() < 0.5 else texts[:1]).encode(encoding, "replace"), encoding


def damaged(raw: bytes, encoding: str, chance: random.Random) -> bytes:
    """A telegram after one to eight blows."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice((0, 1, 1, 2, 10, 200)))
        lines = raw.split(b"\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        blow = chance.randrange(8)
        if blow == 0:
            raw = raw[:start] + chance.randbytes(chance.choice((1, 1, 3))) + raw[end:]
        elif blow == 1:
            raw = raw[:start] + chance.choice(WORDS).encode(encoding, "replace") + raw[end:]
        elif blow == 2:
            raw = raw[:start] + raw[end:]
        elif blow == 3:
            raw = raw[:start] + raw[start:end] * chance.choice((2, 3, 60)) + raw[end:]
        elif blow == 4:
            lines[one], lines[other] = lines[other], lines[one]
            raw = b"\n".join(lines)
        elif blow == 5:
            lines.insert(one, lines[other])
            raw = b"\n".join(lines)
        elif blow == 6:
            lines[one] = chance.choice(WORDS).encode(encoding, "replace") + lines[one]
            raw = b"\n".join(lines)
        else:
            raw = raw[:start] if chance.random() < 0.3 else raw + raw[start:]
    return raw


def case(target: Target, seed: int, number: int, slow: float) -> None:
    """One input. Raises whatever breaks a promise."""
    chance = random.Random(f"{seed} {number}")
    raw, encoding = telegram(target, chance)
    raw = damaged(raw, encoding, chance)
    began = time.process_time()
    target.look(raw, encoding)
    if (took := time.process_time() - began) > slow:
        raise Finding(f"{took:.2f} s for {len(raw)} bytes")
    target.compare(chance)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="how long to search")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this one, as a finding named it")
    parser.add_argument("--slow", type=float, default=1.0, help="processor seconds that no input may take")
    arguments = parser.parse_args()
    target = Target()
    began = time.monotonic()
    number = arguments.case or 0
    while arguments.case is not None or time.monotonic() - began < arguments.seconds:
        try:
            case(target, arguments.seed, number, arguments.slow)
        except Exception:
            traceback.print_exc()
            print(f"\nFinding: python -m tests.fuzz.telegrams --seed {arguments.seed} --case {number}")
            return 1
        number += 1
        if arguments.case is not None:
            break
    counts = ", ".join(f"{count:,} {what}" for what, count in sorted(target.seen.items()))
    print(
        f"{number:,} inputs in {time.monotonic() - began:.0f} s, seed {arguments.seed}: no finding ({counts})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
