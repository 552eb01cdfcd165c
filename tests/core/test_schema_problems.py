"""Validation errors become problems with place, path and suggestion."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Discriminator, Field, ValidationError

from loyalty_core.located_yaml import load, problems_of, suggestion


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Circle(Strict):
    shape: Literal["circle"]
    radius: Annotated[int, Field(ge=1)]
    colour: Literal["red", "green"] = "red"


class Square(Strict):
    shape: Literal["square"]
    side: float


class Drawing(Strict):
    title: str = ""
    shapes: list[Annotated[Circle | Square, Discriminator("shape")]] = []
    named: dict[str, Circle] = {}
    numbered: dict[int, Circle] = {}
    best: Circle | None = None
    tags: Annotated[list[str], Field(min_length=1)] = ["x"]


def told(text: str) -> list[str]:
    located = load(text, "drawing.yaml")
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate(located.value)
    return [str(p) for p in problems_of(caught.value.errors(), located, Drawing.model_json_schema())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel: a", '1:1: titel: unknown setting (did you mean "title"?)'),
        (
            "zzz: a",
            "1:1: zzz: unknown setting (one of: best, named, numbered, shapes, tags, title)",
        ),
        ("title: 7", "1:8: title: should be a string, not 7"),
        ("title: [7]", "1:8: title: should be a string, not a list"),
        ("shapes: 1", "1:9: shapes: should be a list, not 1"),
        (
            "shapes: [{shape: circle, radius: 2}, {shape: circle, raduis: 2, radius: 0}]",
            "1:54: shapes[1].raduis: unknown setting",
        ),
        (
            "shapes: [{shape: circle, radius: 0}]",
            "1:34: shapes[0].radius: should be greater than or equal to 1, not 0",
        ),
        (
            "shapes: [{shape: cirkle}]",
            '1:18: shapes[0].shape: "cirkle" is not known here (did you mean "circle"?)',
        ),
        ("shapes: [{radius: 1}]", '1:10: shapes[0]: "shape" is missing here'),
        ("shapes: [{shape: square}]", '1:10: shapes[0]: "side" is missing here'),
        ("named: {a: {shape: circle}}", '1:9: named.a: "radius" is missing here'),
        ("named: {a: {shape: circle, rdius: 1}}", 'named.a.rdius: unknown setting (did you mean "radius"?)'),
        (
            "numbered: {7: {shape: circle, rdius: 1}}",
            'numbered.7.rdius: unknown setting (did you mean "radius"?)',
        ),
        ("numbered: {x: {shape: circle, radius: 1}}", '1:12: numbered.x: should be a whole number, not "x"'),
        ("best: {shape: circle, rdius: 1}", '1:23: best.rdius: unknown setting (did you mean "radius"?)'),
        (
            "best: {shape: circle, radius: 1, colour: grean}",
            '1:42: best.colour: "grean" is not known here (did you mean "green"?)',
        ),
        (
            "best: {shape: circle, radius: 1, colour: NO}",
            '1:42: best.colour: "NO" is not known here (one of: red, green)',
        ),
        ("tags: []", "1:7: tags: should not be empty"),
        ("[]", "1:1: should be a mapping (key: value), not a list"),
    ],
)
def test_each_error_has_place_path_and_words(text: str, expected: str) -> None:
    assert any(expected in line for line in told(text)), told(text)


def test_all_are_told_in_the_order_of_the_file() -> None:
    lines = told("named:\n  a: {shape: circle}\ntitle: 1\nbest: 2\nx: 3\n")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5"]


def test_a_taken_name_is_not_suggested_again() -> None:
    assert told("title: a\ntitel: b\n") == [
        "drawing.yaml:2:1: titel: unknown setting (one of: best, named, numbered, shapes, tags)"
    ]


def test_long_values_are_cut() -> None:
    assert len(told(f"best: {'x' * 500}")[0]) < 200


def test_suggestions() -> None:
    assert suggestion("BATCH_MAX", ["batch_max", "queue_max"]) == ' (did you mean "batch_max"?)'
    assert suggestion("zzz", ["batch_max"]) == ""
    assert suggestion("zzz", ["b", "a"], offer=True) == " (one of: a, b)"
    assert suggestion("zzz", [], offer=True) == ""
    assert suggestion("zzz", range(13), offer=True) == ""
