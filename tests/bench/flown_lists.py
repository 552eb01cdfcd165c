"""Lists of made-up passengers for the bench, and the least work that anybody could do with them."""

from collections.abc import Iterator

PEOPLE = 100
HEADS = {"PNL": "ANA/012345\n", "PRL": "RBD C/CJD Y/YBHKM\n", "FTL": ""}


def letters(number: int) -> str:
    """A number as six capital letters."""
    return "".join(chr(65 + number // 26**place % 26) for place in range(6))


def passenger(kind: str, number: int) -> str:
    """One passenger as a DCS writes them: name, locator, card; in a PRL and PNL also the ticket and the rest."""
    lines = [f"1ORLOV{letters(number)}/VERA{letters(number * 7)}", f".L/{letters(number * 11)}/XY"]
    if kind == "FTL":
        return "\n".join([*lines, f".R/FQTV XY {2_000_000_000_000 + number}"])
    if kind == "PRL":
        lines += [".W/K/1/17", f".N/0999{number % 10**6:06}001/LED", f".R/SEAT HK1 {number % 30 + 1}A"]
        lines += [f".R/CHKD HK1 {number % 10_000:04}"]
    lines.append(f".R/FQTV XY {2_000_000_000_000 + number}")
    if kind == "PNL":
        lines.append(".R/OTHS HK1 FQTSTATUS SILVER")
    lines.append(f".R/TKNE HK1 999{number:010}/1")
    lines.append(f".R/DOCS HK1/P/XYZ/{number:09}/XYZ/01JAN80/F/01JAN33/ORLOVA/VERA")
    return "\n".join(lines)


def telegram(kind: str, first: int = 0, people: int = PEOPLE, flight: int = 418) -> bytes:
    """One list of one part."""
    body = "\n".join(passenger(kind, number) for number in range(first, first + people))
    head = f"MOWFFXY\n.DMEDCXY 201206\n{kind}\nXY{flight}/20AUG DME PART1\n{HEADS[kind]}-LED{people:03}Y\n"
    return f"{head}{body}\nEND{kind}\n".encode()


class Card:
    __slots__ = ("airline", "number", "role", "suffix")

    def __init__(self, role: str, airline: str, number: str, suffix: str) -> None:
        self.role, self.airline, self.number, self.suffix = role, airline, number, suffix


class Ticket:
    __slots__ = ("coupon", "infant", "number")

    def __init__(self, number: str, coupon: str, infant: bool) -> None:
        self.number, self.coupon, self.infant = number, coupon, infant


class Locator:
    __slots__ = ("airline", "code")

    def __init__(self, code: str, airline: str) -> None:
        self.code, self.airline = code, airline


class Seen:
    """One passenger, as bare as it gets."""

    __slots__ = (
        "cards",
        "class_",
        "given",
        "line",
        "locators",
        "off",
        "other",
        "seats",
        "surname",
        "tickets",
    )

    def __init__(self, line: int, seats: int, surname: str, given: str, off: str, class_: str) -> None:
        self.line, self.seats, self.surname, self.given, self.off, self.class_ = (
            line,
            seats,
            surname,
            given,
            off,
            class_,
        )
        self.cards: list[Card] = []
        self.tickets: list[Ticket] = []
        self.locators: list[Locator] = []
        self.other: list[tuple[str, str]] = []


def one_pass(raw: bytes) -> list[Seen]:
    """The floor: one pass over the lines, told apart by how they begin, cut with ``partition``."""
    found: list[Seen] = []
    seen = Seen(0, 0, "", "", "", "")
    off = class_ = ""
    for number, line in enumerate(raw.decode().splitlines(), start=1):
        first = line[:1]
        if first == ".":
            prefix, _, text = line.partition("/")
            if prefix == ".R":
                word, _, rest = text.partition(" ")
                if word in ("FQTV", "FQTU", "FQTR"):
                    airline, _, card = rest.partition(" ")
                    card, _, suffix = card.partition("-")
                    seen.cards.append(Card(word, airline, card, suffix))
                elif word == "TKNE":
                    ticket, _, coupon = rest.partition(" ")[2].partition("/")
                    seen.tickets.append(Ticket(ticket.removeprefix("INF"), coupon, ticket.startswith("INF")))
                else:
                    seen.other.append((word, rest))
            elif prefix == ".L":
                code, _, airline = text.partition("/")
                seen.locators.append(Locator(code, airline))
            else:
                seen.other.append((prefix, text))
        elif first == "1":
            surname, _, given = line[1:].partition("/")
            seen = Seen(number, 1, surname, given, off, class_)
            found.append(seen)
        elif first == "-":
            off, class_ = line[1:4], line[-1]
    return found


def day(kind: str, people: int) -> Iterator[bytes]:
    """The lists of one day: flights of a hundred passengers."""
    for flight in range(people // PEOPLE):
        yield telegram(kind, flight * PEOPLE, flight=100 + flight)
