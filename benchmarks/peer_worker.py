"""Trains one peer of benchmarks/peers.py in an environment of the peer's own, which need not have graphrec.

    PYTHON benchmarks/peer_worker.py PEER TRAIN.npz SCORES.npz SETTINGS.json

TRAIN.npz holds ``user``, ``item`` and ``value`` of the training records, ``shape`` (users, items), ``ask_user``,
for ratings ``ask_item``, and for models of content ``looks``, float32 [items, F]. SCORES.npz gets ``scores``, float32
[asked users, items] or of each asked pair, and ``seconds``, of the fit, by its epochs.
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


def implicit_cosine(train, *, seed, neighbours):
    from implicit.nearest_neighbours import CosineRecommender

    known = matrix(train)
    model = CosineRecommender(K=neighbours, num_threads=THREADS)
    seconds = timed(lambda: model.fit(known, show_progress=False))
    return (known[train["ask_user"]] @ model.similarity).toarray(), seconds


def lenskit_item_knn(train, *, seed, neighbours, **settings):
    import pandas as pd
    from lenskit.data import ItemList, RecQuery, from_interactions_df
    from lenskit.knn import ItemKNNScorer
    from lenskit.training import TrainingOptions

    told = from_interactions_df(pd.DataFrame({"user_id": train["user"], "item_id": train["item"]}).drop_duplicates())
    model = ItemKNNScorer(max_nbrs=neighbours, feedback="implicit", **settings)
    seconds = timed(lambda: model.train(told, TrainingOptions(rng=seed)))
    every = ItemList(item_ids=np.arange(train["shape"][1]))
    scores = np.full((len(train["ask_user"]), len(every)), -1e9, np.float32)
    for row, user in enumerate(train["ask_user"].tolist()):
        items = told.user_row(user)
        if items is not None:
            found = model(RecQuery(user_id=user, user_items=items), every).scores()
            scores[row] = np.nan_to_num(found, nan=-1e9)
    return scores, seconds


def cornac_data(train):
    from cornac.data import Dataset

    users, items = train["shape"].tolist()
    ids = ({n: n for n in range(users)}, {n: n for n in range(items)})
    ones = np.ones(len(train["user"]), np.float32)
    return Dataset(users, items, *ids, (train["user"].astype("int32"), train["item"].astype("int32"), ones))


def cornac_vbpr(train, *, seed, epochs, **settings):
    from cornac.data import ImageModality
    from cornac.models import VBPR

    told = cornac_data(train)
    looks = ImageModality(features=train["looks"], ids=list(range(len(train["looks"]))), normalized=True)
    told.add_modalities(item_image=looks.build(id_map=told.iid_map))
    model = VBPR(k=32, k2=32, n_epochs=epochs, use_gpu=False, seed=seed, verbose=False, **settings)
    seconds = timed(lambda: model.fit(told))
    return np.stack([model.score(int(user)) for user in train["ask_user"]]), seconds / epochs


def recbole(name):
    def run(train, *, seed, epochs, **settings):
        return in_recbole(name, train, seed, epochs, settings)

    return run


def in_recbole(name, train, seed, epochs, settings):
    import logging
    import tempfile

    import torch
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    logging.disable(logging.CRITICAL)
    torch.set_num_threads(THREADS)
    # Its checkpoints are its own, and it was written before torch refused what is not tensors alone.
    torch.load = lambda *given, load=torch.load, **named: load(*given, **{**named, "weights_only": False})
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        told.mkdir()
        rows = "".join(f"{u}\t{i}\n" for u, i in zip(train["user"].tolist(), train["item"].tolist(), strict=True))
        (told / "told.inter").write_text(f"user_id:token\titem_id:token\n{rows}")
        config = Config(
            name,
            "told",
            config_dict={
                "data_path": folder, "load_col": {"inter": ["user_id", "item_id"]}, "use_gpu": False, "seed": seed,
                "epochs": epochs, "embedding_size": 64, "train_batch_size": 2048, "show_progress": False,
                "eval_args": {"split": {"RS": [1, 0, 0]}, "order": "RO", "mode": "full"}, "checkpoint_dir": folder,
                "train_neg_sample_args": {"distribution": "uniform", "sample_num": 1, "dynamic": False}, **settings,
            },
        )  # fmt: skip
        init_seed(seed, True)
        data = create_dataset(config)
        batches, *_ = data_preparation(config, data)
        model = get_model(name)(config, batches.dataset)
        trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
        seconds = timed(lambda: trainer.fit(batches, saved=False, show_progress=False))
    scores = np.full((len(train["ask_user"]), train["shape"][1]), -1e9, np.float32)
    users, items = (data.field2id_token[name] for name in ("user_id", "item_id"))
    user_row = {int(token): row for row, token in enumerate(users) if row}
    columns = np.array([int(token) for token in items[1:]])
    with torch.no_grad():
        model.eval()
        for row, user in enumerate(train["ask_user"].tolist()):
            if user in user_row:
                asked = {"user_id": torch.tensor([user_row[user]])}
                scores[row, columns] = model.full_sort_predict(asked).numpy()[1:]
    return scores, seconds / epochs


def cornac_bpr(train, *, seed, epochs, **settings):
    from cornac.models import BPR
    from cornac.utils import get_rng

    told = cornac_data(train)
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


def surprise_svdpp(train, *, seed, epochs, dimension, **settings):
    import pandas as pd
    from surprise import Dataset, Reader, SVDpp

    frame = pd.DataFrame({name: train[name] for name in ("user", "item", "value")})
    scale = Reader(rating_scale=(frame.value.min(), frame.value.max()))
    told = Dataset.load_from_df(frame, scale).build_full_trainset()
    model = SVDpp(n_factors=dimension, n_epochs=epochs, random_state=seed, **settings)
    seconds = timed(lambda: model.fit(told))
    asked = zip(train["ask_user"].tolist(), train["ask_item"].tolist(), strict=True)
    return [model.predict(u, i, clip=False).est for u, i in asked], seconds / epochs


def myfm_mcmc(train, *, seed, epochs, dimension, kept):
    import myfm

    users, items = (int(count) for count in train["shape"])

    def design(user, item):
        rows = len(user)
        columns = np.stack([user, users + item], axis=1).ravel()
        return sparse.csr_matrix((np.ones(2 * rows), columns, np.arange(0, 2 * rows + 1, 2)), (rows, users + items))

    model = myfm.MyFMRegressor(rank=dimension, random_seed=seed)
    told = design(train["user"], train["item"])
    seconds = timed(
        lambda: model.fit(told, train["value"], n_iter=epochs, n_kept_samples=kept, group_shapes=[users, items])
    )
    return model.predict(design(train["ask_user"], train["ask_item"])), seconds / epochs


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
    "implicit Cosine": implicit_cosine,
    "LensKit ItemKNN": lenskit_item_knn,
    "cornac VBPR": cornac_vbpr,
    "RecBole BPR": recbole("BPR"),
    "RecBole LightGCN": recbole("LightGCN"),
    "numpy": numpy_ease,
    "Surprise SVD": surprise_svd,
    "Surprise SVD++": surprise_svdpp,
    "myFM MCMC": myfm_mcmc,
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
