"""The steps of suite `training` in PyTorch: the same model, loss and optimiser, from the same weights."""
import torch
import torch.nn.functional as F
from transformer import blocks, head_loss


class Step:
    """A whole step: loss, gradient, AdamW. `loss_of` is what a kind of training minimises."""

    def __init__(self, config, trained, compiled):
        self.config = config
        self.weights = {name: value.clone().requires_grad_() for name, value in trained.items()}
        given = config["optimiser"]
        cuda = next(iter(trained.values())).is_cuda
        self.optimiser = torch.optim.AdamW(
            self.weights.values(),
            lr=given["learningRate"],
            betas=(given["beta1"], given["beta2"]),
            eps=given["eps"],
            weight_decay=given["weightDecay"],
            **({"fused": True} if cuda else {}),
        )
        self.loss = torch.compile(self.loss_of) if compiled else self.loss_of

    def __call__(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(*self.drawn())
        loss.backward()
        self.optimiser.step()
        return [loss.detach()]

    def drawn(self):
        """What differs from step to step."""
        return []


class Pretraining(Step):
    def __init__(self, config, trained, indices, actions, observations, buckets, compiled):
        super().__init__(config, trained, compiled)
        self.indices, self.actions, self.observations, self.buckets = (x.long() for x in (indices, actions, observations, buckets))

    def loss_of(self):
        w, config = self.weights, self.config
        e = F.embedding(self.indices, w["embedding.weight"])
        e = blocks(config, w, e, config["batch"], config["time"], self.buckets, 0, config["depth"])
        observations = head_loss(config, w, e, "obs", self.observations)
        return head_loss(config, w, e, "act", self.actions) + config["observationWeight"] * observations


class Discovery(Step):
    """`frozen`: the base model. `noise` [steps, batch·time, latent]: what codes are sampled with, step after step."""

    def __init__(self, config, trained, frozen, indices, actions, partner, buckets, noise, compiled):
        super().__init__(config, trained, compiled)
        self.frozen, self.noise = frozen, noise
        self.indices, self.actions, self.partner, self.buckets = (x.long() for x in (indices, actions, partner, buckets))
        self.steps = 0

    def drawn(self):
        self.steps += 1
        return [self.noise[(self.steps - 1) % len(self.noise)]]

    def recur(self, name, x):
        w = self.weights
        weights = [w[f"{name}.{part}_l0"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        start = torch.zeros(1, x.shape[0], weights[1].shape[1], device=x.device)
        return torch._VF.gru(x, start, weights, True, 1, 0.0, True, False, True)[0]

    def loss_of(self, noise):
        w, base, config = self.weights, self.frozen, self.config
        batch, time, width, latent, rank = (config[name] for name in ("batch", "time", "width", "latent", "rank"))
        with torch.no_grad():
            e = F.embedding(self.indices, base["embedding.weight"])
            residual = blocks(config, base, e, batch, time + 1, self.buckets, 0, config["layer"])
            seen = blocks(config, base, residual, batch, time + 1, self.buckets, config["layer"], config["embedderLayer"])
            seen = F.layer_norm(seen, [width]).reshape(batch, time + 1, width)[self.partner]
            e = residual.reshape(batch, time + 1, width)[:, :time]
            x = F.layer_norm(e, [width])
        h = self.recur("gru", x)
        before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], 1)
        context = torch.cat([x, before], -1)
        s = self.recur("bwd", seen.flip(1))[:, -1:]
        step = F.linear(context, w["enc.0.step.weight"], w["enc.0.bias"])
        code = F.linear(F.relu(step + F.linear(s, w["enc.0.sequence.weight"])), w["enc.2.weight"], w["enc.2.bias"])
        mu, log_sigma = code[..., :latent], code[..., latent:].clamp(-5, 3)
        kl = ((torch.exp(2 * log_sigma) + mu * mu - 1) / 2 - log_sigma).sum(-1)
        proposal = mu + torch.exp(log_sigma) * noise.reshape(mu.shape)
        pre = F.linear(context, w["sw1.weight"], w["sw1.bias"])
        z = proposal[:, 0]
        codes = [z]
        for t in range(1, time):
            hidden = F.relu(pre[:, t] + F.linear(z, w["swz.weight"]))
            beta = torch.sigmoid(F.linear(hidden, w["sw2.weight"], w["sw2.bias"]))
            z = beta * proposal[:, t] + (1 - beta) * z
            codes.append(z)
        c = F.relu(F.linear(torch.stack(codes, 1), w["ctl.w.weight"], w["ctl.w.bias"]))
        c = torch.cat([c, torch.ones_like(c[..., :1])], -1).reshape(batch * time, -1, 1)
        e = e.reshape(batch * time, width)
        u = (c * (e @ w["ctl.A"].T).reshape(batch * time, -1, rank)).sum(1, keepdim=True)
        steered = e + (c * u).reshape(batch * time, -1) @ w["ctl.B"]
        buckets = self.buckets[:time, :time]
        last = blocks(config, base, steered, batch, time, buckets, config["layer"], config["depth"])
        return head_loss(config, base, last, "act", self.actions) + config["alpha"] * kl.mean()
