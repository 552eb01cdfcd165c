"""The command ``ffsim``: hosts that speak the real protocols, for trying out and for tests."""

import re
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from .telegram_commands import add_telegram_commands

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_CARD_OPTIONS = [
    click.option(
        "--card", default="1010000000012", show_default=True, help="Card number of the built-in check."
    ),
    click.option("--company", default="UT", show_default=True, help="Airline of the card."),
    click.option("--surname", default="IVANOV", show_default=True),
    click.option("--name", "given", default="IVAN", show_default=True, help="Given name; may be empty."),
    click.option("--birthdate", default="", help="ISO date; not sent by default."),
]


def _card_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_CARD_OPTIONS):
        command = option(command)
    return command


def _hld_pair(_context: click.Context, _parameter: click.Parameter, text: str) -> Any:
    if not text:
        return None, None
    if not re.fullmatch("[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", text):
        raise click.BadParameter(f"{text!r} is not two times four hexadecimal digits")
    return tuple(int(number, 16) for number in text.split(":"))


@click.group()
@click.version_option(package_name="ffgate")
def main() -> None:
    """Simulated hosts: each command sends something to a running gateway and prints what came back.

    Requests and answers go to standard output, talk to standard error. Exit code 0: answered (whatever the
    answer says), 1: no usable answer, 2: wrong usage.
    """


@main.command(epilog="Example: ffsim sirena --client-id 4242 --key keys/4242.pem --count 50")
@click.argument("file", type=_FILE, required=False)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=34321, show_default=True)
@click.option("--client-id", type=click.IntRange(1, 65535), required=True, help="The number in the header.")
@click.option(
    "--key", type=_FILE, help="The client's private key (PEM): registers a session key and encrypts."
)
@click.option(
    "--server-key", type=_FILE, help="The gateway's public key (PEM); asked for by key_info if not given."
)
@click.option(
    "--zlib/--no-zlib", default=True, show_default=True, help="Compress, and allow compressed answers."
)
@click.option("--count", default=1, show_default=True, help="Send it so many times at once.")
@_card_options
def sirena(
    file: Path | None,
    host: str,
    port: int,
    client_id: int,
    key: Path | None,
    server_key: Path | None,
    zlib: bool,
    count: int,
    **card: str,
) -> None:
    """Ask over the Sirena XML gateway: the XML in FILE, or a card check made from the options."""
    from twisted.internet.endpoints import HostnameEndpoint

    from adapter.wire.sirena_crypto import PrivateKey, load_public_key

    from .sirena_client import ClientSettings, SirenaClient

    try:
        settings = ClientSettings(
            client_id,
            PrivateKey.load(key.read_bytes()) if key else None,
            load_public_key(server_key.read_text(encoding="ascii")) if server_key else None,
            zlib,
        )
    except ValueError as error:
        raise click.ClickException(f"the key can't be used: {error}") from None
    body = _request(file, "sirena", card)

    async def talk(reactor: Any) -> None:
        client = await SirenaClient.connect(HostnameEndpoint(reactor, host, port), settings, reactor)
        await _ask_and_print(reactor, client.ask, body, count)
        await client.close()

    _run(talk)


@main.command(epilog="Example: ffsim http --port 8080 --card 1010000000012 --surname IVANOV")
@click.argument("file", type=_FILE, required=False)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--path", default="/astra", show_default=True)
@click.option("--count", default=1, show_default=True, help="Send it so many times at once.")
@_card_options
def http(file: Path | None, host: str, port: int, path: str, count: int, **card: str) -> None:
    """Ask over HTTP as a departure control system does: the XML in FILE, or a card check made from the options."""
    from .http_dcs import HttpDcs, HttpError

    body = _request(file, "", card)

    async def talk(reactor: Any) -> None:
        dcs = HttpDcs(reactor, host, port, path)

        async def ask(request: bytes) -> bytes:
            answer = await dcs.ask(request)
            if answer.status != 200:
                raise HttpError(f"status {answer.status}: {answer.body.decode('utf-8', 'replace').strip()}")
            return answer.body

        await _ask_and_print(reactor, ask, body, count)

    _run(talk)


@main.command("length-prefixed", epilog="Example: ffsim length-prefixed --port 8091 request.xml")
@click.argument("file", type=_FILE, required=False)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8091, show_default=True)
@click.option("--count", default=1, show_default=True, help="Send it so many times at once.")
@_card_options
def length_prefixed(file: Path | None, host: str, port: int, count: int, **card: str) -> None:
    """Ask over XML behind a 4-byte length: the XML in FILE, or a card check made from the options."""
    from twisted.internet.endpoints import HostnameEndpoint

    from .length_prefixed_client import LengthPrefixedClient

    body = _request(file, "sirena", card)

    async def talk(reactor: Any) -> None:
        client = await LengthPrefixedClient.connect(HostnameEndpoint(reactor, host, port), reactor)
        await _ask_and_print(reactor, client.ask, body, count)
        client.close()

    _run(talk)


@main.command(epilog="Example: ffsim matip --port 8351 --hld 4B1F:4B2A ftl.txt")
@click.argument("files", type=_FILE, nargs=-1)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to call, or the address to listen on."
)
@click.option("--port", default=351, show_default=True)
@click.option("--listen", is_flag=True, help="Wait to be called instead of calling.")
@click.option(
    "--opens",
    type=click.Choice(["caller", "us", "them"]),
    default="caller",
    show_default=True,
    help="Who opens the session.",
)
@click.option(
    "--coding", type=click.Choice(["ascii", "ebcdic", "baudot"]), default="ascii", show_default=True
)
@click.option(
    "--hld",
    default="",
    callback=_hld_pair,
    help="Our HLD and theirs, four hexadecimal digits each: 4B1F:4B2A.",
)
@click.option("--gateway", is_flag=True, help="Open as a gateway, not as a host.")
@click.option("--protection", default=0, show_default=True, type=click.IntRange(0, 15), help="PROTEC.")
@click.option(
    "--stay", default=0.0, show_default=True, type=click.FloatRange(0), help="Seconds to wait for telegrams."
)
def matip(
    files: tuple[Path, ...], host: str, port: int, listen: bool, opens: str, coding: str, hld: Any, gateway: bool,
    protection: int, stay: float,
) -> None:  # fmt: skip
    """Open a MATIP session, send each of FILES as one telegram, print the telegrams that come.

    Nothing in MATIP says that a telegram arrived: look at the receiver's books.
    """
    from twisted.internet.endpoints import HostnameEndpoint, TCP4ServerEndpoint
    from twisted.internet.task import deferLater

    from adapter.wire.matip_packets import Coding, Opening

    from .matip_peer import MatipPeer

    opening = Opening(Coding[coding.upper()], protection, gateway, *hld)
    telegrams = [file.read_bytes() for file in files]

    def took(telegram: bytes) -> None:
        click.echo(telegram, nl=False)

    async def talk(reactor: Any) -> None:
        peer = MatipPeer(
            reactor,
            opening,
            opens=opens == "us" or (opens == "caller" and not listen),
            took=took,
            said=lambda line: click.echo(line, err=True),
        )
        if listen:
            here: Any = TCP4ServerEndpoint  # not annotated
            place: Any = await MatipPeer.listen(here(reactor, port, interface=host), peer)
            click.echo(f"listening on port {place.getHost().port}", err=True)
        else:
            await MatipPeer.connect(HostnameEndpoint(reactor, host, port), peer)
        await peer.opened
        for telegram in telegrams:
            peer.send(telegram)
        click.echo(f"{len(telegrams)} telegrams sent", err=True)
        await deferLater(reactor, stay)
        await peer.close()

    _run(talk)


@main.command(epilog="Example: ffsim load --port 34321 --client-id 4242 --what coupons --count 2000")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=34321, show_default=True)
@click.option(
    "--client-id", type=click.IntRange(1, 65535), required=True, help="A plaintext client of the gateway."
)
@click.option("--what", type=click.Choice(["checks", "coupons"]), default="checks", show_default=True)
@click.option(
    "--count", default=10_000, show_default=True, type=click.IntRange(1, 10_000_000), help="Requests."
)
@click.option(
    "--first", default=0, show_default=True, help="Number of the first notice: others make new tickets."
)
@click.option(
    "--members", default=20_000, show_default=True, help="Size of the population imported (ffsim members)."
)
@click.option(
    "--coupons", default=5, show_default=True, type=click.IntRange(1, 100), help="Coupons of one notice."
)
@click.option("--connections", default=20, show_default=True, type=click.IntRange(1, 500))
@click.option(
    "--in-flight", default=8, show_default=True, type=click.IntRange(1, 500), help="Per connection."
)
def load(
    host: str, port: int, client_id: int, what: str, count: int, first: int, members: int, coupons: int,
    connections: int, in_flight: int,
) -> None:  # fmt: skip
    """Load a gateway with card checks or flown notices about invented members, and print figures as JSON."""
    import json
    from datetime import UTC, datetime

    from .load import run_load
    from .population import card_checks, flown_notices

    bodies = (
        card_checks(count, members)
        if what == "checks"
        else flown_notices(count, members, coupons, datetime.now(UTC).date(), first)
    )
    wanted = b"<info " if what == "checks" else b'status="posted"'

    async def talk(reactor: Any) -> None:
        found = await run_load(
            reactor,
            host,
            port,
            client_id,
            bodies,
            connections=connections,
            in_flight=in_flight,
            wanted=wanted,
        )
        click.echo(json.dumps(found.as_data()))

    _run(talk)


@main.command(
    epilog="Example: ffsim members --count 20000 > members.csv && ffgate members import members.csv"
)
@click.option("--count", default=20_000, show_default=True, type=click.IntRange(1, 150_000))
def members(count: int) -> None:
    """Print a member file of invented people, for ``ffsim load``."""
    from .population import members_csv

    click.echo(members_csv(count), nl=False)


@main.command(epilog="Example: ffsim drop ftl.txt --to var/spool/dcs/incoming --encoding cp866")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--to", "directory", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the dropped file.")
@click.option("--from-encoding", default="utf-8", show_default=True, help="Encoding of FILES.")
def drop(files: tuple[Path, ...], directory: Path, encoding: str, from_encoding: str) -> None:
    """Drop telegrams into a spool directory, each complete or not at all (written aside, then renamed)."""
    from .file_dropper import drop as drop_file

    for file in files:
        try:
            # Bytes, not text mode: line ends are part of a telegram.
            target = drop_file(directory, file.name, file.read_bytes().decode(from_encoding), encoding)
        except (OSError, UnicodeError, LookupError) as error:
            raise click.ClickException(f"{file}: {error}") from None
        click.echo(target)


@main.command(epilog="Example: ffsim keys keys/4242 writes keys/4242.pem and keys/4242.pub.pem")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--bits", default=1024, show_default=True, type=click.IntRange(1024, 4096))
def keys(path: Path, bits: int) -> None:
    """Make the RSA key pair of a gateway client; never overwrites. (Real clients have 1024 bits.)"""
    from adapter.wire.sirena_crypto import PrivateKey

    private, public = path.with_name(path.name + ".pem"), path.with_name(path.name + ".pub.pem")
    key = PrivateKey.generate(bits)
    try:
        with open(private, "xb", opener=_owner_only) as file:
            file.write(key.private_pem())
        with public.open("x", encoding="ascii") as text:
            text.write(key.public_pem)
    except OSError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{private}\n{public}\ndigest {key.digest}")


def _owner_only(path: str, flags: int) -> int:
    import os

    return os.open(path, flags, 0o600)


def _request(file: Path | None, root: str, card: dict[str, str]) -> bytes:
    if file is not None:
        return file.read_bytes()
    from .messages import ffp_info

    return ffp_info(
        card["card"], card["company"], card["surname"], card["given"], card["birthdate"], root=root
    )


async def _ask_and_print(reactor: Any, ask: Callable[[bytes], Any], body: bytes, count: int) -> None:
    from twisted.internet.defer import ensureDeferred, gatherResults

    started = reactor.seconds()
    click.echo(body.decode("utf-8", "replace").rstrip("\n"))
    asked = (ask(body) for _ in range(count))
    answers = await gatherResults(
        [ensureDeferred(one) if isinstance(one, Coroutine) else one for one in asked], consumeErrors=True
    )
    for answer in answers:
        click.echo(answer.decode("utf-8", "replace").rstrip("\n"))
    click.echo(f"{count} answered in {(reactor.seconds() - started) * 1000:.0f} ms", err=True)


def _run(talk: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    from twisted.internet.defer import FirstError, ensureDeferred
    from twisted.internet.task import react

    failed: list[str] = []

    async def guarded(reactor: Any) -> None:
        try:
            await talk(reactor)
        except FirstError as error:
            cause = error.subFailure.value
            failed.append(str(cause) or type(cause).__name__)
        except Exception as error:
            failed.append(str(error) or type(error).__name__)

    try:
        react(lambda reactor: ensureDeferred(guarded(reactor)))
    except SystemExit as end:
        if end.code:
            raise
    if failed:
        click.echo(f"no usable answer: {failed[0]}", err=True)
        sys.exit(1)


add_telegram_commands(main, _run)
