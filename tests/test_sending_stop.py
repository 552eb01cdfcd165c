"""The end of sending: what is under way ends first, and nothing hangs."""

from twisted.internet.defer import Deferred, succeed

from loyalty_core import StorageUnavailable
from tests.sending_rig import Rig, sending_rig

rig = sending_rig


def test_a_stop_waits_for_what_is_under_way(rig: Rig) -> None:
    waiting: Deferred[None] = Deferred()
    rig.peers["dcs"].once(waiting)
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run()
    stopped: list[None] = []
    rig.sending.stop().addCallback(stopped.append)
    assert stopped == []
    waiting.callback(None)
    rig.run(5)
    assert stopped == [None]
    assert rig.peers["dcs"].taken == ["ONE"], "nothing more is begun"
    assert rig.states == {"queued": 1, "sent": 1}


def test_a_stop_that_can_wait_no_longer_leaves_a_telegram_for_the_next_start(rig: Rig) -> None:
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    stopped: list[None] = []
    rig.sending.stop().addCallback(stopped.append)
    rig.sending.abandon()
    assert stopped == [None]
    assert rig.states == {"queued": 1}
    rig.peers["dcs"].answer = lambda: succeed(None)
    following = rig.process()
    following.start()
    rig.run()
    assert rig.peers["dcs"].marked == [False, True], "at once, and marked"
    following.stop()


def test_a_stop_without_database_does_not_hang(rig: Rig) -> None:
    waiting: Deferred[None] = Deferred()
    rig.peers["dcs"].once(waiting)
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    rig.failure = StorageUnavailable("disk full")
    waiting.callback(None)
    stopped: list[None] = []
    rig.sending.stop().addCallback(stopped.append)
    rig.run(3)
    assert stopped == []
    rig.sending.abandon()
    assert stopped == [None]
