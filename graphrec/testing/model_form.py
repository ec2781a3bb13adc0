"""How a model presents itself: names, settings, and a constructor that allocates and does nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import pytest
import torch
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from graphrec.errors import NotFoundError
from graphrec.graph.projection import TEXT, list_type
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Needs
from graphrec.models.registry import describe_settings, read_settings
from graphrec.serving.published import BESIDE
from graphrec.settings import Settings
from graphrec.tasks.registry import task_names
from graphrec.testing.model_under_test import ModelUnderTest, ModelWorld
from graphrec.training.seeding import seed_everything


class FormChecks(ModelUnderTest):
    """Checks of what a model says of itself and of its constructor."""

    def test_it_tells_what_it_is(self) -> None:
        kind = self.kind
        assert re.fullmatch("[a-z][a-z0-9_]*", kind.name), "its name also names a node property: letters, digits and _"
        assert not kind.name.endswith(BESIDE), "such names are used while a run is published"
        assert kind.title, "a title is for lists"
        assert "\n" not in kind.title, "a title is one line"
        assert not kind.title.endswith("."), "a title is no sentence"
        assert (kind.__doc__ or "").strip(), "its docstring says what is computed, and where the paper leaves a choice"
        assert "\n" not in kind.paper, "a paper is cited in one line"
        assert re.fullmatch(r"(10\.\d{4,9}/\S+)?", kind.doi), "a DOI begins with 10., without https://doi.org/"
        assert kind.paper or not kind.doi, "a DOI is that of the paper"

    def test_its_tasks_and_needs_exist(self) -> None:
        assert self.kind.tasks, "there is something to ask it"
        assert set(self.kind.tasks) <= set(task_names())
        assert isinstance(self.kind.needs, Needs)
        for name in self.kind.needs.lists:
            assert name == TEXT or list_type(name)
        for name in self.kind.needs.fields:
            assert re.fullmatch(r"\w+\.\w+", name)

    def test_its_defaults_are_options_of_training(self) -> None:
        assert set(self.kind.defaults) <= set(TrainOptions.model_fields)
        TrainOptions.model_validate(dict(self.kind.defaults))

    def test_what_is_tuned_is_a_setting(self) -> None:
        assert set(self.kind.tuned) <= {*self.kind.Settings.model_fields, *TrainOptions.model_fields}

    def test_settings_have_defaults_and_are_explained(self) -> None:
        assert issubclass(self.kind.Settings, Settings)
        self.kind.Settings()
        assert (self.kind.Settings.__doc__ or "").strip()
        for setting in describe_settings(self.kind.Settings):
            assert setting.doc.strip(), f"{setting.name} has no docstring"

    def test_settings_are_bounded(self) -> None:
        """No number may be anything: each has bounds, and what lies outside of them is refused."""
        for name, field in self.kind.Settings.model_fields.items():
            for wrong in _impossible(name, field):
                with pytest.raises(ValidationError):
                    self.kind.Settings.model_validate({**self.settings, name: wrong})

    def test_a_setting_that_is_none_is_refused(self) -> None:
        with pytest.raises(NotFoundError, match="no_such_setting"):
            read_settings(self.kind.Settings, {"no_such_setting": 1})
        with pytest.raises(ValidationError):
            self.kind.Settings.model_validate({"no_such_setting": 1})

    def test_its_settings_can_be_read_again(self, world: ModelWorld) -> None:
        """A run keeps those of the model, and is loaded by them."""
        settings = self.kind.Settings.model_validate(dict(self.settings))
        model = self.kind(world.data.shape, settings)
        assert self.kind.Settings.model_validate(model.settings.model_dump(mode="json")) == settings

    def test_it_is_made_of_sizes_alone(self, world: ModelWorld) -> None:
        """The same seed makes the same model, and nothing but torch's generator has moved."""
        before = _globals()
        settings = self.kind.Settings.model_validate(dict(self.settings))
        models = []
        for _ in range(2):
            seed_everything(5)
            models.append(self.kind(world.data.shape, settings))
        assert _globals() == before, "making a model leaves what is global alone"
        states = [model.state_dict() for model in models]
        assert list(states[0]) == list(states[1])
        for name, tensor in states[0].items():
            assert torch.equal(tensor, states[1][name]), f"{name} differs for the same seed"
            assert torch.isfinite(tensor.float()).all(), f"{name} is not finite from the start"

    def test_what_is_kept_is_its_own(self, world: ModelWorld) -> None:
        """Views that ``attach`` takes are not saved: the tensors of a run are those that were allocated."""
        kept = {name: tensor.shape for name, tensor in self.made(world.data).state_dict().items()}
        alone = self.kind(world.data.shape, self.kind.Settings.model_validate(dict(self.settings)))
        assert kept == {name: tensor.shape for name, tensor in alone.state_dict().items()}


def _impossible(name: str, field: FieldInfo) -> Iterator[Any]:
    """Yield values that a setting must refuse; assert that its type says what it takes."""
    annotation: Any = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is Literal:
        yield "no such choice"
        return
    if annotation is bool:
        yield "perhaps"
        return
    if annotation is str or not field.repr:
        yield 7
        return
    assert annotation in (int, float), f"{name} is a number, a text, true or false, or a choice (Literal)"
    low = next((one for one in field.metadata if isinstance(one, Ge | Gt)), None)
    assert low is not None, f"{name} has no least value: Field(.., ge=..)"
    step = 1 if annotation is int else 1e-3
    yield low.ge - step if isinstance(low, Ge) else low.gt  # type: ignore[operator]
    high = next((one for one in field.metadata if isinstance(one, Le | Lt)), None)
    if high is not None:
        yield high.le + step if isinstance(high, Le) else high.lt  # type: ignore[operator]
    if annotation is float:
        yield from (float("inf"), float("nan"))


def _globals() -> dict[str, object]:
    """Return what a constructor has no business with, in a form that can be compared."""
    return {
        "numpy": repr(np.random.get_state()),  # noqa: NPY002
        "random": random.getstate(),
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "gradients": torch.is_grad_enabled(),
    }
