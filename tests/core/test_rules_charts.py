"""Charts: which row counts, by whatever way it is found; rows from YAML, from columns and from CSV are the same."""

import random
from dataclasses import replace
from itertools import product

import pytest

from loyalty_core.errors import InputError
from loyalty_core.outcomes import Reason
from loyalty_core.programme import Standing, load_programme
from loyalty_core.rules.bundle import bundle, read_bundle, unbundle
from tests.core.rule_texts import FACTS, FILE, earned, problems, programme, text


def test_priority_decides_and_then_order() -> None:
    rules = programme(
        charts="[{name: a, rows: [{percent: 10}, {classes: [Y], percent: 20, priority: 1},"
        " {brands: [X], percent: 30, priority: 1}]},"
        " {name: b, when: {roles: [FQTU]}, priority: 1, rows: [{percent: 40}]}]"
    )
    assert earned(rules, booking_class="B").award == 100
    assert earned(rules, brand="X").award == 200
    assert earned(rules, booking_class="B", brand="X").award == 300
    assert earned(rules, role="FQTU").award == 400


@pytest.mark.parametrize(
    ("otherwise", "reason"),
    [
        (", otherwise: unknown", Reason.CLASS_UNKNOWN),
        (", otherwise: nothing", Reason.NOT_EARNING),
        ("", Reason.CLASS_UNKNOWN),
    ],
)
def test_what_no_row_takes(otherwise: str, reason: Reason) -> None:
    rules = programme(charts=f"[{{name: a, rows: [{{classes: [B], percent: 10}}]{otherwise}}}]")
    refused = earned(rules)
    assert (refused.reason, refused.field, refused.amounts) == (reason, "booking_class", {})
    assert refused.trace[-1].text == "class Y is not in chart a"


def test_a_flight_of_no_class_is_a_class_unknown_where_a_chart_asks_for_one() -> None:
    by_class = programme(charts="[{name: a, rows: [{classes: [B], percent: 10}], otherwise: nothing}]")
    assert earned(by_class, booking_class="").reason is Reason.CLASS_UNKNOWN
    assert earned(by_class, booking_class="", class_is_cabin=True).reason is Reason.CLASS_UNKNOWN
    by_brand = programme(charts="[{name: a, rows: [{brands: [X], percent: 10}], otherwise: nothing}]")
    assert earned(by_brand, booking_class="").reason is Reason.NOT_EARNING


def test_percent_amounts_and_rate_by_unit() -> None:
    rules = programme(
        units="{qualifying: {}, segments: {}, sqc: {title: credits}}",
        charts="[{name: a, rows: [{classes: [Y], percent: {award: 25, '*': 50}, amounts: {segments: 2}},"
        " {classes: [B], rate: {sqc: 2.5}, percent: 100}]}]",
        accrual="{award: [distance, percent, round: floor], qualifying: [distance, percent, round: floor],"
        " segments: [amount: 1], sqc: [price, rate, round: floor]}",
    )
    assert rules.units == {
        "award": "award",
        "qualifying": "qualifying",
        "segments": "segments",
        "sqc": "credits",
    }
    assert earned(rules).amounts == {"award": 250, "qualifying": 500, "segments": 2}
    full = earned(rules, booking_class="B")
    assert full.amounts == {"award": 1000, "qualifying": 1000, "segments": 1}
    assert (full.percent("award"), full.rate("sqc"), full.rate("award")) == (100, 2.5, 0)


COLUMNS = """
  - name: table
    columns: {fares: [PROMO, [LIGHT, SMART], FLEX]}
    rows:
      - {between: [DME, [AER, VKO]], amounts: {award: [150, 300, 450], segments: 1}}
      - {from: LED, amounts: {award: [~, 7, 8]}, classes: [Y]}
"""
APART = """
  - name: table
    rows:
      - {fares: [PROMO], between: [DME, [AER, VKO]], amounts: {award: 150, segments: 1}}
      - {fares: [LIGHT, SMART], between: [DME, [AER, VKO]], amounts: {award: 300, segments: 1}}
      - {fares: [FLEX], between: [DME, [AER, VKO]], amounts: {award: 450, segments: 1}}
      - {fares: [LIGHT, SMART], from: LED, amounts: {award: 7}, classes: [Y]}
      - {fares: [FLEX], from: LED, amounts: {award: 8}, classes: [Y]}
"""
FILED = """
  - name: table
    rows: {file: rows.csv}
"""
CSV = """\
# what people may write above
fares,between,from,classes,amounts.award,amounts.segments
PROMO,DME AER/VKO,,,150,1
LIGHT SMART,"DME AER/VKO",,,300,1
FLEX,DME AER/VKO,,,450,1

LIGHT SMART,,LED,Y,7,
FLEX,,LED,Y,8
"""
FARES = (
    "["
    + ", ".join(
        f"{{fare: {name}, when: {{brands: [{name}]}}}}" for name in ("PROMO", "LIGHT", "SMART", "FLEX")
    )
    + "]"
)
ACCRUAL = "{award: [amount: 0], segments: [amount: 1]}"


def test_rows_columns_and_tables_give_the_same() -> None:
    ways = [
        programme(charts=COLUMNS, fares=FARES, accrual=ACCRUAL),
        programme(charts=APART, fares=FARES, accrual=ACCRUAL),
        programme({"rows.csv": CSV}, charts=FILED, fares=FARES, accrual=ACCRUAL),
        programme({"rows.csv": CSV.replace(",", ";")}, charts=FILED, fares=FARES, accrual=ACCRUAL),
    ]
    seen = set()
    for brand, start, end, letter in product(
        ("PROMO", "LIGHT", "SMART", "FLEX", ""), ("DME", "AER", "VKO", "LED"), ("DME", "AER"), "YB"
    ):
        results = [
            (found.reason, found.field, dict(found.amounts))
            for found in (
                earned(rules, brand=brand, board_point=start, off_point=end, booking_class=letter)
                for rules in ways
            )
        ]
        assert all(each == results[0] for each in results), (brand, start, end, letter)
        seen.add(str(results[0]))
    assert len(seen) == 6
    step = next(step for step in earned(ways[2], brand="SMART").trace if step.name == "row")
    assert step.rule == "rows.csv:4"


def test_the_table_found_is_what_trying_one_by_one_finds() -> None:
    dice = random.Random(5)
    letters, fares, places = "YBMKC", ["PROMO", "LIGHT", "FLEX"], ["DME", "AER", "VKO", "LED"]
    for _ in range(25):
        rows = []
        for number in range(dice.randint(5, 40)):
            words = []
            if dice.random() < 0.7:
                words.append(f"classes: [{', '.join(dice.sample(letters, 2))}]")
            if dice.random() < 0.5:
                words.append(f"fares: [{', '.join(dice.sample(fares, dice.randint(1, 2)))}]")
            if dice.random() < 0.5:
                words.append("between: [{}, {}]".format(*dice.sample(places, 2)))
            if dice.random() < 0.2:
                words.append("roles: [FQTU]")
            words += [f"amounts: {{award: {number + 1}}}", f"priority: {dice.randint(0, 2)}"]
            rows.append("{" + ", ".join(words) + "}")
        charts = f"[{{name: a, rows: [{', '.join(rows)}], otherwise: nothing}}]"
        rules = programme(charts=charts, fares=FARES, accrual="{award: [amount]}")
        single = [
            programme(
                charts=f"[{{name: a, rows: [{row}], otherwise: nothing}}]",
                fares=FARES,
                accrual="{award: [amount]}",
            )
            for row in rows
        ]
        priorities = [int(row.rpartition("priority: ")[2].rstrip("}")) for row in rows]
        for _ in range(20):
            facts = replace(
                FACTS,
                booking_class=dice.choice(letters),
                brand=dice.choice([*fares, ""]),
                board_point=dice.choice(places[:2]),
                off_point=dice.choice(places[2:]),
                role=dice.choice(["FQTV", "FQTU"]),
            )
            found = [
                (-priority, number, result.award)
                for number, (one, priority) in enumerate(zip(single, priorities, strict=True))
                if (result := one.evaluate(facts, Standing())).award
            ]
            expected = min(found)[2] if found else 0
            assert rules.evaluate(facts, Standing()).award == expected


@pytest.mark.parametrize(
    ("charts", "what"),
    [
        ("[{name: a, rows: []}]", "a chart without rows says what flights are otherwise"),
        ("[{name: a, rows: [{classes: [Y]}]}]", "needs percent, amounts or rate"),
        ("[{name: a, rows: [{percent: {awrd: 5}}]}]", 'did you mean "award"'),
        ("[{name: a, rows: [{percent: [5, 6]}]}]", "several values need columns"),
        ("[{name: a, rows: [{percent: {award: ~}}]}]", "nothing belongs only into a column"),
        ("[{name: a, columns: {fares: [A, B]}, rows: [{percent: [5, 6, 7]}]}]", "3 values, but 2 columns"),
        (
            "[{name: a, columns: {classes: [Y, B]}, rows: [{classes: [Y], percent: [5, 6]}]}]",
            "heads the columns",
        ),
        (
            "[{name: a, columns: {classes: [Y], cabins: [C]}, rows: [{percent: [5]}]}]",
            "exactly one word heads",
        ),
        ("[{name: a, rows: [{percent: 5}], otherwise: unknow}]", 'did you mean "unknown"'),
        ("[{name: a, rows: {file: rows.txt}}]", "a file.csv in the programme's own folder"),
        ("[{name: a, rows: {file: ../rows.csv}}]", "a file.csv in the programme's own folder"),
        ("[{name: a, rows: {file: rows.csv}}]", 'there is no table "rows.csv"'),
        ("[{name: a, rows: [{percent: 5}]}, {name: b, rows: [{percent: 5}]}]", 'never used: chart "a"'),
    ],
)
def test_mistakes(charts: str, what: str) -> None:
    assert any(what in problem.text and problem.line == 7 for problem in problems(charts=charts, fares=FARES))


@pytest.mark.parametrize(
    ("table", "place", "what"),
    [
        (CSV.replace("classes", "clases"), "2:20", 'unknown column "clases" (did you mean "classes"?)'),
        (CSV.replace("from,", "fares,"), "2:15", 'column "fares" stands here twice'),
        (CSV.replace("450", "many"), "5:20", "should be a whole number"),
        (CSV.replace("LED,Y,8", "QQQ,Y,8"), "8:7", '"QQQ" is no known airport'),
        (CSV.replace("FLEX,,", "FLAX,,"), "8:1", 'no fare "FLAX"'),
        (CSV.replace('AER/VKO",', "AER/VKO,"), "4:1", "a quote is not closed"),
        (CSV.replace("Y,8", "Y,8,9,10"), "8:17", "7 cells, but 6 columns"),
        ("", "1:1", "a table begins with the names of its columns"),
        ("percent,percent.award\n1,2\n", "2:3", 'stands beside a cell for "percent"'),
        ("classes\nY\n", "2:1", "needs percent, amounts or rate"),
    ],
)
def test_mistakes_in_a_table(table: str, place: str, what: str) -> None:
    table = table or "# nothing\n"
    found = problems({"rows.csv": table}, charts=FILED, fares=FARES, accrual=ACCRUAL)
    problem = next(problem for problem in found if what in problem.text)
    assert f"{problem.file}:{problem.line}:{problem.column}" == f"rows.csv:{place}"


def test_distances_from_a_table_and_pairs_of_ones_own() -> None:
    distances = "{name: own, file: miles.csv, pairs: {AAA-BBB: 7}, otherwise: unknown}"
    files = {"miles.csv": "from,to,miles\nAAA,BBB,5\nCCC,AAA,6\n"}
    rules = programme(files, distances=distances)
    assert earned(rules, board_point="BBB", off_point="AAA").award == 7
    found = earned(rules, board_point="AAA", off_point="CCC")
    assert found.award == 6
    assert next(step.rule for step in found.trace if step.name == "distance") == "miles.csv:3"
    (problem,) = problems({"miles.csv": files["miles.csv"] + "BBB,AAA,8\n"}, distances=distances)
    assert str(problem).startswith(
        "miles.csv:4:1: distances.rows[2].from: this pair has a row already, at miles.csv:2"
    )


def test_examples_from_a_table() -> None:
    table = (
        "name,given.operating,given.class,given.from,given.to,given.tier,expect.award,expect.percent.award\n"
    )
    rules = programme(
        {"cases.csv": table + "one,QQ,Y,DME,AER,SILVER,1000,100\n"}, examples="{file: cases.csv}"
    )
    (example,) = rules.examples
    assert (example.name, example.rule, example.standing.tier) == ("one", "cases.csv:2", "SILVER")
    assert example.expect == {"reason": "", "award": 1000, "percent": {"award": 100}}


def test_a_bundle_is_the_programme_and_its_tables() -> None:
    own = text(charts=FILED, fares=FARES, accrual=ACCRUAL)
    together = bundle(own, {"rows.csv": CSV})
    assert unbundle(together) == (own, {"rows.csv": CSV})
    assert bundle(own, {}) == own
    loaded = load_programme(together, FILE)
    assert loaded.digest == load_programme(own, FILE, {"rows.csv": CSV}).digest
    assert loaded.digest != load_programme(own, FILE, {"rows.csv": CSV + "#\n"}).digest
    with pytest.raises(InputError, match=r"rows.csv:1:1: a line can't begin with"):
        bundle(own, {"rows.csv": "--- file: x.csv\n"})


def test_a_programme_is_read_with_its_tables(tmp_path) -> None:  # type: ignore[no-untyped-def]
    own = text(charts=FILED, fares=FARES, accrual=ACCRUAL)
    path = tmp_path / "frame.yaml"
    path.write_text(own, encoding="utf-8")
    with pytest.raises(InputError, match=r"rows.csv: No such file"):
        read_bundle(path)
    (tmp_path / "rows.csv").write_bytes(b"\xff")
    with pytest.raises(InputError, match="utf-8"):
        read_bundle(path)
    (tmp_path / "rows.csv").write_text(CSV, encoding="utf-8")
    assert read_bundle(path) == bundle(own, {"rows.csv": CSV})
    path.write_text("a: [\nfile: x", encoding="utf-8")
    assert read_bundle(path) == "a: [\nfile: x"
