"""What is wrong with an input, as data: collected, not thrown one by one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect with its place.

    ``code`` is a stable lower_snake word for programs, ``text`` a sentence for people. ``path`` is an XPath-like
    place in a document or a dotted path in a file of ours; ``line`` and ``column`` count from 1, 0 = not known;
    ``value`` is the offending value where it may be shown to the sender.
    """

    code: str
    text: str
    path: str = ""
    line: int = 0
    column: int = 0
    file: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place = (
                f"{place}:{self.line}:{self.column}" if place else f"line {self.line}, column {self.column}"
            )
        return ": ".join(part for part in (place, self.path, self.text) if part)
