"""The suite's transformer in PyTorch, by the names of its weights in a checkpoint."""
import math

import torch
import torch.nn.functional as F


def norm(w, x, name, eps):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


def blocks(config, w, e, batch, time, buckets, start, end):
    """e [batch·time, width]; `buckets` [time, time]: the T5 bucket of each pair of places."""
    width, heads, eps = config["width"], config["heads"], config["normEps"]

    def split(x):
        return x.reshape(batch, time, heads, width // heads).transpose(1, 2)

    future = torch.ones(time, time, dtype=torch.bool, device=e.device).triu(1)
    for i in range(start, end):
        name = f"layers.{i}"
        q, k, v = (split(part) for part in F.linear(norm(w, e, f"{name}.ln1", eps), w[f"{name}.qkv.weight"]).chunk(3, -1))
        bias = w[f"{name}.rel"][buckets].permute(2, 0, 1).masked_fill(future, -math.inf)
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        else:
            y = (q @ k.transpose(-1, -2) / math.sqrt(width // heads) + bias).softmax(-1) @ v
        e = e + F.linear(y.transpose(1, 2).reshape(batch * time, width), w[f"{name}.o.weight"])
        hidden = F.relu(F.linear(norm(w, e, f"{name}.ln2", eps), w[f"{name}.w1.weight"], w[f"{name}.w1.bias"]))
        e = e + F.linear(hidden, w[f"{name}.w2.weight"], w[f"{name}.w2.bias"])
    return e


def head_loss(config, w, e, head, targets):
    y = norm(w, e, "lnf", config["normEps"])
    return F.cross_entropy(F.linear(y, w[f"{head}.weight"], w[f"{head}.bias"]), targets)
