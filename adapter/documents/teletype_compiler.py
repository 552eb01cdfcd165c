"""From the rules of a grammar to the tables that the reader dispatches on."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapter.documents.teletype_rules import PASSENGER, Breaks, Grammar, Rule

_ANY_LETTER = "{letter}"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁ"


def compile_grammar(
    own: Mapping[str, Any],
    lines: Sequence[tuple[list[str], Rule]],
    remarks: dict[str, tuple[list[str], Rule]],
    breaks: Breaks,
    files: tuple[Path, ...],
) -> Grammar:
    """The grammar of one kind: ``own`` is its own file, ``lines`` are those in use with what they begin with,
    ``remarks`` those of all words.
    """
    elements: dict[str, Rule] = {}
    starts: dict[str, list[tuple[str, Rule]]] = {}
    literals: set[str] = set()
    for prefixes, rule in lines:
        for prefix in prefixes:
            if prefix == _ANY_LETTER:
                for letter in _LETTERS:
                    starts.setdefault(letter, []).append((letter, rule))
            elif prefix.startswith("."):
                elements[prefix] = rule
            else:
                starts.setdefault(prefix[0], []).append((prefix, rule))
        if rule.under != PASSENGER and any(form.pattern.pattern in prefixes for form in rule.forms):
            literals |= {form.pattern.pattern for form in rule.forms}
    otherwise = remarks.pop("otherwise", None)
    known = "|".join(re.escape(prefix) for prefix in sorted(elements, key=len, reverse=True))
    continued = tuple(rule.continued for _, rule in lines if rule.continued)
    every = "|".join(filter(None, (known, *map(re.escape, continued)))) or "(?!)"
    return Grammar(
        kind=str(own["kind"]),
        elements=elements,
        starts={first: tuple(sorted(rules, key=lambda r: -len(r[0]))) for first, rules in starts.items()},
        remarks={word: rule for words, rule in remarks.values() for word in words},
        otherwise=otherwise[1] if otherwise else None,
        inline=re.compile(rf"[ \t]+(?={known or '(?!)'})"),
        glued=re.compile(rf"(?<=[^ \t])(?:{every})"),
        continued=continued,
        whole=tuple(prefix for prefixes, rule in lines if rule.to_end for prefix in prefixes),
        breaks=breaks,
        literals=frozenset(literals),
        literal_tails=frozenset(text[1:] for text in literals),
        compares=own.get("compares") is not False,
        files=files,
    )
