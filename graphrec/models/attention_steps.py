"""Attention over fields and over pairs of fields, part by part of a batch, and gradients by hand.

What a few fields of a few numbers make of one another is many times as much as they are: of 20 fields 190 pairs. Of a
whole batch that is read from and written to memory again and again, of a part it stays in the processor's cache; and
what the gradient needs of it is worked out once more, not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

ROWS = 256
"""So many records are a part."""


class PairSteps(torch.autograd.Function):
    """The sum of softmax(h · relu(W p + b)) p over the products p of all pairs, float32 [B, D].

    Numbers of a pair lie records last: all products and sums go over neighbours in memory.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, h: Tensor) -> Tensor:
        """Take x [B, n, D], W [A, D], b [A] and h [1, A]."""
        pooled, mapped = torch.empty_like(x[:, 0]), torch.cat([weight, bias[:, None]], 1)
        pairs = x.shape[1] * (x.shape[1] - 1) // 2
        shares = x.new_empty(pairs, len(x))
        with torch.autocast(x.device.type, enabled=False):
            for part in _parts(x):
                made = _products(x[part].permute(2, 1, 0).contiguous())
                hidden = torch.mm(mapped, made.flatten(1)).relu_()
                own = torch.mm(h, hidden).view(pairs, made.shape[2]).softmax(0)
                pooled[part] = made[:-1].mul_(own).sum(1).t()
                shares[:, part] = own
        ctx.save_for_backward(x, mapped, h, shares)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the gradients of all four."""
        x, mapped, h, every = ctx.saved_tensors
        of_x, of_mapped, of_h = torch.empty_like(x), torch.zeros_like(mapped), torch.zeros_like(h)
        back = (mapped[:, :-1] * h.t()).t().contiguous()
        for part in _parts(x):
            fields = x[part].permute(2, 1, 0).contiguous()
            made = _products(fields)
            shares, given = every[:, part], grad[part].t().contiguous()[:, None]
            of_shares = (made[:-1] * given).sum(0)
            of_logits = (shares * (of_shares - (shares * of_shares).sum(0))).view(1, -1)
            hidden = torch.mm(mapped, made.flatten(1)).relu_()
            of_h.addmm_(of_logits, hidden.t())
            alive = hidden.sign_().mul_(of_logits)
            of_mapped.addmm_(alive, made.flatten(1).t())
            of_pairs = torch.mm(back, alive).view_as(made[:-1]).addcmul_(given, shares)
            of_x[part] = _of_fields(of_pairs, fields).permute(2, 1, 0)
        of_mapped *= h.t()
        return of_x, of_mapped[:, :-1], of_mapped[:, -1], of_h


class SelfSteps(torch.autograd.Function):
    """relu(softmax(s q k') v of every head, side by side, + o), float32 [B, n, H A]: q, k, v and o are x W'."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, heads: int, scale: float) -> Tensor:
        """Take x [B, n, D], W [4 H A, D], how many heads, and s."""
        found = x.new_empty(*x.shape[:2], len(weight) // 4)
        with torch.autocast(x.device.type, enabled=False):
            for part in _parts(x):
                mapped = torch.matmul(x[part], weight.t())
                rest = mapped[..., 3 * found.shape[2] :]
                for own, (query, key, value) in _heads(mapped, heads):
                    shares = torch.bmm(query, key.transpose(1, 2)).mul_(scale).softmax(-1)
                    torch.add(torch.bmm(shares, value), rest[..., own], out=found[part][..., own])
                found[part].relu_()
        ctx.save_for_backward(x, weight, found)
        ctx.heads, ctx.scale = heads, scale
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the gradients of x and W."""
        x, weight, found = ctx.saved_tensors
        of_x, of_weight, width = torch.empty_like(x), torch.zeros_like(weight), found.shape[2]
        for part in _parts(x):
            mapped = torch.matmul(x[part], weight.t())
            of_mapped = torch.empty_like(mapped)
            given = of_mapped[..., 3 * width :]
            torch.mul(grad[part], found[part].sign(), out=given)
            of_heads = _heads(of_mapped, ctx.heads)
            for (own, (query, key, value)), (_, targets) in zip(_heads(mapped, ctx.heads), of_heads, strict=True):
                shares = torch.bmm(query, key.transpose(1, 2)).mul_(ctx.scale).softmax(-1)
                of_shares = torch.bmm(given[..., own], value.transpose(1, 2))
                of_logits = torch._softmax_backward_data(of_shares, shares, -1, shares.dtype).mul_(ctx.scale)
                targets[0].copy_(torch.bmm(of_logits, key))
                targets[1].copy_(torch.bmm(of_logits.transpose(1, 2), query))
                targets[2].copy_(torch.bmm(shares.transpose(1, 2), given[..., own]))
            of_weight.addmm_(of_mapped.flatten(0, 1).t(), x[part].flatten(0, 1))
            of_x[part] = torch.matmul(of_mapped, weight)
        return of_x, of_weight, None, None


def _parts(x: Tensor) -> Iterator[slice]:
    # On a GPU what costs is how many operations there are.
    step = ROWS if x.device.type == "cpu" else max(1, len(x))
    return (slice(start, start + step) for start in range(0, len(x), step))


def _products(fields: Tensor) -> Tensor:
    """Return the products of all pairs for [D, n, B], and beside them 1 for a bias, [D + 1, pairs, B]."""
    size, count, rows = fields.shape
    found = fields.new_empty(size + 1, count * (count - 1) // 2, rows)
    found[-1] = 1
    for first, at in _pairs_of(count):
        torch.mul(fields[:, first : first + 1], fields[:, first + 1 :], out=found[:-1, at])
    return found


def _of_fields(of_pairs: Tensor, fields: Tensor) -> Tensor:
    """Return the gradient of [D, n, B] by that of their products."""
    found = torch.zeros_like(fields)
    for first, at in _pairs_of(fields.shape[1]):
        given = of_pairs[:, at]
        found[:, first + 1 :].addcmul_(given, fields[:, first : first + 1])
        found[:, first] += given.mul_(fields[:, first + 1 :]).sum(1)
    return found


def _pairs_of(count: int) -> Iterator[tuple[int, slice]]:
    """Yield each field, and where its pairs with those after it stand."""
    at = 0
    for first in range(count - 1):
        yield first, slice(at, at + count - 1 - first)
        at += count - 1 - first


def _heads(mapped: Tensor, heads: int) -> Iterator[tuple[slice, list[Tensor]]]:
    """Yield where each head's numbers stand, and its query, key and value in ``mapped``."""
    width = mapped.shape[2] // 4 // heads
    for head in range(heads):
        own = slice(head * width, (head + 1) * width)
        yield own, [mapped[..., slice(own.start + k * heads * width, own.stop + k * heads * width)] for k in range(3)]
