"""HFT by hand: ratings and words in one loss, words that say what ratings do not, and words that are not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT
from graphrec.graph.records import Records
from graphrec.learning.batch import PointwiseBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.hft import HFT
from graphrec.ragged import Ints, Ragged
from graphrec.testing.training_data import attached, learned

TOPICS, USERS, OWN, SAID = 4, 40, 10, 6
"""So many tastes, users, frames that each user has commented on, and words of each comment."""
FEW: dict[str, int] = {"dimension": 3, "min_count": 1}


def commented(
    user: Ints, item: Ints, text: Ints, users: int, items: int, words: Ragged, against: Records | None = None
) -> Data:
    """Return comments of ``user`` on ``item``, int64 [E] each and users in order, whose words are in row ``text``."""
    records = replace(Records.of_pairs(user, item, users), text=text)
    known = np.bincount(item if against is None else [*item, *against.item], minlength=items) > 0
    nodes = {"User": users, "Frame": items, "Comment": len(words), "word": int(words.indices.max(initial=-1)) + 1}
    return Data(nodes, "Frame", records, known, lists={TEXT: words}, against=against)


def few(words: Ragged | None = None) -> Data:
    """Return three comments on frames 0 to 2 and one against frame 3; nobody says anything of frame 4.

    Comment 4, of which words 0 and 3 are, is on a frame that is held out. Word 3 is said once, 0 thrice, 1 twice.
    """
    lists = {0: [0, 1], 1: [0], 2: [], 3: [3, 1, 0], 4: [0, 3, 3]}
    rows = np.repeat(list(lists), [len(one) for one in lists.values()])
    said = Ragged.from_sorted(rows, np.concatenate(list(lists.values())).astype(np.int64), 5)
    bad = replace(Records.of_pairs(np.array([0]), np.array([3]), 3), text=np.array([3]))
    user, item = np.array([0, 1, 1]), np.array([0, 1, 2])
    return commented(user, item, np.array([0, 1, 2]), 3, 5, said if words is None else words, bad)


def started(data: Data, **settings: float) -> HFT:
    """Return the model as it is when it begins to learn."""
    model = attached(HFT, data, **{**FEW, "initial_std": 1.0, **settings})
    model.learner(data, RunContext(TrainOptions(negatives=2)))
    return model


def softmax(logits: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    powers: npt.NDArray[np.float64] = np.exp(logits)
    return powers / powers.sum(axis, keepdims=True)


def test_a_step_by_hand() -> None:
    """Comment 0, of words 0 and 1; comment 3, against frame 3, of words 3, 1 and 0; and frame 4, drawn for user 1."""
    model = started(few(), word_weight=0.3, l2=0.1)
    with torch.no_grad():
        model.peak.fill_(1.7)
        model.users.weight[:, -1], model.items.weight[:, -1] = torch.randn(3), torch.randn(5)
    p, q, psi = (one.detach().double().numpy() for one in (model.users.weight, model.items.weight, model.topics))
    # Of four records three are good, and with each come two items that its user has no record of.
    mean = 3 / 4 / 3
    assert model.offset.item() == pytest.approx(mean)
    # Records are in the order of users: user 0's comments 0 and 3 are the first two.
    users, items, records = torch.tensor([0, 0, 1]), torch.tensor([0, 3, 4]), torch.tensor([0, 1, -1])
    batch = PointwiseBatch(users, items, torch.tensor([1.0, 0.0, 0.0]), records, torch.zeros(3, dtype=torch.int64))
    error = sum(
        (mean + p[u, -1] + q[i, -1] + p[u, :-1] @ q[i, :-1] - r) ** 2 for u, i, r in ((0, 0, 1), (0, 3, 0), (1, 4, 0))
    )
    # Word 0 is said three times, 1 twice, 3 once; word 2 never.
    often = np.log(np.array([3, 2, 1, 0]) / 6, where=[True, True, True, False], out=np.full(4, -np.inf))
    likely = softmax(psi + often[:, None], 0)
    column = {0: 0, 1: 1, 3: 2}
    words = sum(
        -np.log(softmax(1.7 * q[i, :-1], 0) @ likely[column[w]]) for i, w in ((0, 0), (0, 1), (3, 3), (3, 1), (3, 0))
    )
    size = (p[[0, 0, 1]] ** 2).sum() + (q[[0, 3, 4]] ** 2).sum()
    assert model.loss("hft", batch).item() == pytest.approx((error + 0.3 * words + 0.1 * size) / 3, rel=1e-5)


def test_the_words_said_most_count() -> None:
    assert started(few()).vocabulary.tolist() == [0, 1, 3, -1]
    assert started(few(), min_count=2).vocabulary.tolist() == [0, 1, -1, -1]
    assert started(few(), words=1).vocabulary.tolist() == [0]
    assert HFT.notes(few(), HFT.Settings(min_count=2)) == [
        "Of 3 different words 2 count: those said most, 2 times or more."
    ]


def test_words_of_comments_held_out_change_nothing() -> None:
    other = Ragged(few().lists[TEXT].indptr, np.array([0, 1, 0, 3, 1, 0, 2, 2, 1]))
    models = [learned(HFT, few(words), {"epochs": 3}, **FEW) for words in (None, other)]
    for name, tensor in models[0].state_dict().items():
        assert torch.equal(tensor, models[1].state_dict()[name]), name


def by_topic() -> tuple[Data, Ints, Ints]:
    """Return users who wrote about frames of their topic, the topic of each user, and that of each frame.

    Nobody else wrote about any of these frames: only their words tell what they have in common with others.
    """
    rng = np.random.default_rng(0)
    user = np.repeat(np.arange(USERS), OWN)
    topic, frames = np.arange(USERS) % TOPICS, len(user)
    of_frame = topic[user]
    own = rng.integers(0, 10, (frames, SAID)) + 10 * of_frame[:, None]
    # A third of what is said is said of everything.
    said = np.where(rng.random(own.shape) < 1 / 3, 10 * TOPICS + rng.integers(0, 10, own.shape), own)
    words = Ragged.from_sorted(np.repeat(np.arange(frames), SAID), said.flatten(), frames)
    return commented(user, np.arange(frames), np.arange(frames), USERS, frames, words), topic, of_frame


def apart(model: HFT) -> float:
    """Return how often a frame of a user's topic comes before one of another, of those others wrote about."""
    data, topic, of_frame = by_topic()
    scores = model.scorer().grid(torch.arange(USERS)).numpy()
    found = []
    for user in range(USERS):
        others = data.records.user != user
        mine = others & (of_frame == topic[user])
        found.append((scores[user, mine][:, None] > scores[user, others & ~mine]).mean())
    return float(np.mean(found))


def taught(word_weight: float) -> HFT:
    options = {"epochs": 60, "batch_size": 64, "learning_rate": 0.02}
    return learned(HFT, by_topic()[0], options, dimension=8, l2=0.03, word_weight=word_weight)


@pytest.fixture(scope="module")
def told() -> HFT:
    return taught(0.2)


def test_words_decide_where_ratings_do_not_tell(told: HFT) -> None:
    assert apart(told) > 0.8
    assert apart(taught(0.0)) < 0.6


def test_topics_say_the_words_that_are_said_together(told: HFT) -> None:
    """What stands out of all that is said about frames of a topic are its ten words."""
    of_frame = by_topic()[2]
    with torch.no_grad():
        likely = told.shares(told.items.weight[:, :-1]) @ told.words().T / told.background.exp()
    words = told.vocabulary.numpy() // 10
    for topic in range(TOPICS):
        mean = likely.numpy()[of_frame == topic].mean(0)
        assert (words[np.argsort(-mean)[:10]] == topic).all()


def test_frames_without_a_comment_are_nowhere() -> None:
    items = started(few()).vectors()[1]
    assert items[3].any()
    assert not items[4].any()


def test_a_history_is_fitted_exactly() -> None:
    """The vector of a new user is where the gradient of the loss, over all that may be drawn, is 0."""
    data = few()
    model = started(data, l2=0.1)
    found = model.user_vector(np.array([0, 2, 2]))
    assert found is not None
    q = model.items.weight.detach().double()
    p = found.double().clone()
    # The bias of the user is no part of the vector: solved for, it makes the mean error what l2 asks of it.
    weights = torch.tensor([1.0, 3.0, 2.0, 3.0, 0.0], dtype=torch.float64)
    values = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    penalty = 0.1 * 3 * 3
    rest = values - model.offset.item() - q[:, -1] - q[:, :-1] @ p[:-1]
    bias = (weights * rest).sum() / (weights.sum() + penalty)
    gradient = penalty * p[:-1] - (weights * (rest - bias)) @ q[:, :-1]
    assert gradient.abs().max() < 1e-4
    assert model.user_vector(np.array([4])) is None


def test_what_has_no_words_is_refused() -> None:
    nothing = Ragged(np.zeros(6, np.int64), np.empty(0, np.int64))
    silent = replace(few(), lists={TEXT: nothing})
    with pytest.raises(DataError, match="there are none; `graphrec prepare comments` finds them"):
        HFT.check(silent, HFT.Settings())
    with pytest.raises(DataError, match="no word is said 5 times in training, the most said 3"):
        HFT.check(few(), HFT.Settings())
    likes = replace(few(), records=Records.of_pairs(np.array([0]), np.array([0]), 3))
    with pytest.raises(DataError, match=r"hft learns from what users write on .* nodes; choose --projection comments"):
        HFT.check(likes, HFT.Settings())
    HFT.check(few(), HFT.Settings(min_count=3))
