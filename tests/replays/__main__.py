"""``python -m tests.replays``: a journal of so many messages of every kind, rebuilt twice, hash for hash.

The journal comes by the real pipeline in this process; it is rebuilt by ``ffgate replay`` in processes of their own.
"""

import argparse
import logging
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from tests.postgres import fresh_database, running_server
from tests.replays.journal import build
from tests.replays.rebuilding import rebuild
from tests.storage.histories import sync_off

MESSAGES = 100_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.replays", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="journal rows (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the traffic (default %(default)s)")
    parser.add_argument("--sqlite", type=int, default=2, help="how often into SQLite (default %(default)s)")
    parser.add_argument(
        "--postgresql",
        type=int,
        nargs="?",
        const=1,
        default=0,
        help="how often into PostgreSQL (once without a number)",
    )
    parser.add_argument(
        "--directory", type=Path, help="an empty one where everything is left for a look (default: none is)"
    )
    chosen = parser.parse_args()
    # What the hosts send wrong is in the journal; the log would only say so again.
    logging.getLogger().addHandler(logging.NullHandler())
    with ExitStack() as ends:
        directory = chosen.directory or Path(
            ends.enter_context(tempfile.TemporaryDirectory(prefix="ffgate-replays-"))
        )
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            parser.error(f"{directory} is not empty")
        directory = directory.absolute()
        _build(directory, chosen.seed, chosen.messages)
        targets = {
            f"SQLite {number}": f"sqlite:///{directory}/rebuilt{number}.sqlite"
            for number in range(1, chosen.sqlite + 1)
        }
        server = ends.enter_context(running_server()) if chosen.postgresql else ""
        for number in range(1, chosen.postgresql + 1):
            targets[f"PostgreSQL {number}"] = ends.enter_context(fresh_database(server))
        wrong = rebuild(directory, targets, _say)
    for each in wrong:
        _say(each)
    _say(f"seed {chosen.seed}: " + ("NOT THE SAME" if wrong else "all books are the same"))
    return 1 if wrong else 0


def _build(directory: Path, seed: int, messages: int) -> None:
    sync_off()
    began, processor_began = time.monotonic(), time.process_time()
    built = build(directory, seed, messages)
    seconds, processor_seconds = time.monotonic() - began, time.process_time() - processor_began
    size = (directory / "var" / "ffgate.sqlite").stat().st_size / 2**20
    _say(
        f"seed {seed}: {built.rows:,} messages in {seconds:.0f} s ({processor_seconds:.0f} s of a processor),"
        f" {size:.0f} MiB"
    )
    for kind, ends in groupby(sorted(built.ends.items()), key=lambda end: end[0][0]):
        _say(f"  {kind:18}" + ", ".join(f"{count:,} {state}" for (_kind, state), count in ends))


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
