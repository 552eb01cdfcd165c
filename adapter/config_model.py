"""The shape of ``config.yaml``: what may be set, of which type, within which range, and what holds when it is
not.

Only single values are judged here; what two settings mean together is in ``config_checks``. The top-level
``config.yaml`` is the manual of all this; a test keeps its defaults equal to those below.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr

from adapter.config_values import (
    LOOPBACK,
    Address,
    Bytes,
    Connect,
    Count,
    DatabaseUrl,
    Encoding,
    Endpoint,
    FilePath,
    Listen,
    ListenUdp,
    Name,
    Networks,
    RouterName,
    Seconds,
    Senders,
    Texts,
    TypebAddress,
    TypebAddresses,
    read_endpoint,
)


class Settings(BaseModel):
    """Parent of all sections: exact types, no unknown keys, never changed after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Limits(Settings):
    """What one message, one connection or one peer may cost; every link may set its own."""

    frame_bytes_max: Bytes = 1024 * 1024
    inflated_bytes_max: Bytes = 8 * 1024 * 1024
    inflate_ratio_max: Count = 200
    depth_max: Annotated[int, Field(ge=4, le=200)] = 32
    elements_max: Count = 10_000
    attributes_max: Count = 32
    value_characters_max: Count = 4096
    errors_per_reply_max: Annotated[int, Field(ge=1, le=50)] = 5
    telegram_bytes_max: Bytes = 64 * 1024
    parts_max: Annotated[int, Field(ge=1, le=99)] = 99
    open_sets_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    connections_max: Annotated[int, Field(ge=1, le=10_000)] = 32
    header_seconds: Seconds = 10.0
    body_seconds: Seconds = 30.0
    keepalive_idle_seconds: Annotated[int, Field(ge=1, le=7200)] = 60
    keepalive_interval_seconds: Annotated[int, Field(ge=1, le=600)] = 15
    keepalive_probes: Annotated[int, Field(ge=1, le=20)] = 4
    user_timeout_seconds: Annotated[int, Field(ge=1, le=7200)] = 120
    out_buffer_bytes_max: Bytes = 1024 * 1024
    out_stalled_seconds: Seconds = 30.0
    linger_seconds: Seconds = 5.0
    refusals_per_minute_max: Count = 20
    refused_peer_seconds: Seconds = 60.0
    handshakes_per_second_max: Annotated[int, Field(ge=1, le=1000)] = 10
    invalid_checks_per_minute_max: Annotated[int, Field(ge=0, le=100_000)] = 60


class Database(Settings):
    """Where the journal and the ledger live."""

    url: DatabaseUrl = "sqlite:///var/ffgate.sqlite"
    lane: Name = "main"
    password_file: FilePath | None = None


class GateSettings(Settings):
    """How many messages share a commit, how many may wait, and how long stopping may take."""

    batch_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    queue_max: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    drain_seconds: Annotated[float, Field(gt=0, le=60)] = 8.0


class ClockSettings(Settings):
    """How often the business clock strikes, and what it then gives up."""

    every_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    part_set_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300


class Listener(Settings):
    """Something that listens; ``peers`` are the addresses that may connect when it is not on loopback."""

    listen: Listen
    peers: Networks = ()

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return read_endpoint(self.listen)


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


class ListAnswering(Settings):
    """The answer to the originator of an FTL or PNL: which of its cards are not good."""

    origin: TypebAddress
    to: Literal["originator"] | TypebAddresses = "originator"
    link: Name | None = None
    priority: Annotated[str, Field(pattern=r"^Q[A-Z]$")] | None = None


class LinkSettings(Settings):
    """What every link has. ``journal: all`` sends card checks through the journal as well."""

    sends: ClassVar[bool] = False
    """Whether telegrams can leave by links of this type."""
    journal: Literal["changes", "all"] = "changes"
    in_flight_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    limits: Limits | None = None

    @property
    def protocol(self) -> str:
        """What envelopes of this link say."""
        return str(getattr(self, "type", ""))

    @property
    def send_seconds_max(self) -> float:
        """How long the link itself tries to bring a telegram over; 0 where it doesn't wait for anything."""
        return 0.0

    @property
    def text_encoding(self) -> str:
        """Of messages that don't say it themselves."""
        return str(getattr(self, "encoding", "utf-8"))


class TelegramLink(LinkSettings):
    """What links of teletype telegrams have: the encoding of the text, and whether lists are answered."""

    encoding: Encoding = "utf-8"
    answer: ListAnswering | None = None

    @property
    def protocol(self) -> str:
        """All of them carry the same."""
        return "typeb"


class HttpLink(LinkSettings, Listener):
    """XML in the body of a POST, as departure control systems send it."""

    type: Literal["http"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/astra"
    answer_seconds: Seconds = 10.0


class SirenaClient(Settings):
    """One client id of the XML gateway."""

    name: Name
    address: Networks
    cipher: Literal["plaintext", "legacy_cipher"] = "plaintext"
    cipher_reason: str = ""
    public_key_file: FilePath | None = None
    on_overload: Literal["not_processed", "close"] = "not_processed"


class SirenaLink(LinkSettings, Listener):
    """The XML gateway of reservation systems: 100-byte header, client ids, optional legacy cipher."""

    type: Literal["sirena"]
    instance: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "FFG"
    key_file: FilePath | None = None
    key_seconds: Annotated[int, Field(ge=60, le=86_400)] = 5400
    clients: dict[Annotated[int, Field(ge=1, le=65535)], SirenaClient]


class LengthPrefixedLink(LinkSettings, Listener):
    """XML behind a length of four bytes, most significant first."""

    type: Literal["length_prefixed"]


class Finished(Settings):
    """How a file in a spool directory is known to be complete; exactly one of the two is set."""

    suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9._-]{1,20}$")] | None = None
    unchanged_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None


class SpoolLink(TelegramLink):
    """A directory into which a host drops teletype telegrams as files, and from which it fetches ours."""

    sends: ClassVar[bool] = True
    type: Literal["spool"]
    directory: FilePath
    finished: Finished = Finished(unchanged_seconds=2.0)
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 1.0


class MailboxLink(TelegramLink):
    """A mailbox in Maildir form, into which a mail server delivers telegrams."""

    type: Literal["mailbox"]
    directory: FilePath
    senders: Senders = ()
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 1.0


class TypebHttpLink(TelegramLink, Listener):
    """A telegram in the body of a POST."""

    type: Literal["typeb_http"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/typeb"
    answer_seconds: Seconds = 10.0


class TypebTcpLink(TelegramLink):
    """Telegrams on a TCP stream, told apart by their framing; we listen or connect."""

    sends: ClassVar[bool] = True
    type: Literal["typeb_tcp"]
    listen: Listen | None = None
    peers: Networks = ()
    connect: Connect | None = None
    framing: Literal["zczc", "soh"] = "zczc"
    acknowledge: bool = False
    ack_seconds: Seconds = 30.0

    @property
    def send_seconds_max(self) -> float:
        """As long as an acknowledgement may take."""
        return self.ack_seconds if self.acknowledge else 0.0

    @property
    def endpoint(self) -> Endpoint:
        """The address listened on, taken apart."""
        return read_endpoint(self.listen or "")


class GatewayRouter(Settings):
    """One router of the Astra gateway: its datagrams come from this address, ours go to address and port."""

    address: Address
    port: Annotated[int, Field(ge=1, le=65535)]


class AstraGatewayLink(TelegramLink):
    """Telegrams in UDP datagrams, as between the routers of the Astra gateway."""

    sends: ClassVar[bool] = True
    type: Literal["astra_gateway"]
    listen: ListenUdp
    own_name: RouterName
    routers: dict[RouterName, GatewayRouter]
    send_to: RouterName | None = None
    flow_control: bool = True
    repeat_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1.0
    send_seconds: Annotated[float, Field(ge=1, le=86_400)] = 7200.0

    @property
    def send_seconds_max(self) -> float:
        """It repeats datagrams by itself."""
        return self.send_seconds

    @property
    def endpoint(self) -> Endpoint:
        """The address listened on, taken apart."""
        return read_endpoint(self.listen, "udp")


Link = Annotated[
    HttpLink
    | SirenaLink
    | LengthPrefixedLink
    | SpoolLink
    | MailboxLink
    | TypebHttpLink
    | TypebTcpLink
    | AstraGatewayLink,
    Discriminator("type"),
]


@dataclass(frozen=True, slots=True)
class Sender:
    """Something that telegrams can leave by: how it writes them, and how long it tries by itself."""

    encoding: str
    seconds_max: float


class Config(Settings):
    """All settings in force. ``file`` is where they came from, ``digest`` names their content (SHA-256)."""

    database: Database = Database()
    programmes: Annotated[Texts, Field(min_length=1)] = ("demo",)
    gate: GateSettings = GateSettings()
    clock: ClockSettings = ClockSettings()
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

    def limits_of(self, link: str) -> Limits:
        """The limits of one link: its own where it sets any, the common ones elsewhere."""
        own = self.links[link].limits
        return (
            self.limits if own is None else self.limits.model_copy(update=own.model_dump(exclude_unset=True))
        )

    @property
    def senders(self) -> dict[str, Sender]:
        """Every name by which telegrams can leave."""
        return {
            name: Sender(link.text_encoding, link.send_seconds_max)
            for name, link in self.links.items()
            if link.sends
        }

    @property
    def answers(self) -> dict[str, ListAnswering]:
        """How lists are answered, by the name that they bear as their link's."""
        return {
            name: link.answer
            for name, link in self.links.items()
            if isinstance(link, TelegramLink) and link.answer is not None
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
