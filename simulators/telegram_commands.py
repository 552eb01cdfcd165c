"""Commands of ``ffsim`` that bring telegrams: over the Astra gateway, on a TCP stream, by mail."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
Run = Callable[[Callable[[Any], Coroutine[Any, Any, None]]], None]


def add_telegram_commands(main: click.Group, run: Run) -> None:
    """Adds the commands; ``run`` runs a coroutine function with a reactor and tells its failure."""

    @main.command(epilog="Example: ffsim astra --own BETDC --peer FFGTW --port 8993 --listen 8995 ftl.txt")
    @click.argument("files", type=_FILE, nargs=-1, required=True)
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", default=8993, show_default=True)
    @click.option("--own", default="BETDC", show_default=True, help="Our name on the gateway.")
    @click.option("--peer", default="FFGTW", show_default=True, help="The other side's name.")
    @click.option("--listen", default=8995, show_default=True, help="The port for receipts.")
    @click.option("--seconds", default=60.0, show_default=True, help="How long to try.")
    def astra(
        files: tuple[Path, ...], host: str, port: int, own: str, peer: str, listen: int, seconds: float
    ) -> None:
        """Send telegrams over the Astra gateway, each FILE one datagram, until each has its F_ACK."""
        from .astra_router import AstraRouter, NotDelivered

        async def talk(reactor: Any) -> None:
            router = AstraRouter(
                reactor, own, peer, (host, port), send_seconds=seconds, print_line=click.echo
            )
            router.start(listen)
            try:
                for file in files:
                    await router.send(file.read_bytes())
            except NotDelivered as error:
                raise NotDelivered(f"{file}: {error}") from None
            finally:
                await router.stop()

        run(talk)

    @main.command(epilog="Example: ffsim telex --port 8083 --acknowledged ftl.txt prl.txt")
    @click.argument("files", type=_FILE, nargs=-1, required=True)
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", default=8083, show_default=True)
    @click.option("--framing", type=click.Choice(["zczc", "soh"]), default="zczc", show_default=True)
    @click.option("--acknowledged", is_flag=True, help="Wait for an ACK byte for each telegram.")
    def telex(files: tuple[Path, ...], host: str, port: int, framing: str, acknowledged: bool) -> None:
        """Send telegrams on a TCP stream, each FILE one telegram; framing is added where it lacks."""
        from twisted.internet.defer import gatherResults
        from twisted.internet.endpoints import HostnameEndpoint

        from adapter.wire.typeb_stream import Framing

        from .telegram_line import TelegramLine

        async def talk(reactor: Any) -> None:
            line = await TelegramLine.connect(
                HostnameEndpoint(reactor, host, port), reactor, Framing(framing)
            )
            telegrams = [file.read_bytes() for file in files]
            if acknowledged:
                await gatherResults([line.send(telegram) for telegram in telegrams], consumeErrors=True)
            else:
                for telegram in telegrams:
                    line.write(telegram)
            await line.close()
            click.echo(f"{len(files)} {'acknowledged' if acknowledged else 'sent'}")

        run(talk)

    @main.command(epilog="Example: ffsim mail ftl.txt --to var/mail --attach --encoding cp866")
    @click.argument("files", type=_FILE, nargs=-1, required=True)
    @click.option("--to", "directory", type=click.Path(file_okay=False, path_type=Path), required=True)
    @click.option("--sender", default="dcs@airline.example", show_default=True)
    @click.option("--attach", is_flag=True, help="As attached files; otherwise as the text of the mail.")
    @click.option("--encoding", default="utf-8", show_default=True, help="Character set of the mail.")
    @click.option("--from-encoding", default="utf-8", show_default=True, help="Encoding of FILES.")
    def mail(
        files: tuple[Path, ...], directory: Path, sender: str, attach: bool, encoding: str, from_encoding: str
    ) -> None:
        """Deliver one mail with all FILES into a Maildir, as a mail server does."""
        from .mail_server import deliver, telegram_mail

        try:
            texts = [(file.name, file.read_bytes().decode(from_encoding)) for file in files]
            message = telegram_mail(texts, sender=sender, attach=attach, charset=encoding)
            click.echo(deliver(directory, message))
        except (OSError, UnicodeError, LookupError) as error:
            raise click.ClickException(str(error)) from None
