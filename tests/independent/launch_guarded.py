"""Runs a module with the arguments that follow, until it ends or standard input does.

The tests hold the other end of that pipe and never write to it, so it ends with them: a server doesn't outlive tests
that were killed.
"""

import os
import runpy
import signal
import sys
import threading


def _die_with_the_tests() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_die_with_the_tests, daemon=True).start()
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
