"""From the rules of a grammar to the tables that the reader dispatches on."""

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from adapter.documents.teletype_rules import ELEMENT, PASSENGER, WORD, Breaks, Grammar, Rule, Usual
from adapter.documents.teletype_telling import Telling

_ANY_LETTER = "{letter}"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁ"


def compile_grammar(
    own: Mapping[str, Any],
    lines: Sequence[tuple[list[str], Rule]],
    remarks: dict[str, tuple[list[str], Rule]],
    breaks: Breaks,
    telling: Telling,
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
    usual: dict[str, Usual] = {}
    for prefix, rule in elements.items():
        if rule.words:
            for word, one in ((word, one) for words, one in remarks.values() for word in words):
                for key in (f"{prefix}{word} ", f"{prefix}{word}/"):
                    usual |= _usual(key, one, begin=len(prefix), waits=True)
        elif rule.goes_on is None:
            usual |= _usual(prefix, rule, begin=0, waits=bool(rule.continued))
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
        usual=usual,
        usual_name=_usual_name(starts.get("1", ()), breaks),
        apart=frozenset({*(prefix for prefix in elements if len(prefix) == ELEMENT)} - {*continued}),
        telling=telling,
        compares=own.get("compares") is not False,
        files=files,
    )


def _usual(key: str, rule: Rule, *, begin: int, waits: bool) -> dict[str, Usual]:
    """What lines with this beginning can be read as the short way; forms behind one that has none don't count."""
    if len(key) not in (ELEMENT, WORD) or not rule.is_leaf:
        return {}
    forms = takewhile(lambda form: form.short is not None, rule.forms)
    short = tuple((form.short, rule.free or form.free) for form in forms if form.short is not None)
    return {key: Usual(rule.element, short, begin, waits, bool(rule.latin))} if short else {}


def _usual_name(starts: Sequence[tuple[str, Rule]], breaks: Breaks) -> Rule | None:
    """The rule of name lines, where one passenger is all that such a line can say."""
    rules = [rule for start, rule in starts if start == "1" and rule.like is None]
    if len(rules) != len(starts) or len(rules) != 1 or not rules[0].persons:
        return None
    rule, short = rules[0], rules[0].forms[0].short
    words = rule.needs or breaks.words is not None  # what was said before the name counts
    return None if words or short is None or rule.without or rule.latin else rule
