"""The members of a made-up programme over some years, and the member files in which its staff hand them over.

Most are there from the start. Later files bring newcomers, block and unblock cards, replace them, correct names and
grant tiers, so that what was refused settles and what stood is taken back.
"""

import random

from simulators.population import card_of, name_of

HEADER = "member,surname,given,birth_date,card_airline,card,card_state,replaced_by,tier\n"
KNOWN_FROM_THE_START = 0.8
FILE_ROWS_MAX = 2000

_LETTERS = {"ZH": "Ж", "KH": "Х", "TS": "Ц", "SH": "Ш", "YA": "Я", "IY": "ИЙ"} | dict(
    zip("ABVGDEZIKLMNOPRSTUYJ", "АБВГДЕЗИКЛМНОПРСТУЫЙ", strict=True)
)


def cyrillic(text: str) -> str:
    """A name of the population as a Russian host writes it."""
    found, rest = "", text
    while rest:
        size = 2 if rest[:2] in _LETTERS else 1
        found += _LETTERS[rest[:size]]
        rest = rest[size:]
    return found


class People:
    """``count`` members; all chance comes from ``chance``."""

    def __init__(self, count: int, chance: random.Random) -> None:
        self.count = count
        self._chance = chance
        self._known = [chance.random() < KNOWN_FROM_THE_START for _ in range(count)]
        self._state = ["active"] * count
        self._tier = [chance.choice(["", "", "", "", "SILVER", "GOLD"]) for _ in range(count)]
        self._renamed = [chance.random() < 0.03 for _ in range(count)]
        """A slip in the surname, which a later file corrects."""
        self._cards = [[card_of(number)] for number in range(count)]
        """The last one is good, those before were replaced by it."""

    def someone(self) -> int:
        """A member; some fly far more often than others."""
        return int(self.count * self._chance.random() ** 2)

    def card(self, member: int) -> str:
        """A card that the member might show: mostly the newest."""
        cards = self._cards[member]
        return cards[-1] if self._chance.random() < 0.8 else self._chance.choice(cards)

    def first_files(self) -> list[bytes]:
        """What the programme begins with."""
        return self._files([number for number in range(self.count) if self._known[number]])

    def changes(self) -> list[bytes]:
        """The next file of those about whom something changed."""
        chance = self._chance
        changed = sorted({self.someone() for _ in range(max(2, self.count // 40))})
        for member in changed:
            if not self._known[member]:
                self._known[member] = True
                continue
            match chance.choice(["block", "block", "replace", "tier", "name"]):
                case "block":
                    self._state[member] = "active" if self._state[member] == "blocked" else "blocked"
                case "replace" if len(self._cards[member]) < 4:
                    self._cards[member].append(f"78{len(self._cards[member]):03d}{member:08d}")
                case "tier":
                    self._tier[member] = chance.choice(["", "SILVER", "GOLD"])
                case _:
                    self._renamed[member] = False
        return self._files(changed)

    def bad_file(self) -> bytes:
        """A file with a mistake: nothing of it is taken over."""
        return (HEADER + self._rows(0) + "P0000001,,NOBODY,,UT,77,lent,,\n").encode()

    def _files(self, members: list[int]) -> list[bytes]:
        slices = [members[at : at + FILE_ROWS_MAX] for at in range(0, len(members), FILE_ROWS_MAX)]
        return [(HEADER + "".join(map(self._rows, each))).encode() for each in slices]

    def _rows(self, member: int) -> str:
        surname, given = name_of(member)
        if self._renamed[member]:
            surname = surname[:-2] + "OV"
        born = f"{1950 + member % 50}-0{1 + member % 9}-1{member % 10}"
        cards = self._cards[member]
        return "".join(
            f"P{member:07d},{surname},{given},{born},UT,{card},"
            + (f"{self._state[member]},," if card == cards[-1] else f"replaced,{cards[place + 1]},")
            + f"{self._tier[member]}\n"
            for place, card in enumerate(cards)
        )
