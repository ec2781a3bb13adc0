"""Factorization machines a column at a time, compiled: each one's least-squares solution, or a draw from its posterior.

Every record is of a user and an item, and all fields are theirs, so that a column's sums over records are sums over
the few nodes that have it of what is summed once for each node (Rendle, Scaling Factorization Machines to Relational
Data, VLDB 2013): a sweep costs records + columns, not records times fields.
"""

from __future__ import annotations

import numpy as np

from graphrec.models.compiled import Doubles, Floats, Ints32, compiled, compiled_sums
from graphrec.ragged import Ints


@compiled_sums
def gather(own: Ints32, other: Ints32, error: Floats, factor: Doubles, sums: Doubles) -> None:
    """Sum over each node's records: their errors e, e q, q and q², where q is the other node's ``factor``.

    Args:
        own: [E], the node of each record, of the side whose columns come next.
        other: [E], the other node.
        error: [E], y - ŷ.
        factor: [others].
        sums: [nodes, 4], filled here.
    """
    sums[:] = 0
    for record in range(len(own)):
        e, q, row = error[record], factor[other[record]], sums[own[record]]
        row[0] += e
        row[1] += e * q
        row[2] += q
        row[3] += q * q


@compiled_sums
def pass_on(
    own: Ints32,
    other: Ints32,
    error: Floats,
    alone: Doubles,
    moved: Doubles,
    factor: Doubles,
    following: Doubles,
    sums: Doubles,
) -> None:
    """Take from each record's error what its own node has moved by, and ``gather`` for the other side.

    Args:
        own: [E], the node of each record, of the side whose columns have moved.
        other: [E], the other node.
        error: [E], changed here.
        alone: [nodes], by how much ŷ of a node's records has grown whatever the other node is.
        moved: [nodes], by how much it has grown for each 1 of the other node's ``factor``.
        factor: [others].
        following: [nodes], the factor that the other side's columns come next with.
        sums: [others, 4], filled here.
    """
    sums[:] = 0
    for record in range(len(own)):
        u, i = own[record], other[record]
        e = error[record] - np.float32(alone[u] + moved[u] * factor[i])
        error[record] = e
        q, row = following[u], sums[i]
        row[0] += e
        row[1] += e * q
        row[2] += q
        row[3] += q * q


@compiled
def columns(
    weights: Doubles,
    indptr: Ints32,
    nodes: Ints32,
    values: Floats,
    groups: Ints,
    counts: Doubles,
    sums: Doubles,
    total: Doubles,
    linear: bool,
    precision: float,
    towards: Doubles,
    strength: Doubles,
    noise: Doubles,
    alone: Doubles,
    moved: Doubles,
) -> None:
    """Move one weight of each column of a side, the others standing still (Rendle, TIST 2012, Eq. 25 and 28).

    With h the derivative of ŷ by the weight θ, it becomes (α (θ Σh² + Σhe) + λ μ) / (α Σh² + λ), and noise by the root
    of what that is divided by. A column without a record is drawn from (μ, λ) alone; one that no node has stays.

    Args:
        weights: [columns], changed here.
        indptr: [columns + 1], where each one's nodes begin.
        nodes: the nodes that have a column.
        values: x of them.
        groups: [columns], which μ and λ are its.
        counts: [nodes], records of each.
        sums: [nodes, 4], as ``gather`` fills them; changed here.
        total: [nodes], Σ θ x of each; changed here. Of linear weights it counts for nothing.
        linear: whether they are w, of which h = x, or a factor, of which h = x (q + Σ θ x - θ x).
        precision: α.
        towards: [groups], μ.
        strength: [groups], λ.
        noise: [columns], of deviation 1; zeros for the solution itself.
        alone: [nodes], filled here; see ``pass_on``.
        moved: [nodes], filled here.
    """
    alone[:] = 0
    moved[:] = 0
    for column in range(len(weights)):
        first, end = indptr[column], indptr[column + 1]
        if first == end:
            continue
        old = weights[column]
        squares = products = 0.0
        for k in range(first, end):
            node, x = nodes[k], np.float64(values[k])
            rest = 0.0 if linear else total[node] - x * old
            row, count = sums[node], counts[node]
            squares += x * x * (row[3] + rest * (2 * row[2] + rest * count))
            products += x * (row[1] + rest * row[0])
        group = groups[column]
        divisor = precision * squares + strength[group]
        if divisor <= 0:
            continue
        new = (precision * (old * squares + products) + strength[group] * towards[group]) / divisor
        new += noise[column] / np.sqrt(divisor)
        weights[column] = new
        step = new - old
        for k in range(first, end):
            node, x = nodes[k], np.float64(values[k])
            rest = 0.0 if linear else total[node] - x * old
            row, change = sums[node], step * x
            row[0] -= change * (row[2] + rest * counts[node])
            row[1] -= change * (row[3] + rest * row[2])
            alone[node] += change * rest
            moved[node] += change
            total[node] += change


@compiled_sums
def errors(users: Ints32, items: Ints32, values: Floats, p: Floats, q: Floats, mean: float, error: Floats) -> None:
    """Fill ``error``, [E], with y - ŷ for vectors whose last number is what a node adds by itself.

    Args:
        users: [E].
        items: [E].
        values: [E], y.
        p: [users, D + 1].
        q: [items, D + 1].
        mean: w0.
        error: filled here.
    """
    size = p.shape[1] - 1
    for record in range(len(users)):
        u, i = p[users[record]], q[items[record]]
        told = np.float32(0)
        for k in range(size):
            told += u[k] * i[k]
        error[record] = values[record] - (told + u[size] + i[size] + np.float32(mean))
