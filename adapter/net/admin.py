"""The admin listener: is the process alive, can it work, what has it counted.

``/healthz`` answers 200 as long as the reactor turns. ``/readyz`` answers 200 or 503 with the reasons as JSON; a host
link that flaps is no reason. ``/metrics`` is the Prometheus exposition, made in the reactor: a pool thread could be
stuck behind the database exactly when somebody wants to see why.

Orders are POSTs of JSON by programs of this machine (``ffgate send`` beside a running server). They need a connection
from a loopback address and a secret, which lies in a file that only the server's user can read.
"""

import hmac
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from .peers import is_within, read_networks

__all__ = ["AdminSite", "Order", "Page", "Readiness"]

Readiness = Callable[[], Sequence[str]]
"""Why the process can't work now, as sentences; empty when it can."""

Page = Callable[[], tuple[int, str, bytes]]
"""Gives status, content type and body."""

Order = Callable[[bytes], "Deferred[tuple[int, Mapping[str, object]]]"]
"""Takes the body of a POST and fires with status and answer (JSON)."""

CONNECTION_IDLE_SECONDS = 30
ORDER_BYTES_MAX = 2 * 1024 * 1024
"""The body of an order; what is longer is not kept while it arrives."""
_LOOPBACK = read_networks(("127.0.0.0/8", "::1"))


class _Body(io.BytesIO):
    """A request's body up to ``ORDER_BYTES_MAX``."""

    is_too_long = False

    def write(self, data: Any) -> int:
        self.is_too_long = self.is_too_long or self.tell() + len(data) > ORDER_BYTES_MAX
        return len(data) if self.is_too_long else super().write(data)


class _Request(Request):
    """Twisted's own keeps a body of any length in a file."""

    def gotLength(self, length: int | None) -> None:
        self.content = _Body()


class _Pages(Resource):
    """All pages by their path. Twisted's own error pages are not used: they are HTML and say more than needed."""

    isLeaf = True

    def __init__(self, pages: Mapping[bytes, Page], orders: Mapping[bytes, Order], secret: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pages = pages
        self._orders = orders
        self._secret = secret.encode("ascii")

    def render(self, request: Any) -> Any:
        """Answer GET and HEAD of a known page, POST of a known order; 404 and 405 for anything else."""
        if request.path in self._orders:
            return self._order(request, self._orders[request.path])
        page = self._pages.get(request.path)
        if page is None:
            status, content_type, body = _json(404, {"status": "no such page"})
        elif request.method not in (b"GET", b"HEAD"):
            status, content_type, body = _json(405, {"status": "only GET and HEAD"})
            request.setHeader(b"Allow", b"GET, HEAD")
        else:
            status, content_type, body = page()
        return self._answer(request, status, content_type, body)

    def _order(self, request: Any, order: Order) -> Any:
        refusal = self._refusal(request)
        if refusal is not None:
            return self._answer(request, *_json(refusal[0], {"error": refusal[1]}))
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)

        def answer(result: tuple[int, Mapping[str, object]]) -> None:
            if not gone:
                request.write(self._answer(request, *_json(*result)))
                request.finish()

        order(request.content.getvalue()).addCallback(answer)
        return NOT_DONE_YET

    def _refusal(self, request: Any) -> tuple[int, str] | None:
        """Why this order is not taken; the peer is judged before anything that it sent."""
        if not is_within(getattr(request.getClientAddress(), "host", ""), _LOOPBACK):
            return 403, "orders are taken from this machine only"
        given = request.getHeader(b"authorization") or b""
        if not self._secret or not hmac.compare_digest(given, b"Bearer " + self._secret):
            return 401, "the secret is missing or wrong"
        if request.method != b"POST":
            request.setHeader(b"Allow", b"POST")
            return 405, "only POST"
        if request.content.is_too_long:
            return 413, f"more than {ORDER_BYTES_MAX} bytes"
        return None

    def _answer(self, request: Any, status: int, content_type: str, body: bytes) -> bytes:
        request.setResponseCode(status)
        request.setHeader(b"Content-Type", content_type.encode("ascii"))
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.setHeader(b"Cache-Control", b"no-store")
        return b"" if request.method == b"HEAD" else body


class AdminSite(Site):
    """The site to listen with. ``peers`` are the networks that may connect, () when the listener is on loopback.

    ``pages`` adds further pages: path without slash -> function giving status, content type and body. ``orders`` are
    taken by POST from this machine with ``secret`` as bearer token; none while that is "".
    """

    requestFactory = _Request

    def __init__(
        self,
        readiness: Readiness,
        exposition: Callable[[], bytes],
        exposition_type: str,
        *,
        peers: Sequence[str] = (),
        pages: Mapping[str, Page] | None = None,
        orders: Mapping[str, Order] | None = None,
        secret: str = "",
        reactor: Any = None,
    ) -> None:
        known: dict[bytes, Page] = {
            b"/healthz": lambda: _json(200, {"status": "alive"}),
            b"/readyz": self._ready,
            b"/metrics": lambda: (200, exposition_type, exposition()),
        }
        known.update((f"/{name}".encode("ascii"), page) for name, page in (pages or {}).items())
        taken = {f"/{name}".encode("ascii"): order for name, order in (orders or {}).items()}
        resource = _Pages(known, taken, secret)
        super().__init__(resource, timeout=CONNECTION_IDLE_SECONDS, reactor=reactor)  # type: ignore[no-untyped-call]
        self._readiness = readiness
        self._peers = read_networks(peers)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Refuse who is not among the peers before a byte is read."""
        host = getattr(addr, "host", "")
        if self._peers and not is_within(host, self._peers):
            return None
        return super().buildProtocol(addr)  # type: ignore[no-untyped-call]

    def log(self, request: Any) -> None:
        """No access log: a scrape every few seconds would bury the rest."""

    def _ready(self) -> tuple[int, str, bytes]:
        reasons = list(self._readiness())
        if reasons:
            return _json(503, {"status": "not ready", "reasons": reasons})
        return _json(200, {"status": "ready"})


def _json(status: int, data: Mapping[str, object]) -> tuple[int, str, bytes]:
    body = json.dumps(data, ensure_ascii=False).encode() + b"\n"
    return status, "application/json; charset=utf-8", body
