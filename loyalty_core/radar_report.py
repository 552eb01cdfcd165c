"""One departure as the radar tells it: plain data for commands and programs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .programme import Programme
from .radar import Contradiction, Departed, Seen, contradictions, counts_of, lists_of, movement_of
from .radar_members import Candidates, Missed, Wanted, missed, to_look_at, wanted_for


def report(
    departed: Departed,
    look_up: Callable[[Wanted], Candidates],
    programmes: Mapping[str, Programme],
    expected: Mapping[str, int],
    at: datetime,
) -> dict[str, Any]:
    """{"departure", "movement", "people": {state: {credit: n}}, "credited", "award", "missed": [...],
    "lists": [...], "contradictions": [...]}.

    ``expected``: kind of list -> minutes after departure by which it should be here; ``at`` is the instant to judge
    from (aware).
    """
    open_cases = to_look_at(departed.people)
    candidates = look_up(wanted_for(open_cases, programmes)) if open_cases else Candidates()
    return {
        "departure": departed.key,
        "movement": movement_of(departed),
        "people": counts_of(departed),
        "credited": sum(1 for seen in departed.people if seen.credit in ("pending", "posted")),
        "award": sum(seen.award for seen in departed.people if seen.credit == "posted"),
        "missed": [missed_data(one) for one in missed(open_cases, candidates, programmes)],
        "lists": lists_of(departed, expected, at),
        "contradictions": [_contradiction(one) for one in contradictions(departed)],
    }


def suspense(
    people: Sequence[Seen], look_up: Callable[[Wanted], Candidates], programmes: Mapping[str, Programme]
) -> list[dict[str, Any]]:
    """Carriages in suspense as ``missed`` has them, each with its departure."""
    candidates = look_up(wanted_for(people, programmes))
    return [
        {"departure": one.person.departure_key, **missed_data(one)}
        for one in missed(people, candidates, programmes)
    ]


def person_data(seen: Seen) -> dict[str, Any]:
    """A person as far as lists name it; ``carriage`` is the key by which a resolution names it."""
    return {
        "key": seen.key,
        "carriage": seen.carriage,
        "name": f"{seen.name.surname}/{seen.name.given}",
        "off_point": seen.off_point,
        "state": seen.state,
        "credit": seen.credit,
        "ticket": f"{seen.ticket}/{seen.coupon}" if seen.ticket else "",
        "locators": sorted(seen.locators),
        "cards": [f"{card.airline} {card.number}" for card in seen.cards],
        "said_by": sorted({f"{word.kind} {word.status}".strip() for word in seen.words}),
        "evidence": [[word.journal_id, word.line] for word in seen.words],
    }


def missed_data(one: Missed) -> dict[str, Any]:
    return {
        **person_data(one.person),
        "why": one.why,
        "suggestions": [
            {
                "likelihood": str(each.likelihood),
                "programme": each.programme,
                "member": each.member,
                "card": each.card,
                "why": list(each.why),
            }
            for each in one.suggestions
        ],
    }


def _contradiction(one: Contradiction) -> dict[str, Any]:
    person = {} if one.person is None else person_data(one.person)
    return {"code": one.code, "text": one.text, "person": person}
