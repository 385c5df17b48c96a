"""The operations of suite `kernels` in PyTorch, each as its users would write it. All take the inputs in the suite's order."""
import math

import torch
import torch.nn.functional as F


def matmul(a, b):
    return [a @ b]


def attention(q, k, v):
    """[batch, time, heads, width] each; the library's own fused kernel where it has one (from PyTorch 2.0 on)."""
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    if hasattr(F, "scaled_dot_product_attention"):
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        time, width = q.shape[-2:]
        future = torch.ones(time, time, dtype=torch.bool, device=q.device).triu(1)
        scores = (q @ k.transpose(-1, -2) / math.sqrt(width)).masked_fill(future, -math.inf)
        y = scores.softmax(-1) @ v
    return [y.transpose(1, 2)]


def channels_first(x):
    """A view; channels are last in the suite's images and weights."""
    return x.movedim(-1, 1)


def convolution(x, w):
    """In groups where a filter sees a part of the channels only."""
    y = F.conv2d(channels_first(x), channels_first(w), padding=1, groups=x.shape[-1] // w.shape[-1])
    return [y.movedim(1, -1)]


def max_pooling(x):
    return [F.max_pool2d(channels_first(x), 2).movedim(1, -1)]


def causal_convolution(x, w):
    taps, width = w.shape
    return [F.conv1d(F.pad(x.transpose(1, 2), (taps - 1, 0)), w.t().unsqueeze(1), groups=width).transpose(1, 2)]


def gru(x, wih, whh, bih, bhh):
    """torch.nn.GRU from a state of zeros."""
    start = torch.zeros(1, x.shape[0], whh.shape[1], device=x.device)
    with torch.no_grad():
        return [torch._VF.gru(x, start, [wih, whh, bih, bhh], True, 1, 0.0, False, False, True)[0]]


def layer_norm(x, gamma, beta):
    return [F.layer_norm(x, gamma.shape, gamma, beta, 1e-5)]


def with_gradients(forward):
    """forward(*inputs) → [y]; given the gradient of y as the last input, gives y and the gradients of the others."""

    def both(*given):
        *inputs, dy = given
        leaves = [x.detach().requires_grad_() for x in inputs]
        (y,) = forward(*leaves)
        return [y.detach(), *torch.autograd.grad(y, leaves, dy)]

    return both


def cross_entropy_gradient(logits, targets, dnll):
    leaf = logits.detach().requires_grad_()
    nll = F.cross_entropy(leaf, targets.long(), reduction="none")
    return [nll.detach(), *torch.autograd.grad(nll, [leaf], dnll)]


def gru_gradient(x, wih, whh, bih, bhh, dy):
    """torch.nn.GRU, cuDNN's on a GPU."""
    leaves = [t.detach().requires_grad_() for t in (x, wih, whh)]
    start = torch.zeros(1, x.shape[0], whh.shape[1], device=x.device)
    weights = [leaves[1], leaves[2], bih, bhh]
    y, _ = torch._VF.gru(leaves[0], start, weights, True, 1, 0.0, True, False, True)
    return [y.detach(), *torch.autograd.grad(y, leaves, dy)]


class AdamW:
    """Its optimiser's tenth step, and those after it; the state belongs to the run."""

    def __init__(self, parameters, gradients, mean, variance):
        self.parameters = parameters.clone().requires_grad_()
        self.parameters.grad = gradients
        # One fused kernel on a GPU, from PyTorch 2.0 on.
        fused = {"fused": True} if parameters.is_cuda else {}
        self.optimiser = torch.optim.AdamW([self.parameters], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.03, **fused)
        step = torch.tensor(9.0, device=parameters.device if fused else "cpu")
        self.optimiser.state[self.parameters] = {"step": step, "exp_avg": mean.clone(), "exp_avg_sq": variance.clone()}

    def __call__(self):
        self.optimiser.step()
        state = self.optimiser.state[self.parameters]
        return [self.parameters.detach(), state["exp_avg"], state["exp_avg_sq"]]


class MatmulHalf:
    """Both matrices in half precision, converted before any run."""

    def __init__(self, a, b):
        self.a, self.b = a.half(), b.half()

    def __call__(self):
        return [self.a @ self.b]


OPERATIONS = {
    "matmul": matmul,
    "matmulAcross": lambda a, b: [a @ b.transpose(1, 2)],
    "layerNorm": layer_norm,
    "softmax": lambda x: [x.softmax(-1)],
    "gelu": lambda x: [F.gelu(x)],
    "sum": lambda x: [x.sum(1)],
    "cumsum": lambda x: [x.cumsum(1)],
    "rowsOf": lambda table, index: [table.index_select(0, index)],
    "gru": gru,
    "convolution": convolution,
    "maxPooling": max_pooling,
    "causalConvolution": causal_convolution,
    "max": lambda x: [x.amax(1)],
    "argmax": lambda x: [x.argmax(1)],
    "variance": lambda x: [x.var(1)],
    "sort": lambda x: [x.sort(1).values],
    "topEight": lambda x: [x.topk(8, 1).values],
    "attention": attention,
    "attentionGradient": with_gradients(attention),
    "layerNormGradient": with_gradients(layer_norm),
    "crossEntropyGradient": cross_entropy_gradient,
    "gruGradient": gru_gradient,
}
STATEFUL = {"adamw": AdamW, "matmulHalf": MatmulHalf}
