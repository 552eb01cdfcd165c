"""The shape of ``config.yaml``: what may be set, of which type, within which range, and what holds when it is
not.

Only single values are judged here; what two settings mean together is in ``config_checks``. The top-level
``config.yaml`` is the manual of all this; a test keeps its defaults equal to those below.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, PrivateAttr

from adapter.config_links import (
    Limits,
    Link,
    LinkSettings,
    ListAnswering,
    Listener,
    MatipLink,
    MatipPartner,
    TelegramSource,
)
from adapter.config_values import (
    LOOPBACK,
    Count,
    DatabaseUrl,
    FilePath,
    Listen,
    Name,
    Seconds,
    Sender,
    Settings,
    Texts,
)

ListKind = Literal["PNL", "ADL", "FTL", "PRL", "ETL", "ASL", "PFS"]


class Database(Settings):
    """Where the journal and the ledger live."""

    url: DatabaseUrl = "sqlite:///var/ffgate.sqlite"
    lane: Name = "main"
    password_file: FilePath | None = None
    busy_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0


class GateSettings(Settings):
    """How many messages share a commit, how many may wait, and how long stopping may take."""

    batch_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    queue_max: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    unavailable_pause_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    drain_seconds: Annotated[float, Field(gt=0, le=60)] = 8.0


class ClockSettings(Settings):
    """How often the business clock strikes, and what it then gives up."""

    every_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    part_set_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300
    decisions_max: Annotated[int, Field(ge=1, le=100_000)] = 1000
    leap_days_max: Annotated[int, Field(ge=1, le=36_500)] = 92


class FlightSettings(Settings):
    """When lists are expected, in minutes after departure; those not named are never missed."""

    expected_minutes: dict[ListKind, Annotated[int, Field(ge=-20_160, le=20_160)]] = {
        "PNL": -120,
        "FTL": 60,
        "PRL": 60,
        "PFS": 60,
        "ETL": 720,
    }


class Admin(Listener):
    """The listener of health, readiness and metrics."""

    listen: Listen = f"tcp:8090:interface={LOOPBACK}"


class Logs(Settings):
    """How much is logged and where to; no file means standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: FilePath | None = None


class SendingSettings(Settings):
    """How telegrams leave: when an attempt is repeated, when that is given up, how many may wait."""

    first_retry_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 5.0
    retry_factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    retry_seconds_max: Annotated[float, Field(ge=0.05, le=86_400)] = 300.0
    give_up_seconds: Annotated[float, Field(ge=1, le=604_800)] = 86_400.0
    answer_seconds: Seconds = 60.0
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 5.0
    queue_max: Count = 1000


class Config(Settings):
    """All settings in force. ``file`` is where they came from, ``digest`` names their content (SHA-256)."""

    database: Database = Database()
    programmes: Annotated[Texts, Field(min_length=1)] = ("demo",)
    gate: GateSettings = GateSettings()
    clock: ClockSettings = ClockSettings()
    flights: FlightSettings = FlightSettings()
    admin: Admin | None = Admin()
    logs: Logs = Logs()
    sending: SendingSettings = SendingSettings()
    limits: Limits = Limits()
    links: dict[Name, Link] = {}

    _file: Path = PrivateAttr(default=Path("config.yaml"))
    _digest: str = PrivateAttr(default="")

    @property
    def file(self) -> Path:
        """The file these settings were read from."""
        return self._file

    @property
    def digest(self) -> str:
        """The same for the same settings, wherever the file lies and however it is written."""
        return self._digest

    @property
    def sources(self) -> dict[str, str]:
        """Every name that a message can bear as its link's, with the link that it comes by: the links themselves,
        and the partners of those that have several.
        """
        found = {name: name for name in self.links}
        for name, link in self.links.items():
            if isinstance(link, MatipLink):
                found.update((partner, name) for partner in link.partners)
        return found

    def place_of(self, source: str) -> tuple[str, ...]:
        """Where in the file the settings of one of the ``sources`` stand."""
        link = self.sources[source]
        return ("links", link) if link == source else ("links", link, "partners", source)

    @property
    def ends(self) -> "dict[str, LinkSettings | MatipPartner]":
        """The settings behind each of the ``sources``: of the partner where it is one, else of the link."""
        found: dict[str, LinkSettings | MatipPartner] = dict(self.links)
        for link in self.links.values():
            if isinstance(link, MatipLink):
                found.update(link.partners)
        return found

    def limits_of(self, link: str) -> Limits:
        """The limits of one link: its own where it sets any, the common ones elsewhere."""
        own = self.links[link].limits
        return (
            self.limits if own is None else self.limits.model_copy(update=own.model_dump(exclude_unset=True))
        )

    @property
    def senders(self) -> dict[str, Sender]:
        """Every name by which telegrams can leave."""
        found = {
            name: Sender(link.text_encoding, link.send_seconds_max)
            for name, link in self.links.items()
            if link.sends
        }
        for link in self.links.values():
            if isinstance(link, MatipLink):
                found.update((name, Sender(one.text_encoding, 0.0)) for name, one in link.partners.items())
        return found

    @property
    def answers(self) -> dict[str, ListAnswering]:
        """How lists are answered, by the name that they bear as their link's."""
        return {
            name: link.answer
            for name, link in self.ends.items()
            if isinstance(link, TelegramSource) and link.answer is not None
        }

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, None on PostgreSQL."""
        url = self.database.url
        return (
            (self._file.parent / url.removeprefix("sqlite:///")).absolute()
            if url.startswith("sqlite:///")
            else None
        )

    @property
    def database_url(self) -> str:
        """The URL to open: an SQLite file resolved against the config file, a PostgreSQL password put in."""
        url = self.database.url
        if self.sqlite_file is not None:
            return f"sqlite:///{self.sqlite_file}"
        if self.database.password_file is None:
            return url
        password = quote(self.database.password_file.read_text("utf-8").strip(), safe="")
        head, at, tail = url.partition("@")
        return f"{head}:{password}{at}{tail}"
