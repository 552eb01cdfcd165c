"""Words of remarks that nobody may lose: those of cards, tickets and services paid for.

A remark of an unknown word is read as just that, a remark. Where the word is nearly one of these, damage or a vendor's
own spelling would then take a card away without anybody noticing; the same where such a word stands further on in a
text that may be anything.
"""

import re
from collections.abc import Sequence

STEM = 3
"""So many letters all words of a family begin with: FQTV, FQTU; TKNE, TKNA."""


class Telling:
    """``words`` as the remarks begin with them, ``other`` longer words that begin like them and mean something else."""

    def __init__(self, words: Sequence[str] = (), other: Sequence[str] = ()) -> None:
        self.words = frozenset(words)
        self.stems = tuple(sorted({word[:STEM] for word in words}))
        self.other = tuple(other)
        every = "|".join(map(re.escape, words)) or "(?!)"
        but = "".join(f"(?!{re.escape(word)})" for word in other)
        # inside another word it means nothing, unless it ends that word: a text may have been put together of two
        self._within = re.compile(rf"{but}(?:(?:{every})(?![^\W\d_])|(?<![^\W\d_]{{2}})(?:{every}))")

    def begins(self, text: str) -> str:
        """The word that a remark begins with, though no blank or slash stands behind it; "" where it is none."""
        return next((word for word in self.words if text.startswith(word)), "")

    def near(self, text: str) -> bool:
        """Whether a remark begins with a word that is nearly one of these: of the same family, or one character off."""
        if text.startswith(self.other):
            return False
        if text.startswith(self.stems):
            return True
        lengths = {len(word) + more for word in self.words for more in (-1, 0, 1)}
        heads = [text[:length] for length in lengths if not text[length : length + 1].isalpha()]
        return any(is_nearly(head, word) for head in heads for word in self.words)

    def within(self, text: str) -> int:
        """Where one of the words stands further on in a text; -1 where none does."""
        if not any(stem in text for stem in self.stems):  # nearly always, and quickly said
            return -1
        match = self._within.search(text, 1)
        return match.start() if match else -1


def is_nearly(name: str, code: str) -> bool:
    """Whether one character is wrong in a word, missing from it, or too much."""
    if name == code or abs(len(name) - len(code)) > 1:
        return False
    if len(name) == len(code):
        return sum(a != b for a, b in zip(name, code, strict=True)) == 1
    short, long = sorted((name, code), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))
