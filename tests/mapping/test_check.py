"""Mistakes in maps: each is found before the first message, with its place and, where there is one, a near name."""

from pathlib import Path

import pytest

from adapter.errors import ConfigError, Problem
from tests.mapping.installation import Installation

MAP = "mappings/own/report.yaml"


def problems_of(installation: Installation) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        installation.load()
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "text"),
    [
        ("card/@company", "card/@compagny", "path_unknown", 6, 'did you mean "company"?'),
        ("from: card, ", "from: cart, ", "path_unknown", 7, 'did you mean "card"?'),
        ("from: card/@company", "from: card/company", "path_unknown", 6, 'did you mean "@company"?'),
        ("from: card/@born", "from: ../@born", "path_unknown", 8, "nothing above"),
        ("from: card, ", "from: ., ", "path_unfit", 7, "holds elements"),
        ("from: card, ", "from: note, ", "cardinality", 7, "pick"),
        ("convert: date_iso", "convert: date_iso, pick: first", "cardinality", 8, "nothing to choose"),
        ("convert: date_iso", "convert: date_is", "converter_unknown", 8, 'did you mean "date_iso"?'),
        ("convert: date_iso", "convert: text", "converter_unfit", 8, "takes a date"),
        ("table: airlines", "table: airline", "table_unknown", 6, 'did you mean "airlines"?'),
        ("table: airlines", "table: ffp_codes", "table_unfit", 6, "answers"),
        ("from: card/@company", "from: holder/@given", "value_optional", 6, "may be absent"),
        ("birth_date:", "birthdate:", "field_unknown", 8, 'did you mean "birth_date"?'),
        ("    number: {from: card, convert: card_number}\n", "", "field_missing", 5, "needs number"),
        ("name:\n      from: holder", "name:\n      from: note", "cardinality", 9, "several times"),
        ('        given: "@given"', '        given: {each: "@given", item: .}', "cardinality", 13, "takes one value"),
        ('given: "@given"', "given: $line", "converter_unfit", 13, "a whole number"),
        ('given: "@given"', "given: {exists: x}", "path_unknown", 13, "no element x"),
        ('given: "@given"', "given: {value: 7}", "converter_unfit", 13, "takes text"),
        ("to: CardCheck", "to: CardChek", "map_word_unknown", 4, 'did you mean "CardCheck"?'),
        ("each: .\n  to", "each: cards\n  to", "path_unknown", 3, 'did you mean "card"?'),
        ("{from: card, convert: card_number}", "{form: card}", "map_word_unknown", 7, 'did you mean "from"?'),
        ("convert: card_number", "pick: frist", "map_word_unknown", 7, 'did you mean "first"?'),
        ('"@surname"', "$lines", "map_word_unknown", 12, 'did you mean "line"?'),
        ("from: card, ", 'from: "card//x", ', "path_invalid", 7, "is not a path"),
        ("item: CardAnswer", "item: CardAnwser", "map_word_unknown", 16, 'did you mean "CardAnswer"?'),
        ("table: ffp_codes", "table: ffp_code", "table_unknown", 17, 'did you mean "ffp_codes"?'),
        ("table: ffp_codes", "table: ffp_codes, codes: all", "map_shape", 17, "list of numbers"),
        ('{"@status": tier, .', '{"@state": tier, .', "path_unknown", 19, 'did you mean "status"?'),
        ('{"@status": tier, .', "{.", "field_missing", 19, "needs the attributes status"),
        ('"@status": tier', '"@status": teir', "field_unknown", 19, 'did you mean "tier"?'),
        ('"@status": tier', '"@status": balances', "field_type", 19, "not a single value"),
        ('"@status": tier', '"@status": expires_on', "value_optional", 19, "may be absent"),
        ('"@status": tier', '"@status": $request card/@born', "value_optional", 19, "absent from the request"),
        ('"@status": tier', '"@status": $code tier', "field_type", 19, "is no reason"),
        ('"@status": tier', '"@status": $codes reason', "map_word_unknown", 19, "$code"),
        (".: $request card", ".: $request note", "cardinality", 19, "several times"),
        ('    card: {"@status": tier, .: $request card}\n', "", "field_missing", 18, "needs card"),
        ("name: {$each: names", "names: {$each: names", "path_unknown", 20, 'did you mean "name"?'),
        ("$each: names", "$each: name", "field_unknown", 20, 'did you mean "names"?'),
        ("$each: names", "$each: tier", "cardinality", 20, "several values"),
        ("$each: names", "$eech: names", "map_word_unknown", 20, "$each and $when"),
        ('{$when: expires_on, "@date": expires_on}', '{"@date": expires_on}', "value_optional", 21, "may be absent"),
        ("message: report", "message: reports", "map_without_schema", 1, 'did you mean "report"?'),
        ("  each: .\n  item", "  each: [., .]\n  item", "cardinality", 14, "2"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_place(
    installation: Installation, old: str, new: str, code: str, line: int, text: str
) -> None:
    installation.replace(MAP, old, new)
    found = problems_of(installation)
    assert code in {problem.code for problem in found}, found
    problem = next(problem for problem in found if problem.code == code)
    assert (Path(problem.file).name, problem.line) == ("report.yaml", line)
    assert problem.column > 0
    assert text in problem.text


def test_the_map_without_mistakes_loads(installation: Installation) -> None:
    _, maps = installation.load()
    assert len(maps.digest) == 64


def test_all_mistakes_come_at_once_in_order(installation: Installation) -> None:
    for old, new in (
        ("card/@company", "card/@compny"),
        ("convert: card_number", "convert: card_nummer"),
        ("birth_date:", "birth_day:"),
        ('"@status": tier', '"@status": teer'),
        ("$each: names", "$each: nams"),
    ):
        installation.replace(MAP, old, new)
    found = problems_of(installation)
    assert [problem.line for problem in found] == [6, 7, 8, 19, 20]
    assert all("did you mean" in problem.text for problem in found)


def test_the_reply_needs_an_error_element_unless_there_are_no_errors(installation: Installation) -> None:
    installation.replace(
        "schemas/own/report.reply.xsd", '<xs:element name="error">', '<xs:element name="fault">'
    )
    assert {problem.code for problem in problems_of(installation)} == {"path_unknown"}


def test_elements_of_the_reply_keep_the_schemas_order(installation: Installation) -> None:
    card = '    card: {"@status": tier, .: $request card}\n'
    installation.replace(MAP, card, "")
    path = installation.mappings / "own" / "report.yaml"
    path.write_text(path.read_text(encoding="utf-8") + card, encoding="utf-8")
    assert [problem.code for problem in problems_of(installation)] == ["path_order"]


def test_a_kind_needs_a_map_and_a_map_a_reply(installation: Installation) -> None:
    path = installation.mappings / "own" / "report.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("reply:")], encoding="utf-8")
    assert [problem.code for problem in problems_of(installation)] == ["reply_missing"]
    path.unlink()
    assert [problem.code for problem in problems_of(installation)] == ["kind_without_map"]


def test_a_message_has_one_map(installation: Installation) -> None:
    text = (installation.mappings / "own" / "report.yaml").read_text(encoding="utf-8")
    installation.write("mappings/own/again.yaml", text)
    assert "map_twice" in {problem.code for problem in problems_of(installation)}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("  card_unknown:", "  card_unknwon:", "table_incomplete"),
        ("{code: 3,", "{code: three,", "map_shape"),
        ("{code: 3,", "{cod: 3,", "map_word_missing"),
        ("table: ffp_codes", "table: codes", "table_name"),
        ("holds: code and message", "holds: codes", "map_word_unknown"),
    ],
)
def test_tables_are_checked(installation: Installation, old: str, new: str, code: str) -> None:
    installation.replace("mappings/tables/ffp_codes.yaml", old, new)
    assert code in {problem.code for problem in problems_of(installation)}


def test_a_tables_key_has_one_spelling(installation: Installation) -> None:
    installation.replace("mappings/tables/airlines.yaml", "  ЮТ: UT", "  ЮТ: UT\n  ＵＴ: UT")
    assert [problem.code for problem in problems_of(installation)] == ["table_key"]


def test_a_file_that_is_no_yaml_is_named(installation: Installation) -> None:
    installation.write("mappings/own/broken.yaml", "message: [\n")
    (problem,) = problems_of(installation)
    assert Path(problem.file).name == "broken.yaml"


def test_a_file_in_another_encoding_is_named_with_the_place(installation: Installation) -> None:
    path = installation.write("mappings/own/foreign.yaml", "message: report\n")
    path.write_bytes("message: report\n# отчёт\n".encode("cp1251"))
    (problem,) = problems_of(installation)
    assert (Path(problem.file).name, problem.line, problem.column) == ("foreign.yaml", 2, 3)
