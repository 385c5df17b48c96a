"""Golden vector of a whole Hawk block (arXiv 2402.19427, figure 2) with its gradients, from PyTorch: inputs F32, outputs and gradients
F64, in float64.

    python3 make_hawk.py

Needs numpy and torch. The block is LN -> recurrent mixer -> add; LN -> ReLU MLP -> add (arXiv 2512.20605, appendix). The mixer:
GeLU(tanh) of one projection, times the RG-LRU of a causal convolution of another, projected back.
"""
import math
import torch
import torch.nn.functional as F
from vectors import Draws, leaf, save

B, T, D, HEADS, TAPS, MLP = 3, 13, 24, 3, 4, 20
SHARE = D // HEADS
draws = Draws(35)

def weight(*shape):
    return draws.normal(*shape, scale=1 / math.sqrt(shape[-1]))

given = {
    "ln1.weight": 1 + draws.normal(D, scale=.1), "ln1.bias": draws.normal(D, scale=.1),
    "ln2.weight": 1 + draws.normal(D, scale=.1), "ln2.bias": draws.normal(D, scale=.1),
    "x.weight": weight(D, D), "x.bias": draws.normal(D, scale=.1),
    "y.weight": weight(D, D), "y.bias": draws.normal(D, scale=.1),
    "conv.weight": draws.normal(TAPS, D, scale=.5), "conv.bias": draws.normal(D, scale=.1),
    # Of each head: rows of the recurrence gates, then rows of the input gates.
    "gates.weight": weight(HEADS, 2 * SHARE, SHARE),
    # Of all recurrence gates, then of all input gates.
    "gates.bias": draws.normal(2 * D, scale=.1),
    "lambda": draws.normal(D) - 2,
    "o.weight": weight(D, D), "o.bias": draws.normal(D, scale=.1),
    "w1.weight": weight(MLP, D), "w1.bias": draws.normal(MLP, scale=.1),
    "w2.weight": weight(D, MLP), "w2.bias": draws.normal(D, scale=.1),
}
x, dy = draws.normal(B, T, D), draws.normal(B, T, D)

p = {name: leaf(array.astype("float32")) for name, array in given.items()}
X = leaf(x)

read = F.layer_norm(X, (D,), p["ln1.weight"], p["ln1.bias"], 1e-5)
branch = F.linear(read, p["x.weight"], p["x.bias"])
through = F.linear(read, p["y.weight"], p["y.bias"])
through = .5 * through * (1 + torch.tanh(math.sqrt(2 / math.pi) * (through + .044715 * through ** 3)))
# torch's convolution wants [batch, channels, time], and a filter [channels, 1, taps] for each channel by itself.
padded = F.pad(branch.transpose(1, 2), (TAPS - 1, 0))
seen = F.conv1d(padded, p["conv.weight"].t()[:, None, :], p["conv.bias"], groups=D).transpose(1, 2)
block_diagonal = lambda rows: torch.block_diag(*[p["gates.weight"][h, rows] for h in range(HEADS)])
r = torch.sigmoid(F.linear(seen, block_diagonal(slice(0, SHARE)), p["gates.bias"][:D]))
i = torch.sigmoid(F.linear(seen, block_diagonal(slice(SHARE, None)), p["gates.bias"][D:]))
a = torch.exp(-8 * F.softplus(p["lambda"]) * r)
h, states = torch.zeros(B, D), []
for t in range(T):
    h = a[:, t] * h + torch.sqrt(1 - a[:, t] ** 2) * i[:, t] * seen[:, t]
    states.append(h)
mixed = X + F.linear(torch.stack(states, 1) * through, p["o.weight"], p["o.bias"])
hidden = torch.relu(F.linear(F.layer_norm(mixed, (D,), p["ln2.weight"], p["ln2.bias"], 1e-5), p["w1.weight"], p["w1.bias"]))
y = mixed + F.linear(hidden, p["w2.weight"], p["w2.bias"])

names = list(given)
gradients = torch.autograd.grad((y * torch.tensor(dy.astype("float64"))).sum(), [X, *[p[name] for name in names]])
save(
    "hawk_block", {"heads": HEADS}, x=x, dy=dy, y=y, dx=gradients[0],
    **{name: array.astype("float32") for name, array in given.items()},
    **{f"d {name}": gradient for name, gradient in zip(names, gradients[1:])},
)
