"""Every learner keeps the contract, and gradients of two processes are those of one."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from graphrec.errors import TrainingError
from graphrec.learning.alternating import Alternating
from graphrec.learning.descent import Descent
from graphrec.learning.gibbs import Gibbs
from graphrec.learning.once import Once
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.options import TrainOptions
from graphrec.learning.pointwise import Pointwise
from graphrec.learning.run import RunContext
from graphrec.learning.sequential import Sequential
from graphrec.learning.table import Table
from graphrec.testing.learner_contract import LearnerContract
from graphrec.testing.training_data import data_of

USERS, ITEMS = 12, 9


def ratings():
    user, item = np.divmod(np.arange(0, USERS * ITEMS, 2), ITEMS)
    return data_of(user, item, USERS, ITEMS, rating=(user * item) % 5)


class Factors(nn.Module):
    """Two tables, whose inner products are ratings."""

    def __init__(self, sparse=False):
        super().__init__()
        self.users, self.items = Table(USERS, 3, sparse=sparse), Table(ITEMS, 3, sparse=sparse)

    def loss(self, phase, batch):
        told = (self.users(batch.users) * self.items(batch.items)).sum(1)
        return (told - batch.values).square().mean()


def run(**options):
    return RunContext(TrainOptions(**{"batch_size": 13, "epochs": 3, "device": "cpu", **options}))


def descent(model, phases, **options):
    context = run(**options)
    feed = Pointwise(ratings(), "rating", context.options, context.generator())
    return model, Descent(model, model.loss, feed, phases, context)


class TestDescent(LearnerContract):
    def learner(self):
        model = Factors()
        phases = [Phase("both", (model.users.move, model.items.move)), Phase.of("items", [model.items.weight], "sgd")]
        return descent(model, phases, schedule="cosine", warmup=0.2)


class TestSparseDescent(LearnerContract):
    @pytest.fixture(autouse=True)
    def _sparse(self, recwarn):
        """Torch says once that nobody checks its sparse tensors."""

    def learner(self):
        model = Factors(sparse=True)
        moves = (Move([model.users.weight], "sparse_adam"), Move([model.items.weight], "rowwise_adagrad", rate=10))
        return descent(model, [Phase("both", moves)])


class TestOnce(LearnerContract):
    def learner(self):
        model = nn.Linear(2, 1, bias=False)
        x, y = torch.tensor([[1.0, 0], [0, 2], [0, 0]]), torch.tensor([[1.0], [2], [2]])

        def fit():
            model.weight.copy_((x.T @ y / x.square().sum(0)[:, None]).T)

        return model, Once(fit, len(x))

    def test_it_is_right(self):
        model, learner = self.learner()
        learner.epoch(1, lambda done, steps: None)
        torch.testing.assert_close(model.weight.data, torch.tensor([[1.0, 1.0]]))


class TestAlternating(LearnerContract):
    """The nearest product of two vectors to a matrix: each side has a closed form while the other stands."""

    matrix = torch.outer(torch.tensor([1.0, 2, 3]), torch.tensor([2.0, 0, 1, 1]))

    def learner(self):
        model = nn.Module()
        model.left, model.right = nn.Parameter(torch.rand(3)), nn.Parameter(torch.rand(4))

        def solve(own, other, matrix):
            before = own.clone()
            own.copy_(matrix @ other / (other @ other))
            return float((own - before).square().mean().sqrt())

        sides = [
            ("left", partial(solve, model.left, model.right, self.matrix)),
            ("right", partial(solve, model.right, model.left, self.matrix.T)),
        ]
        return model, Alternating(sides, 12, run(epochs=4))

    def test_it_is_right(self):
        model, learner = self.learner()
        for number in range(1, 5):
            told = learner.epoch(number, lambda done, steps: None)
        assert list(told) == ["change of left", "change of right"]
        assert max(told.values()) < 1e-5
        torch.testing.assert_close(torch.outer(model.left, model.right).detach(), self.matrix)


class TestSequential(LearnerContract):
    """A mean, by a step towards each number; the seed shakes every one."""

    numbers = torch.arange(20.0)

    def learner(self, rate=0.05):
        model = nn.Module()
        model.mean = nn.Parameter(torch.zeros(()))

        def sweep(rows, rate, seed):
            generator, loss = torch.Generator().manual_seed(seed), 0.0
            with torch.no_grad():
                for number in self.numbers[rows] + torch.randn(len(rows), generator=generator) / 100:
                    loss += float((number - model.mean.detach()) ** 2)
                    model.mean += rate * (number - model.mean)
            return loss

        return model, Sequential("square", sweep, 20, run(epochs=3, learning_rate=rate), part=6)

    def test_it_is_right(self):
        model, learner = self.learner(rate=0.01)
        losses = [learner.epoch(number, lambda done, steps: None)["square"] for number in range(1, 60)]
        assert float(model.mean.detach()) == pytest.approx(9.5, abs=1)
        assert losses[-1] == pytest.approx(float(self.numbers.var(correction=0)), rel=0.1)

    def test_a_loss_that_is_not_finite_is_told(self):
        with pytest.raises(TrainingError, match="the loss of 'square' is not finite in epoch"):
            _, learner = self.learner(rate=1e20)
            for number in range(1, 9):
                learner.epoch(number, lambda done, steps: None)


class TestGibbs(LearnerContract):
    """The mean and precision of a normal, with conjugate priors that say next to nothing."""

    drawn = torch.randn(50, generator=torch.Generator().manual_seed(3)) * 2 + 7

    def learner(self, epochs=3, burn_in=1):
        model = nn.Module()
        for name in ("mean", "precision", "kept", "kept_squares"):
            model.register_buffer(name, torch.ones(()))

        def draw(generator):
            count, x = len(self.drawn), self.drawn
            spread = (model.precision * count + 1e-6).rsqrt()
            mean = model.precision * x.sum() * spread**2
            model.mean.copy_(mean + spread * torch.randn((), generator=generator))
            rate = ((x - model.mean) ** 2).sum() / 2 + 1e-6
            # A gamma of half a whole number: half the squares of so many normals.
            model.precision.copy_(torch.randn(count, generator=generator).square().sum() / 2 / rate)
            return {"mean": float(model.mean)}

        def keep():
            model.kept += model.mean
            model.kept_squares += model.mean**2

        return model, Gibbs(draw, keep, len(self.drawn), run(epochs=epochs), burn_in)

    def test_it_is_right(self):
        model, learner = self.learner(2_020, burn_in=20)
        assert not learner.stops_early
        for number in range(1, learner.epochs + 1):
            learner.epoch(number, lambda done, steps: None)
        mean = (model.kept - 1) / 2_000
        spread = ((model.kept_squares - 1) / 2_000 - mean**2).sqrt()
        error = self.drawn.std() / 50**0.5
        # A t of 49 degrees of freedom around the mean; what is left is chance.
        assert float(mean) == pytest.approx(float(self.drawn.mean()), abs=4 * float(error) / 2_000**0.5)
        assert float(spread) == pytest.approx(float(error) * (49 / 47) ** 0.5, rel=0.08)


_RANK = """
import sys
import torch
from torch import distributed
sys.path.insert(0, {folder!r})
from test_learners import Factors, Move, Phase, descent
rank, world, meeting, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
if world > 1:
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=world)
found = {{}}
for optimiser in ("adam", "sparse_adam", "rowwise_adagrad", "sgd"):
    torch.manual_seed(0)
    model = Factors(sparse=optimiser != "adam")
    moves = [Move([table.weight], optimiser) for table in (model.users, model.items)]
    _, learner = descent(model, [Phase("both", moves)], batch_size=53)
    for number in (1, 2):
        loss = learner.epoch(number, lambda done, steps: None)["both"]
    found[optimiser + "loss"] = torch.tensor(loss)
    found |= {{optimiser + key: tensor for key, tensor in model.state_dict().items()}}
torch.save(found, out + str(rank))
"""


def test_two_processes_learn_what_one_does(tmp_path):
    """Of 54 records in batches of 53 the last batch is one record: the second process has none."""
    script = _RANK.format(folder=str(Path(__file__).parent))
    meeting = (tmp_path / "meeting").as_uri()

    def start(rank, world, name):
        return subprocess.Popen(
            [sys.executable, "-c", script, str(rank), str(world), meeting, str(tmp_path / name)],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    processes = [start(0, 1, "one"), start(0, 2, "two"), start(1, 2, "two")]
    said = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    alone, *together = (torch.load(tmp_path / name) for name in ("one0", "two0", "two1"))
    for name, tensor in alone.items():
        for other in together:
            torch.testing.assert_close(other[name], tensor, rtol=1e-4, atol=1e-5)
        assert torch.equal(together[0][name], together[1][name]), "processes stay equal"
