"""``python -m adapter`` is ``ffgate``."""

from adapter.cli import main

if __name__ == "__main__":
    main()
