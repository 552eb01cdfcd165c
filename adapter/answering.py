"""The telegram that answers a passenger list: which of its cards are not good, told to whom the list came from.

::

    QN MOWRMXY                                  to the list's originator
    .MOWFFXY 201206                             our address; the list's time of receipt
    FQA                                         frequent-traveller answer, a kind of our own
    XY418/20AUG DME PART1                       the list's flight line
    RE FTL 201205 2 CARDS                       the list's kind and creation time, how many cards follow
    LINE 6 AER .L/0Q4MR7 FQTV XY 4100000000018  its line in the list, off point, locator and card as the list gave them
    3 CARD NOT FOUND                            code and text of mappings/tables/ffp_codes.yaml
    LINE 9 LED FQTV XY 4100000000026
    4 CARD BELONGS TO ANOTHER HOLDER
    ENDFQA

Only what the list itself said and the reason: no name, not even the list's own, and nothing of the member's. Longer
answers go in parts, the two lines of a card never apart. Everything depends on the answer's facts alone, so a repeat
after a crash is the same text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.outbox import TELEGRAMS_AT_ONCE_MAX
from adapter.wire.typeb_egress import Block, Heading, Sizes, creation_token, write_list
from loyalty_core import FaultyCard, ListAnswer, TelegramQueued

KIND = "FQA"
ORIGINATOR = "originator"
CARDS_MAX = 2000
"""Cards told in one answer; a list with more bad ones has another fault."""
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

Codes = Mapping[str, tuple[int, str]]
"""Reason -> (code, message), as in the tables of the maps."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How lists of one link are answered: ``to`` the originator or these addresses, ``link`` the one it leaves by, with
    its encoding."""

    to: tuple[str, ...]
    origin: str
    link: str
    encoding: str
    priority: str = ""


def compose(answer: ListAnswer, form: AnswerForm, codes: Codes) -> tuple[TelegramQueued, ...]:
    """The telegrams of an answer, in order. Raises TelegramError where an address can't be written."""
    addresses = form.to or (answer.originator,)
    # Receivers expect no seconds in an origin line.
    created = answer.received_at.replace(second=0, microsecond=0)
    heading = Heading(addresses, form.origin, created, form.priority)
    cards = answer.cards[:CARDS_MAX]
    more = len(answer.cards) - len(cards)
    blocks = [_block(card, codes, form.encoding) for card in cards]
    if more:
        blocks.append(Block((f"AND {more} MORE",)))
    number = len(answer.cards)
    about = f"RE {answer.kind} {creation_token(answer.edition)} {number} CARD{'' if number == 1 else 'S'}"
    texts = write_list(
        heading,
        KIND,
        _written(_flight(answer), form.encoding, 60),
        blocks,
        each_part=(about,),
        sizes=Sizes(parts_max=TELEGRAMS_AT_ONCE_MAX),
        line_end="\n",
    )
    return tuple(
        TelegramQueued(form.link, f"answer/{answer.key}/{part}", text, answer.key)
        for part, text in enumerate(texts, 1)
    )


def _flight(answer: ListAnswer) -> str:
    departure = answer.departure
    flight = departure.flight
    date = f"{departure.on.day:02}{_MONTHS[departure.on.month - 1]}"
    return f"{flight.carrier}{flight.number.zfill(3)}{flight.suffix}/{date} {departure.board_point}"


def _block(card: FaultyCard, codes: Codes, encoding: str) -> Block:
    code, message = codes[card.reason]
    words = [f"LINE {card.line}"] if card.line else []
    words += [_written(card.off_point, encoding, 3)] if card.off_point else []
    # Half a locator would name another booking.
    locator = _written(card.locator, encoding, 8)
    words += [f".L/{locator}"] if locator and locator == card.locator else []
    words += [card.role, _written(card.airline, encoding, 3), _written(card.number, encoding, 25)]
    return Block((" ".join(words), f"{code} {message.upper()}"))


def _written(text: str, encoding: str, characters_max: int) -> str:
    """As it can stand in a line: what the outgoing link can't carry becomes a question mark."""
    kept = "".join(character if character.isprintable() else "?" for character in text[:characters_max])
    return kept.encode(encoding, "replace").decode(encoding)
