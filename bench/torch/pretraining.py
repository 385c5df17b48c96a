"""The pretraining step of suite `training` in PyTorch: the same transformer, loss and optimiser, from the same weights."""
import math

import torch
import torch.nn.functional as F


class Step:
    """`weights` by their names in a checkpoint; `buckets` [time, time] int: T5 bucket of each pair of places."""

    def __init__(self, config, weights, indices, actions, observations, buckets, compiled):
        self.config = config
        self.weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
        self.indices, self.actions, self.observations = (x.long() for x in (indices, actions, observations))
        self.buckets = buckets.long()
        options = {"fused": True} if indices.is_cuda else {}
        optimiser = config["optimiser"]
        self.optimiser = torch.optim.AdamW(
            self.weights.values(),
            lr=optimiser["learningRate"],
            betas=(optimiser["beta1"], optimiser["beta2"]),
            eps=optimiser["eps"],
            weight_decay=optimiser["weightDecay"],
            **options,
        )
        self.loss = torch.compile(self.loss_of) if compiled else self.loss_of

    def loss_of(self):
        w, config = self.weights, self.config
        width, heads, batch, time = (config[name] for name in ("width", "heads", "batch", "time"))

        def norm(x, name):
            return F.layer_norm(x, [width], w[f"{name}.weight"], w[f"{name}.bias"], config["normEps"])

        def split(x):
            return x.reshape(batch, time, heads, width // heads).transpose(1, 2)

        future = torch.ones(time, time, dtype=torch.bool, device=self.indices.device).triu(1)
        e = F.embedding(self.indices, w["embedding.weight"])
        for i in range(config["depth"]):
            name = f"layers.{i}"
            q, k, v = (split(part) for part in F.linear(norm(e, f"{name}.ln1"), w[f"{name}.qkv.weight"]).chunk(3, -1))
            bias = w[f"{name}.rel"][self.buckets].permute(2, 0, 1).masked_fill(future, -math.inf)
            if hasattr(F, "scaled_dot_product_attention"):
                y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
            else:
                y = (q @ k.transpose(-1, -2) / math.sqrt(width // heads) + bias).softmax(-1) @ v
            e = e + F.linear(y.transpose(1, 2).reshape(batch * time, width), w[f"{name}.o.weight"])
            hidden = F.relu(F.linear(norm(e, f"{name}.ln2"), w[f"{name}.w1.weight"], w[f"{name}.w1.bias"]))
            e = e + F.linear(hidden, w[f"{name}.w2.weight"], w[f"{name}.w2.bias"])
        y = norm(e, "lnf")
        actions = F.cross_entropy(F.linear(y, w["act.weight"], w["act.bias"]), self.actions)
        observations = F.cross_entropy(F.linear(y, w["obs.weight"], w["obs.bias"]), self.observations)
        return actions + config["observationWeight"] * observations

    def __call__(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        self.optimiser.step()
        return [loss.detach()]
