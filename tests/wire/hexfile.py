"""Fixtures made by hand from the specification: hexadecimal bytes, '#' begins a comment."""

from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"


def read_hex(name: str) -> bytes:
    lines = (FIXTURES / f"{name}.hex").read_text(encoding="utf-8").splitlines()
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))
