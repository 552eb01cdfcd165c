"""Load over the gateway, on a clock: what ends it and what doesn't."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred, FirstError
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from simulators.load import ANSWER_SECONDS, Load, run_load


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is nothing to delay."""


class Run:
    """A load of one connection; the gateway is played by the test, which sends each request back as its answer."""

    def __init__(self, requests: int) -> None:
        self.reactor = MemoryReactorClock()
        bodies = iter([b"<query/>"] * requests)
        found = run_load(
            self.reactor, "gateway", 1, 4242, bodies, connections=1, in_flight=1, wanted=b"<query/>"
        )
        self.ended: list[Any] = []
        Deferred.fromCoroutine(found).addBoth(self.ended.append)
        factory = self.reactor.tcpClients[0][2]
        self.connection = factory.buildProtocol(None)
        self.transport = Transport()
        self.connection.makeConnection(self.transport)

    def answer(self) -> None:
        request = self.transport.value()
        self.transport.clear()
        self.connection.dataReceived(request)

    def lost(self) -> None:
        self.connection.connectionLost(Failure(ConnectionDone()))


def test_a_long_run_is_not_given_up_while_answers_come() -> None:
    run = Run(requests=5)
    for _each in range(5):
        assert run.ended == []
        run.reactor.advance(ANSWER_SECONDS - 1)
        run.answer()
    (load,) = run.ended
    assert isinstance(load, Load)
    assert (len(load.latencies), load.refused) == (5, 0)
    assert run.transport.disconnecting
    run.lost()
    assert run.reactor.getDelayedCalls() == []


def test_a_silent_gateway_is_given_up() -> None:
    run = Run(requests=2)
    run.reactor.advance(ANSWER_SECONDS - 1)
    run.answer()
    run.reactor.advance(ANSWER_SECONDS - 1)
    assert run.ended == []
    run.reactor.advance(1)
    with pytest.raises(FirstError) as caught:
        run.ended[0].raiseException()
    assert caught.value.subFailure.check(TimeoutError)
    assert run.transport.disconnected
    run.lost()
    assert run.reactor.getDelayedCalls() == []
