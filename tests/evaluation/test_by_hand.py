"""The figures of a trained model, worked out again from its scores with numpy alone."""

from __future__ import annotations

import numpy as np
import torch

from graphrec.evaluation.judged import judge_model
from graphrec.graph.projection import PROJECTIONS
from graphrec.models.bpr import BPR
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.testing.planted import planted
from graphrec.testing.training_data import learned

CUTS = (1, 3, 10, 1000)


def by_hand(order: list[int], relevant: set[int]) -> dict[str, float]:
    """Figures of one case, from its candidates in order and what is to be found among them."""
    ranks = sorted(order.index(item) + 1 for item in relevant)
    found = {
        "map": sum((n + 1) / rank for n, rank in enumerate(ranks)) / len(ranks),
        "mrr": 1 / ranks[0],
    }
    for k in CUTS:
        hits = sum(rank <= k for rank in ranks)
        best = sum(1 / np.log2(n + 2) for n in range(min(k, len(ranks))))
        found |= {
            f"recall@{k}": hits / len(ranks),
            f"precision@{k}": hits / k,
            f"hr@{k}": hits / min(k, len(ranks)),
            f"ndcg@{k}": sum(1 / np.log2(rank + 1) for rank in ranks if rank <= k) / best,
        }
    return found


def test_every_metric_is_what_numpy_makes_of_the_scores() -> None:
    split: Split[RankingCases] = Ranking().split(planted(PROJECTIONS["views"]), "random-70-10-20", seed=3)
    data, cases = split.data, split.test
    model = learned(BPR, data, {"epochs": 3})
    placed = (data.by_item.lengths > 0) | data.content.described
    told = []
    with torch.inference_mode():
        for case, user in enumerate(cases.users.tolist()):
            scores = model.scorer().grid(torch.tensor([user]))[0].numpy().copy()
            own = set(data.by_user[user].tolist())
            if not own:
                scores = np.bincount(data.by_user.indices, minlength=data.items).astype(np.float32)
            candidates = sorted(set(range(data.items)) - own, key=lambda item: (-scores[item], not placed[item]))
            told.append(by_hand(candidates, set(cases.relevant[case].tolist())))
    found = judge_model(model, Ranking(), data, cases, list(told[0]), seed=0)
    for name in told[0]:
        np.testing.assert_allclose(found.metrics[name], np.mean([one[name] for one in told]), rtol=1e-9, err_msg=name)
