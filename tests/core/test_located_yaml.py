"""The YAML reader: YAML 1.2 scalars, places of values and keys, and everything it refuses."""

import pytest

from loyalty_core import located_yaml
from loyalty_core.errors import InputError
from loyalty_core.located_yaml import load


def problems(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(InputError) as caught:
        load(text, "some.yaml")
    assert all(problem.file == "some.yaml" for problem in caught.value.problems)
    return [(problem.code, problem.line, problem.column) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("012", "012"),
        ("00", "00"),
        ("2026-08-20", "2026-08-20"),
        ("1_000", "1_000"),
        ("1E5", "1E5"),
        ("٥", "٥"),
        ("0", 0),
        ("-7", -7),
        ("2986145372512", 2986145372512),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.5e3", 1500.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'7'", "7"),
        ('"true"', "true"),
        ("!!str 7", "7"),
        ("ЮТ", "ЮТ"),
    ],
)
def test_scalars_follow_yaml_1_2(written: str, read: object) -> None:
    value = load(f"a: {written}\n", "some.yaml").value["a"]
    assert value == read
    assert type(value) is type(read)


def test_every_value_and_key_has_its_place() -> None:
    text = "a: 1\nbox:\n  4242: {x: y}\n  список:\n    - q: 1\n    -   r\n"
    located = load(text, "some.yaml")
    assert located.value == {"a": 1, "box": {4242: {"x": "y"}, "список": [{"q": 1}, "r"]}}
    assert located.file == "some.yaml"
    assert located.place(()) == (1, 1)
    assert located.place(("a",)) == (1, 4)
    assert located.place(("a",), key=True) == (1, 1)
    assert located.place(("box", 4242, "x")) == (3, 13)
    assert located.place(("box", 4242, "x"), key=True) == (3, 10)
    assert located.place(("box", "список", 0, "q")) == (5, 10)
    assert located.place(("box", "список", 1)) == (6, 9)
    assert located.place(("box", "список", 1), key=True) == (6, 9)


def test_a_missing_path_has_the_place_of_its_nearest_parent() -> None:
    located = load("a: 1\nbox:\n  x: {}\n", "some.yaml")
    assert located.place(("box", "x", "y", "z")) == (3, 6)
    assert located.place(("box", "x", "y"), key=True) == (3, 3)
    assert located.place(("nothing",)) == (1, 1)


def test_names_of_paths_tell_list_positions_from_numeric_keys() -> None:
    located = load("clients:\n  4242:\n    - a\n", "some.yaml")
    problem = located.problem("some_code", "some text", ("clients", 4242, 0))
    assert str(problem) == "some.yaml:3:7: clients.4242[0]: some text"


def test_an_empty_document_is_nothing() -> None:
    assert load("# only talk\n", "some.yaml").value is None


def test_duplicate_keys_aliases_anchors_tags_and_odd_keys_are_all_reported_at_once() -> None:
    text = "a: 1\na: 2\nb: &x [1]\nc: *x\nd: !!int 7\ntrue: 1\ne: {f: 1, f: 2}\n"
    assert problems(text) == [
        ("yaml_duplicate_key", 2, 1),
        ("yaml_anchor", 3, 4),
        ("yaml_alias", 4, 4),
        ("yaml_tag", 5, 4),
        ("yaml_key", 6, 1),
        ("yaml_duplicate_key", 7, 11),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\nb: 3\n", ("yaml_syntax", 2, 2)),
        ("a: 1\n\tb: 2\n", ("yaml_syntax", 2, 1)),
        ("a: b: c\n", ("yaml_syntax", 1, 5)),
        ("ключ: ok\nb: \x07\n", ("yaml_syntax", 2, 4)),
        ("a: 1\n---\nb: 2\n", ("yaml_documents", 2, 1)),
        ("? [1]\n: 2\n", ("yaml_key", 1, 3)),
        ("*a : 1\n", ("yaml_key", 1, 1)),
        (f"a: {'9' * 31}\n", ("yaml_number", 1, 4)),
    ],
)
def test_unreadable_text_is_refused_with_its_place(text: str, expected: tuple[str, int, int]) -> None:
    assert problems(text)[-1] == expected


def test_depth_is_limited() -> None:
    deepest = located_yaml.DEPTH_MAX
    load("[" * deepest + "]" * deepest, "some.yaml")
    assert problems("[" * (deepest + 1)) == [("file_too_deep", 1, deepest + 1)]


def test_number_of_values_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(located_yaml, "NODES_MAX", 5)
    load("[1, 2, 3, 4]", "some.yaml")
    assert problems("[1, 2, 3, 4, 5]") == [("file_too_large", 1, 14)]


def test_length_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(located_yaml, "CHARACTERS_MAX", 10)
    load("a: 1234567", "some.yaml")
    assert problems("a: 12345678") == [("file_too_long", 1, 1)]


def test_a_bomb_of_aliases_is_refused_without_growing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert {code for code, _, _ in problems("\n".join(lines))} == {"yaml_anchor", "yaml_alias"}
