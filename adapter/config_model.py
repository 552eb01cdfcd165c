"""The shape of ``config.yaml``: what may be set, of which type, within which range, and what holds when it is
not.

Only single values are judged here; what two settings mean together is in ``config_checks``. The top-level
``config.yaml`` is the manual of all this; a test keeps its defaults equal to those below.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Discriminator, Field, PrivateAttr

from adapter.config_matip import MatipPartner
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
    Settings,
    Texts,
    read_endpoint,
)


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


class LinkSettings(Settings):
    """What every link has. ``journal: all`` sends card checks through the journal as well."""

    journal: Literal["changes", "all"] = "changes"
    in_flight_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    limits: Limits | None = None

    @property
    def protocol(self) -> str:
        """What envelopes of this link say."""
        return str(getattr(self, "type", ""))

    @property
    def text_encoding(self) -> str:
        """Of messages that don't say it themselves."""
        return str(getattr(self, "encoding", "utf-8"))


class TelegramLink(LinkSettings):
    """What links of teletype telegrams have: the encoding of the text."""

    encoding: Encoding = "utf-8"

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


class MatipLink(LinkSettings):
    """Teletype over MATIP, Type B (RFC 2351). Telegrams carry the partner's name as that of their link."""

    type: Literal["matip"]
    listen: Listen | None = None
    peers: Networks = ()
    partners: dict[Name, MatipPartner]
    unknown_control: Literal["ignore", "close"] = "ignore"
    open_seconds: Seconds = 30.0
    retry_seconds: Seconds = 5.0
    reconnect_seconds_min: Seconds = 1.0
    reconnect_seconds_max: Seconds = 60.0

    @property
    def protocol(self) -> str:
        """What envelopes of its partners say."""
        return "typeb"

    @property
    def endpoint(self) -> Endpoint:
        """The address listened on, taken apart."""
        return read_endpoint(self.listen or "")


class Finished(Settings):
    """How a file in a spool directory is known to be complete; exactly one of the two is set."""

    suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9._-]{1,20}$")] | None = None
    unchanged_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None


class SpoolLink(TelegramLink):
    """A directory into which a host drops teletype telegrams as files."""

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

    type: Literal["typeb_tcp"]
    listen: Listen | None = None
    peers: Networks = ()
    connect: Connect | None = None
    framing: Literal["zczc", "soh"] = "zczc"
    acknowledge: bool = False
    ack_seconds: Seconds = 30.0

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

    type: Literal["astra_gateway"]
    listen: ListenUdp
    own_name: RouterName
    routers: dict[RouterName, GatewayRouter]
    send_to: RouterName | None = None
    flow_control: bool = True
    repeat_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1.0
    send_seconds: Annotated[float, Field(ge=1, le=86_400)] = 7200.0

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
    | AstraGatewayLink
    | MatipLink,
    Discriminator("type"),
]


class Config(Settings):
    """All settings in force. ``file`` is where they came from, ``digest`` names their content (SHA-256)."""

    database: Database = Database()
    programmes: Annotated[Texts, Field(min_length=1)] = ("demo",)
    gate: GateSettings = GateSettings()
    admin: Admin | None = Admin()
    logs: Logs = Logs()
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
    def database_url(self) -> str:
        """The URL to open: an SQLite file resolved against the config file, a PostgreSQL password put in."""
        url = self.database.url
        if url.startswith("sqlite:///"):
            return "sqlite:///" + str((self._file.parent / url.removeprefix("sqlite:///")).absolute())
        if self.database.password_file is None:
            return url
        password = quote(self.database.password_file.read_text("utf-8").strip(), safe="")
        head, at, tail = url.partition("@")
        return f"{head}:{password}{at}{tail}"
