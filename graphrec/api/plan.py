"""What to train, on which part of the graph, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from graphrec.errors import ConfigError, unknown
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.models.registry import model as model_class
from graphrec.models.registry import read_settings
from graphrec.tasks.base import Task
from graphrec.tasks.registry import task_class


@dataclass(frozen=True)
class Plan:
    """What to train, on which part of the graph.

    Attributes:
        model: name of the model.
        given: settings of model and task and options of training by name; strings are converted, None is left out.
        split: name of the split; None for what the data say.
        fold: which fold, for splits that have folds.
        projection: name of the projection; None for what the data hold.
        where: conditions on the relationships, such as ``"rating>=4"``.
        features: names of the feature matrices; None for all that the model reads.
        task: name of the task; None for the model's usual one.
        folds: how many folds a split has that has folds.
        also: names of further projections to learn from and to be tested on, for a model that takes several; each is
            split as the data say, and an early stop looks at the first only.
        at: the moment of the split ``temporal-cut``, which is meant where none is named: a date, or a share of the
            records by time.
        baselines: whether popularity, chance and, by features, content kNN are measured on the same test cases.
    """

    model: str
    given: Mapping[str, Any]
    split: str | None = None
    fold: int = 0
    projection: str | None = None
    where: Sequence[str] = ()
    features: Sequence[str] | None = None
    task: str | None = None
    folds: int = 5
    also: Sequence[str] = ()
    at: str | None = None
    baselines: bool = True

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Plan:
        """Return the plan that ``values``, such as those of a run's config.toml, ask for.

        What is no attribute of a plan is a setting. Raises ``ConfigError`` for a value of the wrong type.
        """
        own = {field.name for field in fields(cls)} - {"given"}
        settings = {key: value for key, value in values.items() if key not in own}
        try:
            return TypeAdapter(cls).validate_python(
                {"given": settings, **{key: value for key, value in values.items() if key in own}}
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return what ``of`` turns into this plan again; what is None is left out."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "given"}
        return {key: value for key, value in {**own, **self.given}.items() if value is not None}


@dataclass(frozen=True)
class Given:
    """What a plan's ``given`` comes to.

    Attributes:
        kind: the model.
        task: the task.
        settings: of the model.
        options: of training.
        asked: what is said of the task.
    """

    kind: type[Model[Any]]
    task: type[Task[Any]]
    settings: Any
    options: TrainOptions
    asked: Mapping[str, Any]


def read_given(plan: Plan) -> Given:
    """Return the settings and options that ``plan`` asks for.

    Raises ``NotFoundError`` for an unknown model, task or setting, ``ConfigError`` for a task that the model is not
    for, and a value that a setting cannot take.
    """
    kind = model_class(plan.model)
    task = task_class(plan.task or kind.tasks[0])
    if task.name not in kind.tasks:
        raise ConfigError(f"{kind.name} cannot be trained for {task.name}; it is for {', '.join(kind.tasks)}")
    own, options, of_task = kind.Settings.model_fields, TrainOptions.model_fields, task.model_fields
    for key in plan.given:
        if key not in own and key not in options and key not in of_task:
            # `positive` and `value` have flags of their own, --where and --value.
            known = [*own, *options, *(set(of_task) - {"positive", "value"})]
            raise unknown(f"setting of {plan.model}", key, known)
    settings = {key: value for key, value in plan.given.items() if key in own}
    # A name that both have, as `seed` of the model random, is meant for both.
    rest = {key: value for key, value in plan.given.items() if key in options}
    asked = {key: value for key, value in plan.given.items() if key not in own and key not in options}
    return Given(
        kind,
        task,
        read_settings(kind.Settings, settings, f"setting of {plan.model}"),
        read_settings(TrainOptions, {**kind.defaults, **rest}, "option of training"),
        asked,
    )
