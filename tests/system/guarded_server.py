"""``ffgate`` for a test: the command itself, which dies at once when whoever started it is gone, by whatever death.

Standard input is a pipe whose other end the tests hold and never write to: it ends when they do.
"""

import os
import runpy
import signal
import threading


def die_with_the_tests() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=die_with_the_tests, daemon=True).start()
    runpy.run_module("adapter", run_name="__main__", alter_sys=True)
