"""One case tried out: an example that its programme holds, or a case that somebody wrote in the same words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ... import located_yaml
from ...errors import InputError
from ..evaluation import Evaluation
from ..shapes.programme import ExampleGivenShape, ExampleShape
from ..sources import Reader, Sources
from .checking import mistakes
from .worked import compile_examples

if TYPE_CHECKING:
    from ...programme import Programme
    from .worked import Example


@dataclass(frozen=True, slots=True)
class Trial:
    """``wrong``: what came out otherwise than the example says. ``evaluation``: of an example of a coupon."""

    name: str
    rule: str
    wrong: tuple[str, ...]
    evaluation: Evaluation | None


def try_examples(programme: "Programme") -> list[Trial]:
    """Each of the programme's examples."""
    return [
        Trial(
            example.name,
            example.rule,
            tuple(mistakes(programme, example)),
            None
            if example.facts is None or example.happened
            else programme.evaluate(example.facts, example.standing),
        )
        for example in programme.examples
    ]


def try_case(programme: "Programme", text: str, file: str) -> Evaluation:
    """What one case earns: JSON (or YAML) of the words of ``given`` in examples. Raises InputError with each mistake at
    its place."""
    located = located_yaml.load(text, file)
    try:
        shape = ExampleGivenShape.model_validate(located.value)
    except ValidationError as error:
        schema = ExampleGivenShape.model_json_schema()
        raise InputError(located_yaml.problems_of(error.errors(), located, schema)) from None
    reader = Reader(_as_given(located))
    tiers = list(dict.fromkeys(tier.name for version in programme.versions for tier in version.tiers))
    model = ExampleShape(name="case", given=shape, expect={"reason": ""})
    made: tuple[Example, ...] = compile_examples([model], (), reader, programme.units, tiers)
    if reader.problems:
        raise InputError(reader.problems)
    facts = made[0].facts
    assert facts is not None
    return programme.evaluate(facts, made[0].standing)


def _as_given(located: located_yaml.Located) -> Sources:
    """The same places as if the whole were the ``given`` of the first example."""

    def below(places: Any) -> dict[located_yaml.Path, tuple[int, int]]:
        return {(0, "given", *path): place for path, place in places.items()}

    return _Case({}, located.file, below(located._values), below(located._keys))


class _Case(Sources):
    """A case whose own words are named without what was put before them."""

    def name(self, path: located_yaml.Path) -> str:
        return Sources.name(self, path[2:])
