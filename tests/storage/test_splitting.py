"""Nobody gains by splitting: a transfer in parts, there and back, leaves the miles and last days of one in whole."""

import random
from pathlib import Path

import pytest

from loyalty_core import Core
from tests.storage.airline import CARD, NOON
from tests.storage.books import books
from tests.storage.miles import DAY, FAMILY, OLEG, done, give, lots, transfer

LOTS = 5


def _merged(core: Core, number: str) -> dict[str, int]:
    """Last day -> miles that can be spent up to it."""
    found: dict[str, int] = {}
    for day, amount in lots(core, number):
        found[day] = found.get(day, 0) + amount
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_transfer_in_parts_is_worth_what_one_is(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    given = [(chance.randint(1, 900), NOON - chance.randrange(300) * DAY) for _lot in range(LOTS)]
    total = sum(amount for amount, _at in given)
    there = chance.randint(LOTS, total)
    back = chance.randint(1, there)
    cuts = sorted(chance.sample(range(1, there), min(4, there - 1)))
    parts = [end - begin for begin, end in zip([0, *cuts], [*cuts, there], strict=True)]
    ends = []
    for number, pieces in enumerate(([there], parts)):
        with books(f"sqlite:///{tmp_path}/{number}.sqlite", FAMILY) as core:
            for place, (amount, at) in enumerate(given):
                give(core, amount, f"G{place}", at=at)
            for place, piece in enumerate(pieces):
                assert done(core, transfer(f"T{place}", piece)).status == "posted"
            assert done(core, transfer("back", back, OLEG, CARD)).status == "posted"
            ends.append((_merged(core, "M1"), _merged(core, "M4")))
    assert ends[0] == ends[1]
    assert sum(sum(each.values()) for each in ends[0]) == total
