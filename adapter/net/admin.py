"""The admin listener: is the process alive, can it work, what has it counted.

``/healthz`` answers 200 as long as the reactor turns. ``/readyz`` answers 200 or 503 with the reasons as JSON; a host
link that flaps is no reason. ``/metrics`` is the Prometheus exposition, made in the reactor: a pool thread could be
stuck behind the database exactly when somebody wants to see why.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.web.resource import Resource
from twisted.web.server import Site

from .peers import is_within, read_networks

__all__ = ["AdminSite", "Page", "Readiness"]

Readiness = Callable[[], Sequence[str]]
"""Why the process can't work now, as sentences; empty when it can."""

Page = Callable[[], tuple[int, str, bytes]]
"""Gives status, content type and body."""

CONNECTION_IDLE_SECONDS = 30


class _Pages(Resource):
    """All pages by their path. Twisted's own error pages are not used: they are HTML and say more than needed."""

    isLeaf = True

    def __init__(self, pages: Mapping[bytes, Page]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pages = pages

    def render(self, request: Any) -> bytes:
        """Answer GET and HEAD of a known page; 404 and 405 for anything else."""
        page = self._pages.get(request.path)
        if page is None:
            status, content_type, body = _json(404, {"status": "no such page"})
        elif request.method not in (b"GET", b"HEAD"):
            status, content_type, body = _json(405, {"status": "only GET and HEAD"})
            request.setHeader(b"Allow", b"GET, HEAD")
        else:
            status, content_type, body = page()
        request.setResponseCode(status)
        request.setHeader(b"Content-Type", content_type.encode("ascii"))
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.setHeader(b"Cache-Control", b"no-store")
        return b"" if request.method == b"HEAD" else body


class AdminSite(Site):
    """The site to listen with. ``peers`` are the networks that may connect, () when the listener is on loopback.

    ``pages`` adds further pages: path without slash -> function giving status, content type and body.
    """

    def __init__(
        self,
        readiness: Readiness,
        exposition: Callable[[], bytes],
        exposition_type: str,
        *,
        peers: Sequence[str] = (),
        pages: Mapping[str, Page] | None = None,
        reactor: Any = None,
    ) -> None:
        known: dict[bytes, Page] = {
            b"/healthz": lambda: _json(200, {"status": "alive"}),
            b"/readyz": self._ready,
            b"/metrics": lambda: (200, exposition_type, exposition()),
        }
        known.update((f"/{name}".encode("ascii"), page) for name, page in (pages or {}).items())
        super().__init__(_Pages(known), timeout=CONNECTION_IDLE_SECONDS, reactor=reactor)  # type: ignore[no-untyped-call]
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
