"""The shape of ``config.yaml``: what may be set, of which type, within which range, and what holds when it is
not.

Only single values are judged here; what two settings mean together is in ``config_checks``. The top-level
``config.yaml`` is the manual of all this; a test keeps its defaults equal to those below.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PrivateAttr, ValidationInfo
from pydantic.functional_validators import AfterValidator

ENDPOINT_KINDS = ("tcp",)
LOOPBACK = "127.0.0.1"


class Settings(BaseModel):
    """Parent of all sections: exact types, no unknown keys, never changed after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _located(value: Any, info: ValidationInfo) -> Any:
    """Paths are relative to the file they stand in, not to the directory the command was started from."""
    if value is None or isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"should be a path, not {value!r}")
    base = (info.context or {}).get("base")
    return Path(value) if base is None else Path(base) / value


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Endpoint(NamedTuple):
    """A listening address: ``interface`` "" means all of the machine's, port 0 any free one."""

    port: int
    interface: str

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.interface == "localhost":
            return True
        return self.interface != "" and ipaddress.ip_address(self.interface).is_loopback

    def collides(self, other: "Endpoint") -> bool:
        """Whether the two can't both be listened on."""
        everywhere = {"", "0.0.0.0", "::"}
        same = self.interface == other.interface or bool({self.interface, other.interface} & everywhere)
        return self.port == other.port != 0 and same


def read_endpoint(text: str) -> Endpoint:
    """Read a listening endpoint as Twisted writes it: ``tcp:8080:interface=127.0.0.1``; ValueError says why
    not.
    """
    kind, *words = (part.replace("\\:", ":") for part in re.split(r"(?<!\\):", text))
    if kind not in ENDPOINT_KINDS:
        raise ValueError(f'"{text}" should look like "tcp:8080:interface=127.0.0.1"')
    positional = [word for word in words if "=" not in word]
    named = dict(word.split("=", 1) for word in words if "=" in word)
    if positional:
        named.setdefault("port", positional[0])
    if unknown := set(named) - {"port", "interface", "backlog"}:
        raise ValueError(f'"{min(unknown)}" is not known in an endpoint (port, interface, backlog)')
    port, interface = named.get("port", ""), named.get("interface", "")
    if len(positional) > 1 or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f'"{text}" has no port between 0 and 65535')
    if not re.fullmatch("[0-9]{1,5}", named.get("backlog", "50")):
        raise ValueError(f'"{text}": backlog should be a number')
    if interface not in ("", "localhost"):
        try:
            ipaddress.ip_address(interface)
        except ValueError:
            raise ValueError(f'"{interface}" is not an address of an interface (IPv6: write \\:)') from None
    return Endpoint(int(port), interface)


def _endpoint(text: str) -> str:
    read_endpoint(text)
    return text


def read_connect(text: str) -> tuple[str, int]:
    """Read where to call, ``tcp:10.1.2.3:351``: (host, port); ValueError says why not."""
    kind, *words = (part.replace("\\:", ":") for part in re.split(r"(?<!\\):", text))
    if kind != "tcp" or len(words) != 2 or not re.fullmatch(r"[A-Za-z0-9.:_-]+", words[0]):
        raise ValueError(f'"{text}" should look like "tcp:10.1.2.3:351" (IPv6: write \\:)')
    if not re.fullmatch("[0-9]{1,5}", words[1]) or not 0 < int(words[1]) <= 65535:
        raise ValueError(f'"{text}" has no port between 1 and 65535')
    return words[0], int(words[1])


def _connect(text: str) -> str:
    read_connect(text)
    return text


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"an address or network is expected: {error}") from None
    return text


def _database_url(text: str) -> str:
    scheme = text.split("://", 1)[0] if "://" in text else ""
    if scheme in ("postgresql", "postgres", "postgresql+psycopg2"):
        raise ValueError(f'driver "{scheme}" is not served (did you mean "postgresql+psycopg"?)')
    if scheme == "sqlite":
        if not re.fullmatch(r"sqlite:///[^?:]+", text):
            raise ValueError("an SQLite database needs a file: sqlite:///var/ffgate.sqlite")
    elif scheme != "postgresql+psycopg":
        raise ValueError("should begin with sqlite:/// or postgresql+psycopg://")
    if re.match(r"[a-z+0-9]+://[^/@]*:[^/@]+@", text):
        raise ValueError("a password does not belong here: put it into a file and name it in password_file")
    return text


FilePath = Annotated[Path, BeforeValidator(_located)]
Listen = Annotated[str, AfterValidator(_endpoint)]
Connect = Annotated[str, AfterValidator(_connect)]
Network = Annotated[str, AfterValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_listed)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Bytes = Annotated[int, Field(ge=1024, le=32 * 1024 * 1024)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


def _hld(value: Any) -> Any:
    """Four hexadecimal digits; those that happen to be decimal are a number in YAML."""
    text = f"{value:04}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch("[0-9A-Fa-f]{4}", text):
        raise ValueError(f'should be four hexadecimal digits in quotes, such as "4B1F", not {value!r}')
    return text.upper()


Hld = Annotated[str, BeforeValidator(_hld)]


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

    url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///var/ffgate.sqlite"
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


PROTECTIONS = ("none",)
"""Names of the protection layers that ``adapter.wire.matip_protection`` has."""


class MatipHlds(Settings):
    """The two numbers that name a pair of MATIP ends."""

    ours: Hld
    theirs: Hld


class MatipPartner(Settings):
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
    def we_open(self) -> bool:
        """Whether opening sessions is our part."""
        return self.opens == "us" or (self.opens == "caller" and self.connect is not None)


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


class Finished(Settings):
    """How a file in a spool directory is known to be complete; exactly one of the two is set."""

    suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9._-]{1,20}$")] | None = None
    unchanged_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None


class SpoolLink(LinkSettings):
    """A directory into which a host drops teletype telegrams as files."""

    type: Literal["spool"]
    directory: FilePath
    encoding: Literal["cp866", "utf-8", "koi8-r", "cp1251"] = "utf-8"
    finished: Finished = Finished(unchanged_seconds=2.0)
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 1.0


Link = Annotated[HttpLink | SirenaLink | LengthPrefixedLink | SpoolLink | MatipLink, Discriminator("type")]


class Config(Settings):
    """All settings in force. ``file`` is where they came from, ``digest`` names their content (SHA-256)."""

    database: Database = Database()
    programmes: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)] = ("demo",)
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
