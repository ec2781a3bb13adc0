"""KFRCI by hand: merges, layers, words, and what proposes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.projection import PROJECTIONS, TEXT
from graphrec.learning.commented import CommentedBatch
from graphrec.models.comment_words import CommentWords
from graphrec.models.frame_vectors import FrameVectors
from graphrec.models.kfrc import KFRC
from graphrec.models.kfrci import KFRCI
from graphrec.models.kfrci_settings import KFRCISettings
from graphrec.models.kfri import KFRI
from graphrec.models.parts import Lists
from graphrec.models.proposing import nearest_linear
from graphrec.models.vocabulary import Vocabulary, first_of_each
from graphrec.ragged import Ragged
from graphrec.tasks.ranking import Ranking
from graphrec.testing.planted import planted
from graphrec.testing.training_data import attached, learned

COMMENTS = PROJECTIONS["comments"].asking(lists=(TEXT,))
BATCH = CommentedBatch(
    torch.tensor([0, 3]), torch.tensor([[1, 5], [2, 7]]), torch.tensor([0, 1]), torch.tensor([0, 3])
)
SMALL = {"dimension": 4, "word_dimension": 3, "initial_std": 0.5, "l2": 0.2, "content_l2": 0.3}


@pytest.fixture(scope="module")
def data() -> Data:
    return Ranking.of(COMMENTS, ()).split(planted(COMMENTS), "random-by-user").data


def lists(*rows: list[int]) -> Lists:
    lengths = np.cumsum([0, *(len(row) for row in rows)])
    return Lists.of(Ragged(lengths, np.array([one for row in rows for one in row], np.int64)), torch.device("cpu"))


@pytest.mark.parametrize("layers", [0, 2])
@pytest.mark.parametrize("reads", ["preference", "frame"])
def test_the_loss_is_that_of_the_paper(data: Data, layers: int, reads: str) -> None:
    model = attached(
        KFRCI, data, **SMALL, merge="product", layers=layers, layer_size=4, init=min(layers, 1), alpha=0.4, reads=reads
    )
    model._comments = lists([0, 1], [2, 0, 4])
    q, w = model.frames.free.weight.detach().double(), model.frames.projection.detach().double()
    looks = model.frames.scaling(torch.from_numpy(data.content.rows(slice(None)))).double()
    p = model.users.weight.detach().double()
    assert data.sampled[BATCH.items].all()
    likes = size = 0.0
    preferences = []
    for user, items in zip(BATCH.users, BATCH.items, strict=True):
        size += 0.2 * p[user].square().sum().item() / 2
        for column, item in enumerate(items):
            seen = w @ looks[item]
            frame = (1 + q[item]) * (1 + seen)
            states = [p[user] * frame]
            for layer in model.hidden:
                states.append((layer.weight.double() @ states[-1]).relu())
            out = states[-1].sum() if not layers else model.last.weight[0].double() @ states[-1]
            y = (out + model.constant.double()).sigmoid()
            likes -= (y if column == 0 else 1 - y).log().item()
            size += (0.2 * q[item].square().sum() + 0.3 * seen.square().sum()).item() / 4
            preferences.append(torch.cat([states[min(layers, 1)], frame][: 2 if reads == "frame" else 1]))
    told = torch.stack([preferences[0], preferences[3]]).float()
    words = model.words(told, model._comments).item()
    expected = (0.4 * words + 0.6 * likes) / 2 + size
    assert model.loss("kfrci", BATCH).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("softmax", ["full", "adaptive"])
def test_words_are_told_one_by_one(first: bool, softmax: str) -> None:
    """As one comment after the other would be, by single steps; an unknown word is read and not told."""
    torch.manual_seed(0)
    words = CommentWords(40, 2, 5, first=first, softmax=softmax)  # type: ignore[arg-type]
    lstm = nn.LSTM(5 + 2, 5)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.cat([words.of_word.weight, words.of_preference.weight], 1))
        lstm.weight_hh_l0.copy_(words.of_before.weight)
        lstm.bias_ih_l0.copy_(words.of_word.bias)
        lstm.bias_hh_l0.zero_()
    said = [[3], [7, 40, 2, 9], [], [1, 1, 30], [5, 6]]
    preference = torch.randn(len(said), 2)
    total = 0.0
    for e, comment in zip(preference, said, strict=True):
        state = None
        read = [41, *comment] if first else comment
        targets = comment if first else comment[1:]
        for before, target in zip(read, targets, strict=False):
            step = torch.cat([words.embedding.weight[before], e])[None, None]
            hidden, state = lstm(step, state)
            if target == 40:
                continue
            log = (
                words.output(hidden[0]).log_softmax(1)
                if words.output is not None
                else words.adaptive.log_prob(hidden[0])
            )
            total -= log[0, target].item()
    assert words(preference, lists(*said)).item() == pytest.approx(total, rel=1e-4)
    if first:
        found = words.likely(preference)
        assert found.shape == (5, 40)
        torch.testing.assert_close(found.exp().sum(1), torch.ones(5), rtol=1e-4, atol=1e-5)


def test_only_short_comments_tell_no_words() -> None:
    words = CommentWords(4, 2, 3, first=False, softmax="auto")
    assert words(torch.randn(2, 2), lists([1], [])).item() == 0
    assert words(torch.randn(0, 2), lists()).item() == 0


def test_the_most_said_words_are_told_apart(data: Data) -> None:
    said = Ragged(np.array([0, 3, 3, 7]), np.array([2, 2, 0, 2, 0, 1, 3]))
    some = replace(data, nodes={**data.nodes, "word": 5}, lists={TEXT: said})
    vocabulary = Vocabulary(5, 3)
    vocabulary.fit(some, 2)
    assert vocabulary.numbers.tolist() == [2, 0, -1]
    assert vocabulary.known == 2
    coded = vocabulary.coded(some, 3)
    assert coded.indptr.tolist() == [0, 3, 3, 6]
    assert coded.indices.tolist() == [0, 0, 1, 0, 1, 3]
    assert first_of_each(said, 1).indices.tolist() == [2, 2]


@pytest.mark.parametrize("merge", ["product", "sum", "gate"])
def test_frames_that_lack_a_side_are_the_other(data: Data, merge: str) -> None:
    frames = FrameVectors(data.shape, 4, merge, "none", 0.5)  # type: ignore[arg-type]
    frames.attach(data)
    new = np.flatnonzero(~data.sampled)
    assert len(new)
    with torch.no_grad():
        seen = frames.place(torch.from_numpy(data.content.rows(new)))
        own = frames(torch.from_numpy(new))[0]
        nothing = frames._merged(torch.ones(1, 4), torch.zeros(1, 4), torch.tensor([[False]]), torch.tensor([[True]]))
        looks = torch.from_numpy(data.content.rows(new)) @ frames.projection.T
    torch.testing.assert_close(own, seen)
    torch.testing.assert_close(seen, 1 + looks if merge == "product" else looks)
    torch.testing.assert_close(nothing, torch.full((1, 4), 2.0 if merge == "product" else 1.0))


def test_the_nearest_linear_score_is_exact_of_a_linear_one() -> None:
    torch.manual_seed(0)
    users, items, turn = torch.randn(7, 3), torch.randn(50, 3), torch.randn(3)
    found = nearest_linear(lambda p, q: (p * turn * q).sum(-1) + 5, users, items)
    torch.testing.assert_close(found, users * turn, rtol=1e-3, atol=1e-3)
    assert nearest_linear(lambda p, q: (p * q).sum(-1), users, items[:0]).abs().sum() == 0


def test_what_proposes_finds_what_layers_rank_first(data: Data) -> None:
    """Of each user's first ten among the first thirty that are proposed are more than by p · q*."""
    model = learned(
        KFRCI, data, {"epochs": 40, "batch_size": 128}, dimension=16, word_dimension=8, l2=0.01, merge="product",
        layers=2, init=1, reads="preference",
    )  # fmt: skip
    with torch.no_grad():
        vectors = model.embeddings()[""]
        proposed = (vectors["User"] @ vectors["Frame"].T).topk(30).indices
        plain = (vectors["User"][:, :16] @ vectors["Frame"][:, :16].T).topk(30).indices
        first = model.scorer().grid(torch.arange(data.users)).topk(10).indices

    def found(among: torch.Tensor) -> float:
        return (first[:, :, None] == among[:, None]).any(2).float().mean().item()

    assert found(proposed) > 0.8
    assert found(proposed) > found(plain) + 0.05


def test_what_a_user_would_write_is_what_such_frames_are_about(data: Data) -> None:
    """Comments of the planted graph say the frame's topic."""
    model = learned(KFRCI, data, {"epochs": 40, "batch_size": 128}, dimension=16, word_dimension=16, l2=0.02)
    vectors = model.embeddings()[""]
    items = np.flatnonzero(data.by_item.lengths >= 3).tolist()
    told = [model.likely_words(vectors["User"][0], vectors["Frame"][item]) for item in items]
    hits = [words[int(gain.argmax())] == item % 4 for item, (words, gain) in zip(items, told, strict=True)]
    assert np.mean(hits) > 0.7, "by chance it is a quarter"
    without = attached(KFRCI, data, first_word=False)
    assert without.likely_words(vectors["User"][0], vectors["Frame"][0]) is None
    assert attached(KFRI, data).likely_words(vectors["User"][0], vectors["Frame"][0]) is None


def test_words_held_out_change_nothing() -> None:
    """Whatever the comments of the test say, the same model comes out."""
    shot = planted(COMMENTS)
    task = Ranking.of(COMMENTS, ())
    split = task.split(shot, "random-by-user")
    known = np.concatenate([split.data.records.text, split.data.against.text])
    held = np.setdiff1d(np.arange(len(shot.records)), known)
    words = shot.lists[TEXT]
    swapped = np.arange(len(words))
    swapped[held] = np.random.default_rng(0).permutation(held)
    other = task.split(replace(shot, lists={TEXT: words.take(swapped)}), "random-by-user")
    settings = {"dimension": 8, "word_dimension": 8}
    one, two = (
        learned(KFRC, each.data, {"epochs": 2, "batch_size": 128}, **settings).scorer().grid(torch.arange(10))
        for each in (split, other)
    )
    assert torch.equal(one, two)


def test_a_layer_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="init 2 is no layer: there are 1"):
        KFRCISettings(layers=1, init=2)


def test_it_says_what_it_lacks(data: Data) -> None:
    settings = KFRCISettings()
    with pytest.raises(DataError, match="kfrci needs features of what it recommends"):
        KFRCI.check(replace(data, features={}), settings)
    silent = replace(data, lists={TEXT: data.lists[TEXT].only(np.empty(0, np.int64))})
    with pytest.raises(DataError, match="needs words of comments, and there are none; `graphrec prepare comments`"):
        KFRC.check(silent, settings)
    with pytest.raises(DataError, match="choose --projection comments"):
        KFRCI.check(replace(data, records=replace(data.records, text=None)), settings)
