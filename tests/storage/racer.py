"""One of several processes that work on the same books at once: ``python -m tests.storage.racer URL LANE WORK FIRST``.

``WORK`` is *redeem* (every other of 960 redemptions of 100 miles) or *reverse* (each of 500 redemptions once). It
begins when a line comes on standard input, and prints how many operations ended in which status.
"""

import sys
from collections import Counter

from loyalty_core import Core, OperationOutcome, Submission
from tests.storage.miles import order, redeem, undo

CLIENTS, EACH, MILES = 16, 60, 100
REVERSED = 500
BATCH = 7


def redemptions(client: int) -> list[Submission]:
    """What one client asks for."""
    return [order(redeem(f"client {client} number {number}", MILES)) for number in range(EACH)]


def reversals(first: int) -> list[Submission]:
    """Each redemption is to be undone once by everybody who calls this."""
    return [order(undo(f"undo {first} of {number}", f"spent {number}")) for number in range(REVERSED)]


def main() -> None:
    url, lane, work, first = sys.argv[1:5]
    core = Core.open(url, lane=lane)
    clients = range(int(first), CLIENTS, 2)
    messages = [one for client in clients for one in redemptions(client)]
    if work == "reverse":
        messages = reversals(int(first))
    print("ready", flush=True)
    sys.stdin.readline()
    found: Counter[str] = Counter()
    for start in range(0, len(messages), BATCH):
        for result in core.execute(messages[start : start + BATCH]):
            (outcome,) = result.outcomes
            assert isinstance(outcome, OperationOutcome)
            found[f"{outcome.status} {outcome.reason}".strip()] += 1
    core.close()
    for status, count in sorted(found.items()):
        print(f"{count} {status}")


if __name__ == "__main__":
    main()
