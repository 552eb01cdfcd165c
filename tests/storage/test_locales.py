"""A PostgreSQL that sorts texts by a language's rules gives the same books: nothing decided hangs on its order."""

from collections.abc import Iterator

import psycopg
import pytest

from loyalty_core import CardClaim, Core, Flight, MembersImported, Name, Submission
from tests.postgres import fresh_database
from tests.storage.airline import ETL, FTL, HEADER, PRL, coupon, submission
from tests.storage.books import books, one

ICU = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"


@pytest.fixture
def english_database(postgres_url: str) -> Iterator[str]:
    try:
        with fresh_database(postgres_url, ICU) as url:
            yield url
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(f"this PostgreSQL has no such locales: {error}")


def messages() -> list[Submission]:
    """Members, links and tickets whose order differs between bytes and English: capitals, digits and signs."""
    cards = [f"77000000009{number:02d}" for number in range(4)]
    people = [("A10", "ADAMOVA"), ("A9", "BELOVA"), ("B1", "ЛУГОВАЯ"), ("AB", "LUGOVAYA")]
    rows = "".join(
        f"{number},{surname},VERA,,1987-04-09,UT,{card},active,,\n"
        for (number, surname), card in zip(people, cards, strict=True)
    )
    told = [submission(MembersImported((HEADER + rows).encode()))]
    for place, ((_number, surname), card) in enumerate(zip(people, cards, strict=True)):
        for link in ("a-b", "aB", "Ab", "a_b"):
            claim = CardClaim("UT", card)
            flown = coupon(name=Name(surname, "VERA"), card=claim, flight=Flight("UT", str(451 + place)))
            told.append(submission(flown, link=link, key=f"{link}{place}"))
    return [*told, *(submission(each, link="lists") for each in (FTL, PRL, ETL))]


def test_books_do_not_hang_on_the_order_of_texts_in_the_database(
    english_database: str, postgres_database: str, tmp_path: object
) -> None:
    reports = []
    for url in (english_database, postgres_database, f"sqlite:///{tmp_path}/books.sqlite"):
        with books(url) as core:
            for each in messages():
                one(core, each)
            west = [
                core.execute([each], lane=lane)
                for lane, each in zip(("a-b", "aB", "Ab"), late(), strict=True)
            ]
            assert all(not result.system_error for (result,) in west)
            reports.append((core.verify(), core.explain(card="7700000000011")["entries"]))
    assert reports[0] == reports[1] == reports[2]


def late() -> list[Submission]:
    """Three flights for three lanes."""
    return [
        submission(coupon(ticket=f"29861200007{number:02d}", flight=Flight("UT", str(700 + number))))
        for number in range(3)
    ]


def test_the_database_does_sort_otherwise(english_database: str) -> None:
    Core.open(english_database).close()
    with psycopg.connect(english_database.replace("+psycopg", "", 1)) as connection:
        found = connection.execute(
            "SELECT x FROM (VALUES ('B'), ('a'), ('C')) AS t (x) ORDER BY x"
        ).fetchall()
    assert [row[0] for row in found] == ["a", "B", "C"]
