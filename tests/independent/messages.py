"""Requests about the members of the demo programme, and what they should be answered."""

from datetime import date, timedelta

# card, surname, given name, birth date
GROMOV = ("2904000000017", "GROMOV", "LEV", "1981-02-23")
SOKOLOVA = ("2904000000025", "SOKOLOVA", "YULIYA", "1985-03-07")
BELOVA = ("2904000000058", "BELOVA", "MARINA", "1969-09-30")
ORLOV = ("2904000000066", "ORLOV", "PETR", "1974-01-19")
LUGIN = ("2904000000082", "LUGIN-ZAREVSKII", "DMITRII", "1982-05-11")
HOLDERS = (GROMOV, SOKOLOVA, BELOVA, LUGIN)
TIERS = {GROMOV[0]: "SILVER", SOKOLOVA[0]: "BASIC", BELOVA[0]: "GOLD", LUGIN[0]: "SILVER"}


def ffp_info(card: str, surname: str, given: str, born: str = "", company: str = "UT") -> str:
    birth = f' birthdate="{born}"' if born else ""
    return f'<ffp_info><ffp company="{company}" surname="{surname}" name="{given}"{birth}>{card}</ffp></ffp_info>'


def check_ffp(passenger: str, card: str) -> str:
    """The batch form, with one card; the passenger's id comes back."""
    return (
        f"<CheckFFP><ffps><ffp><crs_pax_id>{passenger}</crs_pax_id><airline>UT</airline>"
        f"<card_number>{card}</card_number></ffp></ffps></CheckFFP>"
    )


def ffp_accrual(
    ticket: str,
    card: str = SOKOLOVA[0],
    surname: str = SOKOLOVA[1],
    given: str = SOKOLOVA[2],
    flight: str = "281",
) -> str:
    """A coupon flown ten days ago, economy class, 840 miles."""
    day = (date.today() - timedelta(days=10)).isoformat()
    return (
        f'<ffp_accrual><ffp company="UT">{card}</ffp><passenger surname="{surname}" name="{given}"/>'
        f'<coupon ticket="{ticket}" number="1" status="F"/>'
        f'<segment company="UT" flight="{flight}" date="{day}" departure="DME" arrival="AER" subclass="Y"/>'
        f"</ffp_accrual>"
    )
