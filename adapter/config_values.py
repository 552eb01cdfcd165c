"""Single values of the settings: paths, addresses, endpoints, sizes. Each type refuses what it can't be."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.functional_validators import AfterValidator

LOOPBACK = "127.0.0.1"


def _located(value: Any, info: ValidationInfo) -> Any:
    """Paths are relative to the file they stand in, not to the directory the command was started from."""
    if value is None or isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"should be a path, not {value!r}")
    base = (info.context or {}).get("base")
    return Path(value) if base is None else Path(base) / value


def listed(value: Any) -> Any:
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


def read_endpoint(text: str, kind: str = "tcp") -> Endpoint:
    """Read a listening endpoint as Twisted writes it: ``tcp:8080:interface=127.0.0.1``; ValueError says why
    not.
    """
    word, *words = (part.replace("\\:", ":") for part in re.split(r"(?<!\\):", text))
    if word != kind:
        raise ValueError(f'"{text}" should look like "{kind}:8080:interface=127.0.0.1"')
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


def _udp_endpoint(text: str) -> str:
    read_endpoint(text, "udp")
    return text


def read_connect(text: str) -> tuple[str, int]:
    """Read where to connect, ``tcp:host.example:9000``: (host, port); ValueError says why not."""
    _far_endpoint(text)
    host, _, port = text.removeprefix("tcp:").rpartition(":")
    return host.replace("\\:", ":"), int(port)


def _far_endpoint(text: str) -> str:
    match = re.fullmatch(r"tcp:(?:[A-Za-z0-9._-]+|[0-9A-Fa-f.]*(?:\\:[0-9A-Fa-f.]*)+):([0-9]{1,5})", text)
    if match is None or not 0 < int(match[1]) <= 65535:
        raise ValueError(f'"{text}" should look like "tcp:host.example:9000"')
    return text


class Url(NamedTuple):
    """Where telegrams are posted to, taken apart; an IPv6 address stands without brackets."""

    is_encrypted: bool
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether nothing leaves this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_url(text: str) -> Url:
    """Read where to post to, ``https://host.example/path``; ValueError says why not.

    No user, password or query: those are secrets more often than not, and settings hold none.
    """
    match = re.fullmatch(
        r"(https?)://(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?/[A-Za-z0-9._~%/-]*", text
    )
    if match is None:
        raise ValueError(f'"{text}" should look like "https://host.example/path"')
    scheme, host, literal, port = match.groups()
    number = int(port or {"http": 80, "https": 443}[scheme])
    if not 0 < number <= 65535:
        raise ValueError(f'"{text}" has no port between 1 and 65535')
    return Url(scheme == "https", host or _address(literal), number)


def _url(text: str) -> str:
    read_url(text)
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address') from None


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


class Sender(NamedTuple):
    """Something that telegrams can leave by: how it writes them, and how long it tries by itself."""

    encoding: str
    seconds_max: float


def _hld(value: Any) -> Any:
    """Four hexadecimal digits; those that happen to be decimal are a number in YAML."""
    text = f"{value:04}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch("[0-9A-Fa-f]{4}", text):
        raise ValueError(f'should be four hexadecimal digits in quotes, such as "4B1F", not {value!r}')
    return text.upper()


FilePath = Annotated[Path, BeforeValidator(_located)]
Listen = Annotated[str, AfterValidator(_endpoint)]
ListenUdp = Annotated[str, AfterValidator(_udp_endpoint)]
Connect = Annotated[str, AfterValidator(_far_endpoint)]
PostUrl = Annotated[str, AfterValidator(_url)]
Address = Annotated[str, AfterValidator(_address)]
RouterName = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,5}$")]
Network = Annotated[str, AfterValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(listed)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Hld = Annotated[str, BeforeValidator(_hld)]
MailSender = Annotated[str, Field(pattern=r"^[^@\s]*@[A-Za-z0-9.-]+$")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Bytes = Annotated[int, Field(ge=1024, le=32 * 1024 * 1024)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Texts = Annotated[tuple[str, ...], BeforeValidator(listed)]
Senders = Annotated[tuple[MailSender, ...], BeforeValidator(listed)]
MailAddress = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", max_length=254)
]
MailAddresses = Annotated[
    tuple[MailAddress, ...], BeforeValidator(listed), Field(min_length=1, max_length=32)
]
OperationName = Literal[
    "ffp_reserve",
    "ffp_capture",
    "ffp_release",
    "ffp_redeem",
    "ffp_adjust",
    "ffp_approve",
    "ffp_transfer",
    "ffp_pool",
    "ffp_reverse",
    "ffp_member_state",
    "ffp_card_state",
    "ffp_merge",
    "ffp_unmerge",
    "ffp_relation",
    "ffp_tier",
    "ffp_claim",
    "ffp_resolve",
]
Operations = Annotated[tuple[OperationName, ...], BeforeValidator(listed)]
TypebAddress = Annotated[str, Field(pattern=r"^[A-Z0-9]{7}$")]
TypebAddresses = Annotated[
    tuple[TypebAddress, ...], BeforeValidator(listed), Field(min_length=1, max_length=32)
]
Encoding = Literal["cp866", "utf-8", "koi8-r", "cp1251"]


class Settings(BaseModel):
    """Parent of all sections: exact types, no unknown keys, never changed after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
