"""Checks of lots, deficits and the chart of accounts; part of ``verify``."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .accounts import AWARD, HELD, complaint, kind_of, member_account
from .ledger import AMOUNT_MAX, EARNING, Entry, EntryKind, balance_changes
from .lots import Lot, LotKey, LotMove, Place
from .verify_journal import in_order

if TYPE_CHECKING:
    from .verify import Books


def chart(books: "Books") -> list[str]:
    """I4, I18: no account outside the chart, none on the wrong side of zero."""
    return [
        f"{account}: {wrong}"
        for (account, unit), amount in sorted(books.balances.items())
        if (wrong := complaint(account, unit, amount))
    ]


def postings_in_chart(books: "Books") -> list[str]:
    """I1, I16, I18: every posting moves a whole positive amount between two accounts of the chart that can hold it. One
    posting is both legs, so an entry of such postings sums to zero."""
    return [
        f"{entry.reference}: {posting.amount} {posting.unit} from {posting.source} to {posting.destination}"
        for entry in books.entries
        for posting in entry.postings
        if not 0 < posting.amount <= AMOUNT_MAX
        or posting.source == posting.destination
        or complaint(posting.source, posting.unit, 0)
        or complaint(posting.destination, posting.unit, 0)
    ]


def lots_and_balances(books: "Books") -> list[str]:
    """I5: what members can spend, and what is held of them, is what their lots say."""
    wrong = []
    for column, purpose in (("remaining", AWARD), ("held", HELD)):
        in_lots: Counter[int] = Counter()
        for lot in books.lots:
            in_lots[lot["member_id"]] += lot[column]
        for member_id, (programme, number, _tier) in sorted(books.members.items()):
            balance = books.balances.get((member_account(programme, number, purpose), AWARD), 0)
            if in_lots[member_id] != balance:
                text = f"lots with {in_lots[member_id]} {column}, {purpose} balance {balance}"
                wrong.append(f"member {number}: {text}")
    return wrong


def lots_of_entries(books: "Books") -> list[str]:
    """I8: every lot is what its entry gave to its owner, and expires no earlier than it was earned."""
    made: defaultdict[tuple[str, int], list[Lot]] = defaultdict(list)
    for row in books.lots:
        made[row["lane"], row["seq"]].append(Lot(**row))
    wrong = []
    for entry in books.entries:
        given: Counter[str] = Counter()
        if entry.kind in EARNING:
            for posting in entry.postings:
                if posting.destination.endswith(f":{AWARD}"):
                    given[posting.destination] += posting.amount
        found: Counter[str] = Counter()
        lots = made.pop((entry.lane, entry.seq), [])
        for lot in lots:
            programme, number, _tier = books.members.get(lot.member_id, ("", "", ""))
            found[member_account(programme, number, AWARD)] += lot.amount
            late = entry.kind in (EntryKind.ACCRUAL, EntryKind.GRANT) and lot.earned_on != entry.flown_on
            if lot.unit != AWARD or late or (lot.expires_on and lot.expires_on < lot.earned_on):
                wrong.append(f"{entry.reference}: lot {lot.number} has another unit or date")
        if given != found:
            wrong.append(f"{entry.reference}: gave {dict(given)} award miles, made lots of {dict(found)}")
        if sorted(lot.number for lot in lots) != list(range(1, len(lots) + 1)):
            wrong.append(f"{entry.reference}: its lots are not numbered from 1")
    return wrong + [f"lot {lane}/{seq}: comes from no entry" for lane, seq in sorted(made)]


def lot_moves(books: "Books") -> list[str]:
    """Each lot is what its moves made of it, and the moves of an entry are what its postings say."""
    stored = {lot.key: lot for lot in (Lot(**row) for row in books.lots)}
    now = {key: replace(lot, remaining=lot.amount, held=0, expired=0) for key, lot in stored.items()}
    moves: defaultdict[tuple[str, int], list[LotMove]] = defaultdict(list)
    for row in books.lot_moves:
        key: LotKey = (row["lot_lane"], row["lot_seq"], row["lot_number"])
        move = LotMove(key, Place(row["source"]), Place(row["destination"]), row["amount"])
        moves[row["lane"], row["seq"]].append(move)
    given: defaultdict[tuple[str, int], list[Lot]] = defaultdict(list)
    for lot in stored.values():
        given[lot.lane, lot.seq].append(lot)
    wrong = []
    # One lane may move what another brought: the moves make sense only in the order of decision.
    for entry in in_order(books):
        own = moves.pop((entry.lane, entry.seq), [])
        strange = [move for move in own if move.lot not in now]
        if strange:
            wrong.append(f"{entry.reference}: moves miles of a lot that isn't there")
            continue
        made = given.get((entry.lane, entry.seq), ())
        wrong += _unlike_postings(books, entry, made, own, stored)
        for move in own:
            now[move.lot] = now[move.lot].moved(move)
            lot = now[move.lot]
            if min(lot.remaining, lot.held, lot.expired) < 0:
                wrong.append(f"{entry.reference}: takes more from a lot than it has")
            elif lot.remaining + lot.held + lot.expired > lot.amount:
                wrong.append(f"{entry.reference}: brings more back to a lot than it had")
    wrong += [f"moves of {lane}/{seq}: there is no such entry" for lane, seq in sorted(moves)]
    return wrong + [
        f"lot {'/'.join(map(str, key))}: its moves make it {_places(now[key])}, stored is {_places(lot)}"
        for key, lot in sorted(stored.items())
        if now[key] != lot
    ]


def _places(lot: Lot) -> str:
    return f"{lot.remaining} open, {lot.held} held, {lot.expired} expired"


def _unlike_postings(
    books: "Books", entry: Entry, made: Sequence[Lot], moves: list[LotMove], lots: dict[LotKey, Lot]
) -> list[str]:
    """Do postings and lots agree about what became of anybody's miles to spend and miles held? ``made`` are the lots
    of this entry."""
    said: Counter[str] = Counter()
    for (account, _unit), amount in balance_changes([entry]).items():
        kind = kind_of(account)
        if kind is not None and account.startswith("member:") and account.endswith((f":{AWARD}", f":{HELD}")):
            said[account] += amount
    done: Counter[str] = Counter()
    for lot in made:
        done[_account(books, lot, AWARD)] += lot.amount
    for move in moves:
        for place, sign in ((move.source, -1), (move.destination, 1)):
            if place in (Place.OPEN, Place.HELD):
                purpose = AWARD if place is Place.OPEN else HELD
                done[_account(books, lots[move.lot], purpose)] += sign * move.amount
    return [
        f"{entry.reference}: {account} changes by {said[account]}, its lots by {done[account]}"
        for account in sorted(said.keys() | done.keys())
        if said[account] != done[account]
    ]


def _account(books: "Books", lot: Lot, purpose: str) -> str:
    programme, number, _tier = books.members.get(lot.member_id, ("", "", ""))
    return member_account(programme, number, purpose)
