"""The shape of the links in ``config.yaml``: what each type of them may be told, and what holds when it isn't."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from adapter.config_values import (
    Address,
    Bytes,
    Connect,
    Count,
    Encoding,
    Endpoint,
    FilePath,
    Hld,
    Listen,
    ListenUdp,
    MailAddress,
    MailAddresses,
    Name,
    Networks,
    Operations,
    PostUrl,
    RouterName,
    Seconds,
    Senders,
    Settings,
    TypebAddress,
    TypebAddresses,
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


class Listener(Settings):
    """Something that listens; ``peers`` are the addresses that may connect when it is not on loopback."""

    listen: Listen
    peers: Networks = ()

    @property
    def endpoint(self) -> Endpoint:
        """The address, taken apart."""
        return read_endpoint(self.listen)


class MaybeListener(Settings):
    """Something that can do without listening."""

    listen: Listen | None = None
    peers: Networks = ()

    @property
    def endpoint(self) -> Endpoint:
        """The address listened on, taken apart."""
        return read_endpoint(self.listen or "")


class ListAnswering(Settings):
    """The answer to the originator of an FTL or PNL: which of its cards are not good."""

    origin: TypebAddress
    to: Literal["originator"] | TypebAddresses = "originator"
    link: Name | None = None
    priority: Annotated[str, Field(pattern=r"^Q[A-Z]$")] | None = None


class LinkSettings(Settings):
    """What every link has. ``journal: all`` sends card checks through the journal as well."""

    journal: Literal["changes", "all"] = "changes"
    in_flight_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    limits: Limits | None = None

    @property
    def sends(self) -> bool:
        """Whether telegrams can leave by this link."""
        return False

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


class XmlLink(LinkSettings):
    """A link of XML messages. ``operations`` names those that move miles and that it may send; none unless named."""

    operations: Operations = ()


class TelegramSource(Settings):
    """What everything has that telegrams come from: how their text is written and read, and whether lists are
    answered. ``profile`` names what a vendor's lists do otherwise; ``tolerant`` takes lists with local damage as far
    as they go.
    """

    profile: Name | None = None
    tolerant: bool = False
    answer: ListAnswering | None = None

    @property
    def protocol(self) -> str:
        """What envelopes say: all of these carry the same."""
        return "typeb"


class TelegramLink(TelegramSource, LinkSettings):
    """A link of teletype telegrams."""

    encoding: Encoding = "utf-8"


class HttpLink(XmlLink, Listener):
    """XML in the body of a POST, as departure control systems send it."""

    type: Literal["http"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/astra"
    answer_seconds: Seconds = 10.0
    idle_seconds: Seconds = 60.0
    retry_after_seconds: Annotated[int, Field(ge=1, le=3600)] = 1


class SirenaClient(Settings):
    """One client id of the XML gateway."""

    name: Name
    address: Networks
    cipher: Literal["plaintext", "legacy_cipher"] = "plaintext"
    cipher_reason: str = ""
    public_key_file: FilePath | None = None
    on_overload: Literal["not_processed", "close"] = "not_processed"


class SirenaLink(XmlLink, Listener):
    """The XML gateway of reservation systems: 100-byte header, client ids, optional legacy cipher."""

    type: Literal["sirena"]
    instance: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "FFG"
    key_file: FilePath | None = None
    key_seconds: Annotated[int, Field(ge=60, le=86_400)] = 5400
    session_keys_per_client_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    clients: dict[Annotated[int, Field(ge=1, le=65535)], SirenaClient]


class LengthPrefixedLink(XmlLink, Listener):
    """XML behind a length of four bytes, most significant first."""

    type: Literal["length_prefixed"]


PROTECTIONS = ("none",)
"""Names of the protection layers that ``adapter.wire.matip_protection`` has."""


class MatipHlds(Settings):
    """The two numbers that name a pair of MATIP ends."""

    ours: Hld
    theirs: Hld


class MatipPartner(TelegramSource):
    """One partner of a MATIP link: either it calls us from ``address``, or we call it at ``connect``."""

    address: Networks = ()
    connect: Connect | None = None
    opens: Literal["caller", "us", "them"] = "caller"
    hld: MatipHlds | None = None
    coding: Literal["ascii", "ebcdic", "baudot"] = "ascii"
    encoding: Literal["ascii", "utf-8", "cp866", "koi8-r", "cp1251"] = "ascii"
    role: Literal["host", "gateway"] = "host"
    protection: str = "none"

    @property
    def text_encoding(self) -> str:
        """Of its telegrams as they stand in the journal; EBCDIC and Baudot become ASCII."""
        return self.encoding

    @property
    def we_open(self) -> bool:
        """Whether opening sessions is our part."""
        return self.opens == "us" or (self.opens == "caller" and self.connect is not None)


class MatipLink(LinkSettings, MaybeListener):
    """Teletype over MATIP, Type B (RFC 2351). Telegrams carry the partner's name as that of their link."""

    type: Literal["matip"]
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


class Finished(Settings):
    """How a file in a spool directory is known to be complete; exactly one of the two is set."""

    suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9._-]{1,20}$")] | None = None
    unchanged_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None


class FilesLink(TelegramLink):
    """What links have that watch a directory."""

    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 1.0
    retry_seconds: Seconds = 5.0
    files_in_flight_max: Annotated[int, Field(ge=1, le=1000)] = 16
    telegrams_in_file_max: Annotated[int, Field(ge=1, le=100_000)] = 1000


class SpoolLink(FilesLink):
    """A directory into which a host drops teletype telegrams as files, and from which it fetches ours."""

    type: Literal["spool"]
    directory: FilePath
    finished: Finished = Finished(unchanged_seconds=2.0)

    @property
    def sends(self) -> bool:
        """Always: the host need not look."""
        return True


class OutgoingMail(Settings):
    """Where mail with our telegrams is put for a mail server to send, from whom, and to whom."""

    directory: FilePath
    sender: MailAddress
    to: MailAddresses


class MailboxLink(FilesLink):
    """Mailboxes in Maildir form: one into which a mail server delivers telegrams, one from which it takes ours."""

    type: Literal["mailbox"]
    directory: FilePath | None = None
    senders: Senders = ()
    outgoing: OutgoingMail | None = None

    @property
    def sends(self) -> bool:
        """Where it has been told to whom."""
        return self.outgoing is not None


class TypebHttpLink(TelegramLink, MaybeListener):
    """A telegram in the body of a POST: those that we take at ``listen``, and those that we send."""

    type: Literal["typeb_http"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/typeb"
    answer_seconds: Seconds = 10.0
    idle_seconds: Seconds = 60.0
    retry_after_seconds: Annotated[int, Field(ge=1, le=3600)] = 1
    send_to: PostUrl | None = None
    ca_file: FilePath | None = None
    unencrypted_reason: str = ""
    connect_seconds: Seconds = 10.0
    send_seconds: Seconds = 30.0

    @property
    def sends(self) -> bool:
        """Where it has been told to where."""
        return self.send_to is not None

    @property
    def send_seconds_max(self) -> float:
        """As long as a connection and then the answer may take."""
        return self.connect_seconds + self.send_seconds


class TypebTcpLink(TelegramLink, MaybeListener):
    """Telegrams on a TCP stream, told apart by their framing; we listen or connect."""

    type: Literal["typeb_tcp"]
    connect: Connect | None = None
    framing: Literal["zczc", "soh"] = "zczc"
    acknowledge: bool = False
    ack_seconds: Seconds = 30.0
    retry_seconds: Seconds = 5.0
    reconnect_seconds_min: Seconds = 1.0
    reconnect_seconds_max: Seconds = 60.0

    @property
    def sends(self) -> bool:
        """Always: a line has two directions."""
        return True

    @property
    def send_seconds_max(self) -> float:
        """As long as an acknowledgement may take."""
        return self.ack_seconds if self.acknowledge else 0.0


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
    outstanding_max: Annotated[int, Field(ge=1, le=1000)] = 10
    remembered_max: Count = 10_000

    @property
    def sends(self) -> bool:
        """Only where it is clear to whom."""
        return self.send_to is not None or len(self.routers) == 1

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
    | AstraGatewayLink
    | MatipLink,
    Discriminator("type"),
]
