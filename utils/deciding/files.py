"""A case from a file of YAML or JSON."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import yaml

from utils.deciding.scenario import Scenario

_WHOLE = r"[-+]?(?:0|[1-9][0-9]*)"
_NUMBERS = {"int": _WHOLE, "float": rf"{_WHOLE}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"}


def read(path: Path) -> Scenario:
    """A scenario from a file; ValueError, naming what is wrong, if it holds none."""
    try:
        answers = _parsed(path, path.read_text(encoding="utf-8-sig"))
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply: give a mapping of fields to values.") from None
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise ValueError(f"{path} cannot be read: {problem}") from None
    for name, value in answers.items() if isinstance(answers, dict) else ():
        if isinstance(value, list | dict):
            raise ValueError(f"{name} is a {type(value).__name__}: give one value.")
    return Scenario.from_mapping(answers)


def _parsed(path: Path, text: str):
    """What is in a text of JSON, or else of YAML, which has no tabs."""
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError:
        if path.suffix == ".json":
            raise
    return yaml.load(text.expandtabs(), Loader=_Loader)


def _once_each(pairs: Iterable[tuple]) -> dict:
    pairs = list(pairs)
    _check_once_each(name for name, _ in pairs)
    return dict(pairs)


def _check_once_each(names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} stands there twice, so keep one of them.")


class _Loader(yaml.SafeLoader):
    """YAML with every key once and the numbers of JSON: PyYAML reads "010" as 8, "1:30" as 90 and "1e3" as a word."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the name and the kind are PyYAML's)
        first: [pair for pair in pairs if pair[0].rpartition(":")[2] not in ("int", "float", "timestamp")]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node, deep=False):
        if isinstance(node, yaml.MappingNode):
            _check_once_each(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        return super().construct_mapping(node, deep)


for _kind, _pattern in _NUMBERS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"{_pattern}$"), list("-+0123456789"))
