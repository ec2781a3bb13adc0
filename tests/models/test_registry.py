from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.models import registry
from graphrec.models.popularity import Popularity
from graphrec.models.transgrec import TransGRec
from graphrec.models.transgrec_settings import TransGRecSettings


def read(given: dict[str, str]) -> TransGRecSettings:
    found: TransGRecSettings = registry.read_settings(TransGRecSettings, given, "setting of transgrec")
    return found


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = [
        EntryPoint("popularity", "graphrec.models.popularity:Popularity", registry.GROUP),
        EntryPoint("transgrec", "graphrec.models.transgrec:TransGRec", registry.GROUP),
        EntryPoint("broken", "no.such.module:Model", registry.GROUP),
        EntryPoint("other", "graphrec.models.base:Settings", registry.GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    for known in (registry.models, registry.model):
        known.cache_clear()
    yield
    # Other tests need the models that there are.
    for known in (registry.models, registry.model):
        known.cache_clear()


def test_broken_plugins_only_warn() -> None:
    with pytest.warns(UserWarning, match="is left out") as caught:
        assert dict(registry.models()) == {"popularity": Popularity, "transgrec": TransGRec}
    messages = [str(w.message) for w in caught]
    assert "model 'broken' is left out: No module named 'no'" in messages
    assert any("'other' is left out" in m and "not a subclass" in m for m in messages)


@pytest.mark.parametrize(("name", "told"), [("broken", "No module named 'no'"), ("other", "not a subclass")])
def test_a_broken_plugin_that_is_asked_for_is_told(name: str, told: str) -> None:
    with pytest.raises(NotFoundError, match=f"the model '{name}' cannot be used: .*{told}"):
        registry.model(name)


def test_one_model_is_had_without_the_others() -> None:
    # The broken ones would warn, and a warning is an error here.
    assert registry.model("popularity") is Popularity


class TestNames:
    def test_unknown_model(self) -> None:
        with pytest.raises(NotFoundError, match="did you mean 'transgrec'"):
            registry.model("transgreq")

    def test_every_setting_is_described(self) -> None:
        settings = {s.name: s for s in registry.describe("transgrec")}
        assert list(settings) == list(TransGRecSettings.model_fields)
        assert all(s.doc for s in settings.values())
        assert (settings["layers"].type, settings["layers"].range) == ("a whole number", "≥ 0 and ≤ 3")
        assert settings["activation"].type == "relu | none"

    def test_strings_are_read(self) -> None:
        given = {"layers": "3", "detach": "false", "l2": "1e-2", "activation": "relu"}
        assert read(given) == TransGRecSettings(
            layers=3, detach=False, l2=0.01, activation="relu"
        )

    def test_preset_is_overruled(self) -> None:
        settings = read({"preset": "printed", "l2": "0.5"})
        assert isinstance(settings, TransGRecSettings)
        assert (settings.activation, settings.transform, settings.l2) == ("relu", True, 0.5)

    def test_unknown_setting(self) -> None:
        with pytest.raises(
            NotFoundError, match="no setting of transgrec named 'layer'; did you mean 'layers'"
        ):
            read({"layer": "2"})

    @pytest.mark.parametrize(
        ("key", "value", "allowed"),
        [
            ("layers", "4", "≥ 0 and ≤ 3"),
            ("l2", "much", "a number"),
            ("transfer", "x", "euclidean | adversarial"),
        ],
    )
    def test_impossible_value(self, key: str, value: str, allowed: str) -> None:
        with pytest.raises(ConfigError) as caught:
            read({key: value})
        assert f"{key}='{value}' is not possible; it takes" in str(caught.value)
        assert allowed in str(caught.value)
        assert "\n" not in str(caught.value)
