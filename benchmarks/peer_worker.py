"""Trains one peer of benchmarks/peers.py in an environment of the peer's own, which need not have graphrec.

    PYTHON benchmarks/peer_worker.py PEER TRAIN.npz SCORES.npz SETTINGS.json

TRAIN.npz holds ``user``, ``item`` and ``value`` of the training records, ``shape`` (users, items), ``ask_user``, and
for ratings ``ask_item``. SCORES.npz gets ``scores``, float32 [asked users, items] or of each asked pair, and
``seconds``, of the fit, by its epochs.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

THREADS = 2


def main() -> None:
    peer, source, target, settings = sys.argv[1:]
    scores, seconds = PEERS[peer](np.load(source), **json.loads(Path(settings).read_text()))
    np.savez(target, scores=np.asarray(scores, np.float32), seconds=seconds)


def implicit_bpr(train, *, seed, epochs, **settings):
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=64, iterations=epochs, num_threads=THREADS, random_state=seed, **settings
    )
    seconds = timed(lambda: model.fit(matrix(train), show_progress=False))
    return model.user_factors[train["ask_user"]] @ model.item_factors.T, seconds / epochs


def implicit_als(train, *, seed, epochs, **settings):
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=64, iterations=epochs, num_threads=THREADS, random_state=seed, **settings
    )
    seconds = timed(lambda: model.fit(matrix(train), show_progress=False))
    return model.user_factors[train["ask_user"]] @ model.item_factors.T, seconds / epochs


def cornac_bpr(train, *, seed, epochs, **settings):
    from cornac.data import Dataset
    from cornac.models import BPR
    from cornac.utils import get_rng

    users, items = train["shape"].tolist()
    ids = ({n: n for n in range(users)}, {n: n for n in range(items)})
    ones = np.ones(len(train["user"]), np.float32)
    told = Dataset(users, items, *ids, (train["user"].astype("int32"), train["item"].astype("int32"), ones))
    # With a seed of its own it would run in one thread.
    model = BPR(k=64, max_iter=epochs, num_threads=THREADS, **settings)
    model.rng = get_rng(seed)
    seconds = timed(lambda: model.fit(told))
    return model.u_factors[train["ask_user"]] @ model.i_factors.T + model.i_biases, seconds / epochs


def numpy_ease(train, *, seed, l2):
    known = matrix(train)

    def solve():
        gram = (known.T @ known).toarray()
        gram[np.diag_indices(len(gram))] += l2
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)
        weights[np.diag_indices(len(weights))] = 0
        return weights

    found = []
    seconds = timed(lambda: found.append(solve()))
    return known[train["ask_user"]] @ found[0], seconds


def surprise_svd(train, *, seed, epochs, **settings):
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    frame = pd.DataFrame({name: train[name] for name in ("user", "item", "value")})
    scale = Reader(rating_scale=(frame.value.min(), frame.value.max()))
    told = Dataset.load_from_df(frame, scale).build_full_trainset()
    model = SVD(n_factors=64, n_epochs=epochs, random_state=seed, **settings)
    seconds = timed(lambda: model.fit(told))
    asked = zip(train["ask_user"].tolist(), train["ask_item"].tolist(), strict=True)
    return [model.predict(u, i, clip=False).est for u, i in asked], seconds / epochs


def lenskit_mf(train, *, seed, epochs, **settings):
    import pandas as pd
    from lenskit.als import BiasedMFScorer
    from lenskit.data import ItemList, from_interactions_df
    from lenskit.training import TrainingOptions

    names = {"user": "user_id", "item": "item_id", "value": "rating"}
    told = from_interactions_df(pd.DataFrame({new: train[old] for old, new in names.items()}))
    model = BiasedMFScorer(embedding_size=64, epochs=epochs, **settings)
    seconds = timed(lambda: model.train(told, TrainingOptions(rng=seed)))
    users, items = train["ask_user"], train["ask_item"]
    scores = np.full(len(users), np.nan)
    for user in np.unique(users):
        here = np.flatnonzero(users == user)
        scores[here] = model(int(user), ItemList(item_ids=items[here])).scores()
    return scores, seconds / epochs


PEERS = {
    "implicit BPR": implicit_bpr,
    "implicit ALS": implicit_als,
    "cornac BPR": cornac_bpr,
    "numpy": numpy_ease,
    "Surprise SVD": surprise_svd,
    "LensKit BiasedMF": lenskit_mf,
}


def matrix(train):
    ones = np.ones(len(train["user"]), np.float32)
    found = sparse.csr_matrix((ones, (train["user"], train["item"])), train["shape"])
    found.data[:] = 1
    return found


def timed(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
