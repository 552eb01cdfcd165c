"""What can go wrong in the core. Refusals by a programme are outcomes, not errors."""

from collections.abc import Sequence

from .problems import Problem


class CoreError(Exception):
    """Parent of everything the core raises on purpose."""


class StorageUnavailable(CoreError):
    """The database can't be written or read now; nothing of the batch was kept. Repeating later helps."""


class StorageLocked(CoreError):
    """Another process writes to this database (one writer on SQLite); the text names it."""


class InputError(CoreError):
    """A file handed to the core (members, programme) is unusable; ``problems`` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
