"""What the lists of departure control mean, told as short stories: messages in, states and miles out.

Each story is run in several orders (all of them where there are few); every order must tell the same end.
"""

import random
import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import (
    Core,
    ListReceived,
    MembersImported,
    Transaction,
)
from tests.storage.airline import CARD, DEPARTURE, NOON, opening, submission
from tests.storage.books import query
from tests.storage.edition_stories import EDITION_STORIES
from tests.storage.list_stories import (
    FOREIGN_CARD,
    FTL,
    ORDERS_MAX,
    OTHERS,
    PNL,
    STORIES,
    Story,
    adl,
    pfs,
    told,
    who,
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opened") / "books.sqlite"
    core = Core.open(f"sqlite:///{path}")
    core.execute([*opening(), submission(MembersImported(OTHERS))])
    core.close()
    return path


def orders_of(messages: tuple[Transaction, ...]) -> list[tuple[Transaction, ...]]:
    """As told, backwards, and others."""
    others = list(permutations(messages))
    random.Random(len(messages)).shuffle(others)
    return list(dict.fromkeys([messages, messages[::-1], *others]))[:ORDERS_MAX]


@pytest.mark.parametrize("told_story", [*STORIES, *EDITION_STORIES], ids=lambda one: one.name)
def test_story(told_story: Story, opened: Path, tmp_path: Path) -> None:
    hashes = set()
    for number, order in enumerate(orders_of(told_story.messages)):
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(opened, path)
        core = Core.open(f"sqlite:///{path}")
        batch = [submission(each) for each in order]
        for part in [batch] if number % 2 else [[each] for each in batch]:
            assert not any(result.system_error for result in core.execute(part))
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        hashes.add(report["state_hash"])
        people = query(core.url, "SELECT state, credit FROM carriage ORDER BY 1, 2")
        assert tuple(tuple(row) for row in people) == told_story.people, order
        for member in ("M1", "M5", "M8"):
            found = core.member(member)
            assert found is not None
            assert found["balances"] == told_story.miles.get(member, {}), (member, order)
        core.close()
    assert len(hashes) == 1


def test_every_story_can_fail() -> None:
    """Names are different, so no story hides another; and there are as many as are told."""
    assert len({one.name for one in STORIES}) == len(STORIES) >= 20


def carriage(core: Core) -> dict[str, Any]:
    (found,) = core.explain(card=CARD.number)["carriages"]
    return dict(found)


def test_the_tier_of_the_booking_goes_with_the_card(tmp_path: Path) -> None:
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    core.execute([submission(told("PNL", who(card=CARD, tiers=("SILVER",)), at=-600))])
    assert carriage(core)["view"]["cards"] == [["UT", CARD.number, "FQTV", "", "SILVER"]]
    # Two levels, or one for two cards: nobody knows whose.
    core.execute([submission(told("PNL", who(card=CARD, tiers=("SILVER", "GOLD")), at=-500))])
    assert carriage(core)["view"]["cards"] == [["UT", CARD.number, "FQTV", "", ""]]
    both = replace(who(tiers=("SILVER",)), cards=(CARD, FOREIGN_CARD))
    core.execute([submission(told("PNL", both, at=-400))])
    assert carriage(core)["view"]["cards"] == [
        ["S7", FOREIGN_CARD.number, "FQTV", "", ""],
        ["UT", CARD.number, "FQTV", "", ""],
    ]
    own = replace(CARD, tier="GOLD")
    core.execute([submission(told("PNL", who(card=own, tiers=("SILVER",)), at=-300))])
    assert carriage(core)["view"]["cards"] == [["UT", CARD.number, "FQTV", "", "GOLD"]]
    core.close()


def test_what_explain_says_of_a_category(tmp_path: Path) -> None:
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    core.execute([submission(FTL), submission(pfs("NOSHO"))])
    words = [(piece["kind"], piece["status"], piece["standing"]) for piece in carriage(core)["evidence"]]
    assert words == [("FTL", "", 1), ("PFS", "NOSHO", 1)]
    core.close()


def test_why_a_doubtful_credit_waits(tmp_path: Path) -> None:
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    core.execute([submission(FTL), submission(told("PRL", who())), submission(pfs("NSHOW"))])
    found = carriage(core)
    assert (found["state"], found["credit"], found["reason"]) == ("doubtful", "pending", "category_unknown")
    core.close()


def test_a_booking_comes_long_before_the_flight(tmp_path: Path) -> None:
    """Further ahead than a programme believes in flights: the window is about what earns."""
    early = NOON - timedelta(days=40)
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    for kind in ("PNL", "ADL"):
        booking = ListReceived(kind, "MOWRMUT", DEPARTURE, early, (who(card=CARD),))
        (result,) = core.execute([submission(booking, received_at=early)])
        assert result.outcomes[0].persons == 1  # type: ignore[attr-defined]
        assert not result.outcomes[0].reason  # type: ignore[attr-defined]
    assert carriage(core)["state"] == "booked"
    core.close()


def test_an_old_pfs_that_comes_late_is_told_so(tmp_path: Path) -> None:
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    core.execute([submission(pfs("NOSHO", at=31))])
    (result,) = core.execute([submission(pfs("GOSHO", CARD, at=30))])
    assert result.outcomes[0].superseded  # type: ignore[attr-defined]
    (late,) = core.execute([submission(adl("DEL", -500))])
    assert not late.outcomes[0].superseded  # type: ignore[attr-defined]
    core.execute([submission(PNL)])
    core.execute([submission(told("PNL", who(), at=-300))])
    (old,) = core.execute([submission(adl("CHG", -400, CARD))])
    assert old.outcomes[0].superseded  # type: ignore[attr-defined]
    core.close()
