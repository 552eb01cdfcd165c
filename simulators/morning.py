"""A demo airline's morning: what its hosts say about one flight and its passengers, for any given day.

The members are those of ``loyalty_core/programmes/demo_members.csv``; all people, cards and tickets are invented.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FLIGHT = "280"
BOARD, OFF = "DME", "AER"


@dataclass(frozen=True, slots=True)
class CardQuestion:
    """One card check at the desk, with what the agent sees on the screen."""

    surname: str
    name: str
    card: str
    remark: str


DESK = (
    CardQuestion("GROMOV", "LEV", "2904000000017", "a silver member"),
    CardQuestion("СОКОЛОВА", "ЮЛИЯ", "2904000000025", "booked in Cyrillic"),
    CardQuestion("BELOVA", "MARINA", "2904000000041", "her old card, replaced by another"),
    CardQuestion("ORLOV", "PETR", "2904000000066", "a blocked card"),
    CardQuestion("PETROVSKAYA", "INNA", "2904000000017", "somebody else's card"),
    CardQuestion("GROMOV", "L", "2904000000017", "an initial only, no birth date"),
    CardQuestion("GROMOV", "LEV", "2904999999999", "no such card"),
)


def day_and_month(day: date) -> str:
    """``20AUG``: months are English on every list, whatever its alphabet."""
    return f"{day.day:02d}{MONTHS[day.month - 1]}"


def _telegram(kind: str, created: datetime, day: date, body: str, part: int = 1, end: str = "") -> str:
    stamp = created.astimezone(UTC).strftime("%d%H%M")
    head = f"MOWFFUT\n.MOWRMUT {stamp}\n{kind}\nUT{FLIGHT}/{day_and_month(day)} {BOARD} PART{part}\n"
    return f"{head}{body}{end or f'END{kind}'}\n"


def ftl(created: datetime, day: date) -> str:
    """Frequent flyers who checked in; whether they fly is not known yet."""
    return _telegram(
        "FTL",
        created,
        day,
        "-AER01C\n"
        "1LUGINZAREVSKII/DMITRII MR\n.L/0K7QR2/UT\n.R/FQTV UT 2904000000082-Y\n"
        "-AER05Y\n"
        "1GROMOV/LEV MR\n.L/0K7QR3/UT\n.R/FQTV UT 2904000000017\n"
        "1SOKOLOVA/IULIIA MRS\n.L/0K7QR4/UT\n.R/FQTV UT 2904000000025\n"
        "1BELOVA/MARINA\n.L/0K7QR5/UT\n.R/FQTV UT 2904000000041\n"
        "1NEUMANN/JOERG\n.L/0K7QR6/UT\n.R/FQTV UT 2904000000090\n"
        "1ALIEVA/NIGINA\n.L/0K7QR7/UT\n.R/FQTV UT 2904000000074\n",
    )


def prl(created: datetime, day: date) -> tuple[str, str]:
    """Who boarded, with tickets, in two parts. Joerg Neumann did not."""
    first = (
        "-AER01C\n"
        "1LUGINZAREVSKII/DMITRII MR\n.L/0K7QR2/UT\n.R/SEAT HK1 2A\n.R/FQTV UT 2904000000082-Y\n"
        ".R/TKNE HK1 2984400000021/1\n"
        "-AER04Y\n"
        "1GROMOV/LEV MR\n.L/0K7QR3/UT\n.W/K/1/14\n.R/SEAT HK1 12A\n.R/FQTV UT 2904000000017\n"
        ".R/TKNE HK1 2984400000032/1\n"
    )
    second = (
        "-AER04Y\n"
        "1SOKOLOVA/IULIIA MRS\n.L/0K7QR4/UT\n.R/SEAT HK1 12B\n.R/FQTV UT 2904000000025\n"
        ".R/TKNE HK1 2984400000043/2\n"
        "1BELOVA/MARINA\n.L/0K7QR5/UT\n.R/SEAT HK1 14C\n.R/FQTV UT 2904000000041\n"
        ".R/TKNE HK1 2984400000054/1\n"
        "1ALIEVA/NIGINA\n.L/0K7QR7/UT\n.R/SEAT HK1 15F\n.R/FQTV UT 2904000000074\n"
        ".R/TKNE HK1 2984400000065/1\n"
    )
    return (
        _telegram("PRL", created, day, first, part=1, end="ENDPART1"),
        _telegram("PRL", created, day, second, part=2),
    )


def etl(created: datetime, day: date) -> str:
    """Electronic tickets of those on board, sent on arrival."""
    return _telegram(
        "ETL",
        created,
        day,
        "CFG/008C114Y\n"
        "-AER01C\n1LUGINZAREVSKII/DMITRII MR\n.L/0K7QR2/UT\n.R/TKNE HK1 2984400000021/1\n"
        "-AER04Y\n1GROMOV/LEV MR\n.L/0K7QR3/UT\n.R/TKNE HK1 2984400000032/1\n"
        "1SOKOLOVA/IULIIA MRS\n.L/0K7QR4/UT\n.R/TKNE HK1 2984400000043/2\n"
        "1BELOVA/MARINA\n.L/0K7QR5/UT\n.R/TKNE HK1 2984400000054/1\n"
        "1ALIEVA/NIGINA\n.L/0K7QR7/UT\n.R/TKNE HK1 2984400000065/1\n",
    )


def cut_off(created: datetime, day: date) -> str:
    """A telegram whose end was lost on the way."""
    return "\n".join(ftl(created, day).splitlines()[:9]) + "\n"


def ffp_accrual(
    *,
    card: str,
    surname: str,
    name: str,
    ticket: str,
    coupon: int,
    status: str,
    flight: str,
    day: date,
    departure: str,
    arrival: str,
    subclass: str,
) -> bytes:
    """``<sirena><query><ffp_accrual>``: what became of one coupon."""
    root = etree.Element("sirena")
    accrual = etree.SubElement(etree.SubElement(root, "query"), "ffp_accrual")
    etree.SubElement(accrual, "ffp", company="UT").text = card
    etree.SubElement(accrual, "passenger", surname=surname, name=name)
    etree.SubElement(accrual, "coupon", ticket=ticket, number=str(coupon), status=status)
    etree.SubElement(
        accrual,
        "segment",
        company="UT",
        flight=flight,
        date=day.isoformat(),
        departure=departure,
        arrival=arrival,
        subclass=subclass,
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
