"""What is around a transaction while it is decided."""

from dataclasses import dataclass
from datetime import datetime

from . import keys
from .bookkeeping import Cause


@dataclass(frozen=True, slots=True)
class Context:
    """The message around a transaction; ``digest`` is that of its canonical form (hex), ``origin`` as ``cause_of``."""

    journal_id: int
    digest: str
    origin: str
    received_at: datetime
    link: str = ""
    kind: str = ""
    encoding: str = "utf-8"
    wants_answer: bool = False

    @property
    def cause(self) -> Cause:
        return Cause(self.journal_id, self.origin, keys.instant(self.received_at))
