"""A process with real links on free ports, for tests over sockets.

Run as a script with the folder of the project; prints one JSON line with the ports, serves until its standard input
ends, then stops the links as the application would and prints the counters. Answers: the request's bytes, doubled
``times``, and a newline.
"""

import json
import sys
from collections import Counter


def main() -> None:
    from twisted.internet import reactor, stdio
    from twisted.internet.defer import gatherResults
    from twisted.internet.endpoints import serverFromString
    from twisted.internet.protocol import Protocol

    from adapter.envelope import Reply
    from adapter.net.length_prefixed import LengthPrefixedFactory
    from adapter.net.limits import LinkLimits
    from adapter.net.sirena import SirenaClient, SirenaFactory, SirenaSettings
    from adapter.wire.sirena_crypto import ClientKey, PrivateKey
    from adapter.wire.sirena_keys import KeyStore

    settings = json.loads(sys.argv[2])
    times = settings.get("times", 1)
    counts: Counter[str] = Counter()

    def count(word: str) -> None:
        counts[word] += 1

    def handle(envelope, done):
        done(Reply(envelope.raw * times + b"\n"))

    limits = LinkLimits(**settings.get("limits", {}))
    store = KeyStore(settings.get("session_seconds", 5400.0))
    if "client_key" in settings:
        store.set_public_key(4242, ClientKey.load(settings["client_key"].encode()))
    clients = {
        4242: SirenaClient("host", ("127.0.0.1",), cipher=True),
        17: SirenaClient("plain", ("127.0.0.1",)),
    }
    gateway = SirenaFactory(
        "gateway",
        SirenaSettings(clients, limits=limits),
        store,
        PrivateKey.generate(1024),
        handle,
        reactor,
        count,
    )
    partners = LengthPrefixedFactory("partners", handle, reactor, limits=limits, count=count)
    links = [gateway, partners]

    class Control(Protocol):
        def connectionLost(self, reason=None):
            stopped = gatherResults([link.stop() for link in links])
            stopped.addCallback(lambda _all: print(json.dumps(counts), flush=True))
            stopped.addBoth(lambda _any: reactor.stop())

    def opened(ports):
        print(json.dumps([port.getHost().port for port in ports]), flush=True)
        stdio.StandardIO(Control())

    endpoints = [serverFromString(reactor, "tcp:0:interface=127.0.0.1") for _ in links]
    gatherResults(
        [link.listen(endpoint) for link, endpoint in zip(links, endpoints, strict=True)]
    ).addCallback(opened)
    reactor.run()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
