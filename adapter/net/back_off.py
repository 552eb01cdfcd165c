"""How long to wait before trying again to reach somebody."""

import random
from collections.abc import Callable

_GROWTH = 2.0


class BackOff:
    """Growing pauses between tries, each shortened by chance, so that many partners don't come back at once."""

    def __init__(
        self, seconds_min: float, seconds_max: float, chance: Callable[[], float] = random.random
    ) -> None:
        self._min = seconds_min
        self._max = seconds_max
        self._chance = chance
        self._next = seconds_min

    def next(self) -> float:
        """Seconds until the next try."""
        seconds, self._next = self._next, min(self._next * _GROWTH, self._max)
        return seconds * (0.5 + self._chance() / 2)

    def reset(self) -> None:
        """It has worked: begin with short pauses again."""
        self._next = self._min
