"""The short way of a form: what its pattern captures, written down as XML with nothing else done to it.

Nearly all lines of a list are of forms whose values can't hold anything that would have to be escaped, changed or
looked up. Whether a form is one of those is read off its pattern, once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

BOUND = "bound"
"""The group that says whom of a party a line means: with it, the line takes the long way."""

_CLASS = re.compile(r"\[([^\]]*)\]")
_AHEAD = re.compile(r"\(\?[=!][^()]*\)")
_RANGE = re.compile(r"(\w)-(\w)")
_NOT_AS_IT_STANDS = re.compile(r'[&<"\\]')
_NOT_OUTSIDE_CLASSES = re.compile(r'[&<"\\.^]')


@dataclass(frozen=True, slots=True)
class Short:
    """``written`` has, for each number of the last group that a match has, the attributes as a template for the groups
    up to it, "" where such a match has to go the long way. ``edges``: a value may be empty or have blanks around it.
    ``dots``: a dot may stand in such a line, where another element could begin.
    """

    fullmatch: Callable[[str], re.Match[str] | None]
    written: tuple[str, ...]
    edges: bool
    dots: bool

    def attributes(self, match: re.Match[str]) -> str:
        """The attributes that a line has, as they stand in XML; "" where it has to go the long way."""
        last = match.lastindex or 0
        template, groups = self.written[last], match.groups()[:last]
        if not template or None in groups:
            return ""
        attributes = template % groups
        if self.edges and (' "' in attributes or '=" ' in attributes or '=""' in attributes):
            return ""
        return attributes


def short_of(
    pattern: re.Pattern[str], extra: dict[str, str], without: dict[str, str] | None = None
) -> Short | None:
    """The short way of a pattern, None where it has none. ``extra`` are further attributes; ``without`` are
    characters that are left out of some values: those must not occur.
    """
    names = sorted(pattern.groupindex, key=lambda name: pattern.groupindex[name])
    if not names or len(names) != pattern.groups or BOUND in names[:-1]:
        return None
    edges = False
    for name in names:
        text = _group(pattern.pattern, name)
        if name == BOUND:
            continue
        if "(?P<" in text or not _stands_as_it_is(text):
            return None
        if any(character in _RANGE.sub("", text) for character in (without or {}).get(name, "")):
            return None
        edges = edges or " " in text or re.fullmatch(text, "") is not None
    ends = "".join(f' {name}="{value}"' for name, value in extra.items()).replace("%", "%%")
    written = [
        "" if last and names[last - 1] == BOUND else "".join(f' {name}="%s"' for name in names[:last]) + ends
        for last in range(len(names) + 1)
    ]
    bound = _group(pattern.pattern, BOUND) if BOUND in names else ""
    fixed = _AHEAD.sub("", pattern.pattern).replace(f"(?P<{BOUND}>{bound})", "").removeprefix("[.]")
    return Short(pattern.fullmatch, tuple(written), edges, dots=_takes_dots(fixed))


def _stands_as_it_is(text: str) -> bool:
    """Whether nothing that a group captures means something in XML."""
    for inside in _CLASS.findall(text):
        if _is_open(inside) or _NOT_AS_IT_STANDS.search(inside):
            return False
    return _NOT_OUTSIDE_CLASSES.search(_CLASS.sub("", text)) is None


def _takes_dots(text: str) -> bool:
    """Whether a dot may stand in what a pattern matches."""
    inside = _CLASS.findall(text)
    return (
        any(_is_open(one) or "." in one for one in inside)
        or re.search(r"[.\\]", _CLASS.sub("", text)) is not None
    )


def _is_open(inside: str) -> bool:
    """Whether a class is one of all but some characters, or has a range of others than letters or digits."""
    return inside.startswith("^") or "-" in _RANGE.sub("", inside)[1:-1]


def _group(pattern: str, name: str) -> str:
    """The pattern inside a named group, without what it only looks ahead at."""
    begin = end = pattern.index(f"(?P<{name}>") + len(name) + 5
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(pattern[end], 0)
        end += 1
    return _AHEAD.sub("", pattern[begin : end - 1])
