"""``python -m tests.names [SEED …]``: how well names are compared, by grade and by kind of variation."""

import argparse
from collections import Counter

from loyalty_core import Name
from loyalty_core.names import Grade
from tests.names.figures import Figures, good, measure
from tests.names.pairs import EACH, SEED, pairs

WORST = 15


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.names", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[SEED])
    parser.add_argument("--each", type=int, default=EACH, help="pairs of each kind (default %(default)s)")
    parser.add_argument("--worst", type=int, default=WORST, help="misses to show (default %(default)s)")
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        _show(seed, measure(pairs(seed, chosen.each)), chosen.worst)


def _show(seed: int, figures: Figures, worst: int) -> None:
    print(f"seed {seed}, {figures.pairs} pairs\n")
    print(f"{'grade':12}{'given':>8}{'right':>8}{'precision':>11}{'due':>8}{'found':>8}{'recall':>9}")
    for grade in sorted(Grade, reverse=True):
        of = figures.grades[grade]
        print(
            f"{grade.name.lower():12}{of.given:8}{of.right:8}{of.precision:11.2%}"
            f"{of.due:8}{of.found:8}{of.recall:9.2%}"
        )
    # Good: one person gets the grade due or a better one, two persons get no grade that credits.
    order = sorted(Grade, reverse=True)
    print(f"\n{'kind':40}{'due':12}{''.join(f'{grade.name.lower():>12}' for grade in order)}{'good':>8}")
    for kind, counts in figures.kinds.items():
        row = "".join(f"{counts[grade]:12}" for grade in order)
        print(f"{kind:40}{figures.due[kind].name.lower():12}{row}{good(figures, kind):8.1%}")
    shown: Counter[str] = Counter()
    print()
    for _, pair, outcome in figures.wrong:
        if shown[pair.kind] < 3 and shown.total() < worst:
            shown[pair.kind] += 1
            known = " ".join(map(_text, pair.known))
            print(
                f"{pair.kind}: {_text(pair.claim)} / {known}: {outcome.grade.name.lower()}, {outcome.reason}"
            )
    print()


def _text(name: Name) -> str:
    return f"{name.surname}/{name.given}"


if __name__ == "__main__":
    main()
