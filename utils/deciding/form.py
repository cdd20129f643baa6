"""The framework as a form for a live notebook (ipywidgets 7.7 and 8): every answer changed decides again."""

from IPython.display import Markdown, display
from ipywidgets import Accordion, Dropdown, Layout, Text, VBox, Widget, interactive_output

from utils.deciding.recommendation import recommend
from utils.deciding.scenario import FIELDS, Choice, Scenario
from utils.deciding.typed_numbers import typed_number

FIRST = ("change_frequency", "citations", "factual_accuracy", "style", "primary_constraint")


def form() -> VBox:
    """The form, to be shown by ``display``: the four questions open, all others folded, the page of the answer below.

    Nothing is known at first. What is typed wrongly is told in place of the answer.
    """
    controls = {name: control(name) for name in FIELDS}
    rest = Accordion([VBox([controls[name] for name in FIELDS if name not in FIRST])])
    rest.set_title(0, "Everything else that may be known")
    rest.selected_index = None
    return VBox([*(controls[name] for name in FIRST), rest, interactive_output(decide, controls)])


def control(name: str) -> Widget:
    """The control for one field: a list for choices and switches, a line to type in for numbers."""
    kind, question = FIELDS[name]
    look = {"description": question, "style": {"description_width": "60%"}, "layout": Layout(width="98%")}
    if issubclass(kind, Choice):
        return Dropdown(options=[(value.label, value.value) for value in kind], value="unknown", **look)
    if kind is bool:
        return Dropdown(options=[("yes", True), ("no", False), ("not known", "unknown")], value="unknown", **look)
    return Text(value="", placeholder="not known", continuous_update=False, **look)


def decide(**answers) -> None:
    """Show the page for what stands in the controls, or what is wrong with it."""
    try:
        page = recommend(scenario(answers)).markdown()
    except ValueError as problem:
        print(problem)
    else:
        display(Markdown(page))


def scenario(answers: dict) -> Scenario:
    """The scenario for what stands in the controls; ValueError, naming the field, for a number that is none."""
    inputs = dict(answers)
    for name, (kind, _) in FIELDS.items():
        if kind in (int, float) and isinstance(inputs.get(name), str):
            inputs[name] = _number(name, inputs[name])
    return Scenario.from_mapping(inputs)


def _number(name: str, typed: str) -> float | None:
    try:
        return typed_number(typed, whole=FIELDS[name].kind is int) if typed.strip() else None
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}, so type a number such as 250 or 0.5, or leave it empty.") from None
