"""Golden vectors of attention with queries, keys and values apart, and of rotary position embedding, from PyTorch in float64.

    python3 make_attention.py

As in make_golden.py: inputs F32, outputs and gradients F64 (positions and lengths I32). Needs numpy and torch; writes into more/.
"""
import math
import numpy as np, torch
from vectors import Draws, gradients as grads, leaf, save

rand = Draws(2024).normal

# T5 buckets of signed distances query - key, both directions (keys after the query take the upper half)
def signed_buckets(distance, buckets, max_distance):
    half = buckets // 2; exact = half // 2; d = distance.abs()
    large = exact + (torch.log(d.double().clamp(min=1) / exact) / math.log(max_distance / exact) * (half - exact)).long()
    return torch.where(d < exact, d, large.clamp(max=half - 1)) + (distance < 0) * half

# layout [batch, heads, time, head_dim]; seen(query, key) says what is attended to; rows that attend to nothing are 0
def attention(name, B, H, K, Tq, Tk, dh, seen, lengths, key_lengths, buckets=0, offset=0):
    q, k, v, dy = rand(B, H, Tq, dh), rand(B, K, Tk, dh), rand(B, K, Tk, dh), rand(B, H, Tq, dh)
    Q, Kk, V = leaf(q), leaf(k), leaf(v)
    query, key = torch.arange(Tq)[:, None], torch.arange(Tk)[None, :]
    s = Q @ Kk.repeat_interleave(H // K, 1).transpose(-1, -2) / math.sqrt(dh)
    more, leaves = {}, [Q, Kk, V]
    if buckets:
        tab = rand(buckets, H, scale=.5); Tb = leaf(tab); leaves.append(Tb)
        bucket = signed_buckets(query - key, buckets, 40)
        s = s + Tb[bucket].permute(2, 0, 1)
        more = {"bias_table": tab, "bucket": signed_buckets(torch.arange(-(Tk - 1), Tq), buckets, 40).numpy().astype(np.int32)}
    mask = seen(query + offset, key)[None] & (key < torch.tensor(key_lengths)[:, None, None]) & (query < torch.tensor(lengths)[:, None, None])
    mask = mask[:, None]
    some = mask.any(-1, keepdim=True)
    p = torch.where(some, torch.softmax(torch.where(some, s.masked_fill(~mask, float("-inf")), torch.zeros(())), -1), torch.zeros(()))
    y = p @ V.repeat_interleave(H // K, 1)
    g = grads(y, dy, *leaves)
    if buckets: more["dbias_table"] = g[3]
    save(name, q=q, k=k, v=v, dy=dy, lengths=np.array(lengths, np.int32), key_lengths=np.array(key_lengths, np.int32), y=y, dq=g[0], dk=g[1], dv=g[2], **more)

attention("attention_grouped", 2, 4, 2, 13, 13, 8, lambda q, k: k <= q, [13, 9], [13, 13])
attention("attention_cross", 3, 2, 2, 9, 14, 12, lambda q, k: (k <= k) & (q == q), [9, 5, 9], [14, 6, 0])
attention("attention_bidirectional", 2, 4, 1, 17, 17, 8, lambda q, k: (k <= k) & (q == q), [17, 11], [17, 11], buckets=8)
attention("attention_window", 2, 2, 1, 10, 15, 8, lambda q, k: (k <= q) & (q - k < 4), [10, 10], [15, 15], offset=5)

# rotary position embedding: x [tokens, heads, head_dim], halves as in Llama and neighbours as in the paper
T, H, D = 9, 2, 12
x, dy = rand(T, H, D), rand(T, H, D)
positions = np.array([0, 1, 2, 17, 255, 4096, 65535, 99999, 100000], np.int32)
angle = torch.tensor(positions).double()[:, None] * 10000.0 ** (-torch.arange(0, D, 2).double() / D)
c, s = angle.cos()[:, None], angle.sin()[:, None]
X = leaf(x)
a, b = X[..., : D // 2], X[..., D // 2 :]
half = torch.cat([a * c - b * s, b * c + a * s], -1)
a, b = X[..., 0::2], X[..., 1::2]
inter = torch.stack([a * c - b * s, b * c + a * s], -1).flatten(-2)
save("rope", x=x, positions=positions, dy=dy, y_half=half, dx_half=grads(half, dy, X)[0], y_interleaved=inter, dx_interleaved=grads(inter, dy, X)[0])
