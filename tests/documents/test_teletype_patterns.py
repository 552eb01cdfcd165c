"""No line, however it is made up, may keep a pattern of the grammars busy: hosts of strangers send them."""

import random
import re
import time
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # what a pattern is made of, nowhere else to be had
from typing import Any

from adapter.documents.catalogue import Catalogue
from adapter.documents.teletype_grammar import Grammar
from adapter.wire.typeb import Limits

NOWHERE = "\x7f"
"""A character that no pattern takes: what stands before it has to be given up in every way that it was read."""
SECONDS_MAX = 0.1
ATTEMPTS = 6


def patterns(grammar: Grammar) -> Iterator[tuple[str, re.Pattern[str], int, bool]]:
    """Every pattern that meets a line, the longest text that may come to it, whether it may be found inside it."""
    limits = Limits()
    rules = {rule for pairs in grammar.starts.values() for _, rule in pairs} | {*grammar.elements.values()}
    rules |= {*grammar.remarks.values()} | ({grammar.otherwise} if grammar.otherwise else set())
    remarks = {*grammar.remarks.values(), grammar.otherwise}
    for rule in sorted(rules, key=lambda rule: rule.name):
        longest = limits.remark_characters_max if rule in remarks else limits.line_characters_max
        whole = [*(form.pattern for form in rule.forms), rule.like, rule.block_line]
        for one in filter(None, whole):
            yield rule.name, one, longest, False
        if rule.goes_on is not None:
            yield rule.name, rule.goes_on, longest, True
    breaks = grammar.breaks
    for one in (breaks.name, *breaks.sections, breaks.words, grammar.inline, grammar.glued):
        if one is not None:
            yield "breaks", one, limits.remark_characters_max, True


def written(parsed: Any, chance: random.Random, pumped: Any, times: int) -> str:
    """A text that a parsed pattern takes, or nearly; one repeat of it, ``pumped``, many times over."""
    text = ""
    for code, value in parsed:
        if code is _constants.LITERAL:
            text += chr(value)
        elif code is _constants.IN:
            text += _one_of(value, chance)
        elif code is _constants.SUBPATTERN:
            text += written(value[-1], chance, pumped, times)
        elif code is _constants.BRANCH:
            branches = [one for one in value[1] if any(repeat is pumped for repeat in repeats(one))]
            text += written(chance.choice(branches or value[1]), chance, pumped, times)
        elif code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            least, most, inner = value
            if value is pumped:
                word = "".join(written(inner, chance, None, 0) or " " for _ in range(chance.randint(1, 3)))
                text += word * times
            else:
                holds = any(repeat is pumped for repeat in repeats(inner))
                count = max(1, least) if holds else chance.randint(least, max(least, min(most, least + 3)))
                text += "".join(written(inner, chance, pumped, times) for _ in range(count))
        elif code is _constants.ANY:
            text += "A"
    return text


def _one_of(choices: Any, chance: random.Random) -> str:
    code, value = chance.choice([choice for choice in choices if choice[0] is not _constants.NEGATE])
    if code is _constants.RANGE:
        # The same few characters again and again: those are what alternatives can share.
        return chr(value[0] + min(chance.randrange(2), value[1] - value[0]))
    return chr(value) if code is _constants.LITERAL else " "


def repeats(parsed: Any) -> Iterator[Any]:
    for code, value in parsed:
        if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            if value[1] is _constants.MAXREPEAT or value[1] > 9:
                yield value
            yield from repeats(value[2])
        elif code is _constants.SUBPATTERN:
            yield from repeats(value[-1])
        elif code is _constants.BRANCH:
            for one in value[1]:
                yield from repeats(one)


def slowest(
    pattern: re.Pattern[str], longest: int, anywhere: bool, chance: random.Random
) -> tuple[float, str]:
    """The longest that a text of at most so many characters keeps a pattern busy, and that text. Looks no
    further once it is too long: what grows with every character would not come back.
    """
    parsed = _parser.parse(pattern.pattern)
    worst, text = 0.0, ""
    for repeat in repeats(parsed):
        for _ in range(ATTEMPTS):
            seed, times = chance.getrandbits(32), 4
            while len(line := written(parsed, random.Random(seed), repeat, times) + NOWHERE) <= longest:
                began = time.process_time()
                (pattern.search if anywhere else pattern.fullmatch)(line)
                if (took := time.process_time() - began) > worst:
                    worst, text = took, line
                if worst > SECONDS_MAX:
                    return worst, text
                times += times // 2
    return worst, text


def test_no_pattern_is_kept_busy(catalogue: Catalogue) -> None:
    seen: set[tuple[str, int]] = set()
    slow = []
    for profile in ("", *catalogue.profiles):
        for grammar in catalogue.grammars(profile).values():
            for name, pattern, longest, anywhere in patterns(grammar):
                if (pattern.pattern, longest) in seen:
                    continue
                seen.add((pattern.pattern, longest))
                took, text = slowest(pattern, longest, anywhere, random.Random(20260820))
                if took > SECONDS_MAX:
                    slow.append(f"{name}: {took:.2f} s, {len(text)} characters: {text[:80]}")
    assert not slow, "\n".join(slow)
