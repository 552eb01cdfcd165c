"""``python -m simulators`` is ``ffsim``."""

from simulators.cli import main

if __name__ == "__main__":
    main()
