"""Any number of invented members and what hosts say about them: the same for the same number, every time."""

from collections.abc import Iterator
from datetime import date, timedelta

SURNAMES = ("ABALKIN", "BELSKII", "VERESOV", "GROMOV", "DARIN", "ELAGIN", "ZHILIN", "ZIMIN", "ILIN", "KARPOV")
GIVEN = ("ANTON", "BORIS", "VADIM", "GLEB", "DANILA", "EGOR", "IGNAT", "LEV", "MARK", "OLEG")
ENDINGS = ("", "AKH", "EV", "IN", "ONOK", "UK", "YKH", "ETS", "ISHIN", "ATYI")
ROUTES = (("DME", "AER"), ("LED", "DME"), ("SVX", "VKO"), ("DME", "KHV"), ("AER", "LED"))


def card_of(member: int) -> str:
    """A 13-digit card number."""
    return f"77{member:011d}"


def name_of(member: int) -> tuple[str, str]:
    """(surname, given name)."""
    tens, ones = divmod(member, 10)
    hundreds, tens = divmod(tens, 10)
    return SURNAMES[ones] + ENDINGS[hundreds % 10], GIVEN[tens]


def members_csv(count: int) -> bytes:
    """A member file for ``ffgate members import``."""
    lines = ["member,surname,given,card_airline,card"]
    for member in range(count):
        surname, given = name_of(member)
        lines.append(f"P{member:07d},{surname},{given},UT,{card_of(member)}")
    return "\n".join(lines).encode() + b"\n"


def card_checks(count: int, members: int) -> Iterator[bytes]:
    """``ffp_info`` about one member after the other."""
    for number in range(count):
        member = number * 7919 % members
        surname, given = name_of(member)
        yield (
            f'<sirena><query><ffp_info><ffp company="UT" surname="{surname}" name="{given}">{card_of(member)}</ffp>'
            "</ffp_info></query></sirena>"
        ).encode()


def flown_notices(count: int, members: int, coupons: int, today: date, first: int = 0) -> Iterator[bytes]:
    """``ffp_accrual`` with ``coupons`` flown coupons each, every coupon of another member and ticket."""
    for notice in range(first, first + count):
        items = []
        for position in range(1, coupons + 1):
            number = notice * coupons + position
            member = number * 7919 % members
            surname, given = name_of(member)
            board, off = ROUTES[number % len(ROUTES)]
            day = today - timedelta(days=1 + number % 60)
            items.append(
                f'<item id="{position}"><ffp company="UT">{card_of(member)}</ffp>'
                f'<passenger surname="{surname}" name="{given}"/>'
                f'<coupon ticket="29870{number:08d}" number="1" status="F"/>'
                f'<segment company="UT" flight="{300 + number % 40}" date="{day.isoformat()}" departure="{board}"'
                f' arrival="{off}" subclass="Y" fare_basis="YRT"/></item>'
            )
        yield f"<sirena><query><ffp_accrual>{''.join(items)}</ffp_accrual></query></sirena>".encode()
