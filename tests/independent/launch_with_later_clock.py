"""Runs the server's own command with a clock that a test can put forward, so that keys expire at once.

Every link takes its time from ``StreamLink.now``; whatever the file named by the variable says is added to it.
"""

import os
from pathlib import Path

from adapter.cli import main
from adapter.net.link import StreamLink

_real_now = StreamLink.now
_ahead = Path(os.environ["FFGATE_TEST_CLOCK_FILE"])


def _now(link: StreamLink) -> float:
    return _real_now(link) + float(_ahead.read_text())


StreamLink.now = _now  # type: ignore[assignment,method-assign]

if __name__ == "__main__":
    main()
