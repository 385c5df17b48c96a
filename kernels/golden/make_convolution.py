"""Golden vectors of convolutions and pooling from PyTorch, float64.

    python3 make_convolution.py

Inputs are drawn in float32 (stored F32, exact); outputs and gradients are computed in float64 from them (stored F64). Images are stored
[batch, height, width, channels] and weights [filters, height, width, channels of a group], as the kernels read them; PyTorch's own order is
[.., channels, height, width]. Needs numpy and torch; writes into more/.
"""
import numpy as np, torch, torch.nn.functional as F
from vectors import Draws, gradients as grads, leaf, save

draws = Draws(24)
rand, rng = draws.normal, draws.rng
first, last = lambda t: t.permute(0, 3, 1, 2), lambda t: t.permute(0, 2, 3, 1)

# causal 1-D convolution, each channel by itself: x [batch, time, width], w [taps, width]
for name, (batch, time, width, taps) in {"": (3, 19, 12, 4), "_odd": (2, 7, 5, 3)}.items():
    x, w, b, dy = rand(batch, time, width), rand(taps, width), rand(width), rand(batch, time, width)
    X, W, B = leaf(x), leaf(w), leaf(b)
    y = F.conv1d(F.pad(X.transpose(1, 2), (taps - 1, 0)), W.t()[:, None], B, groups=width).transpose(1, 2)
    g = grads(y, dy, X, W, B)
    save(f"causal_convolution{name}", x=x, w=w, b=b, dy=dy, y=y, dx=g[0], dw=g[1], db=g[2])

# 2-D: height, width, channels, filters, kernel, stride, padding, dilation, groups
plain = {"": (9, 11, 8, 12, (3, 3), (1, 1), (1, 1), (1, 1), 1), "_odd": (10, 7, 3, 5, (3, 2), (2, 1), (1, 0), (1, 2), 1),
         "_groups": (8, 9, 6, 4, (3, 3), (2, 2), (1, 2), (1, 1), 2), "_depthwise": (7, 8, 8, 8, (3, 3), (1, 1), (1, 1), (1, 1), 8)}
for name, (height, width, channels, filters, kernel, stride, padding, dilation, groups) in plain.items():
    x, w, b = rand(2, height, width, channels), rand(filters, *kernel, channels // groups, scale=.3), rand(filters)
    X, W, B = leaf(x), leaf(w), leaf(b)
    y = last(F.conv2d(first(X), first(W), B, stride, padding, dilation, groups))
    dy = rand(*y.shape); g = grads(y, dy, X, W, B)
    meta = dict(stride=list(stride), padding=list(padding), dilation=list(dilation), groups=groups)
    save(f"convolution{name}", meta, x=x, w=w, b=b, dy=dy, y=y, dx=g[0], dw=g[1], db=g[2])

# transposed: channels in, channels out, kernel, stride, padding, what is added to the output's size, dilation, groups
turned = {"": (8, 4, (3, 3), (2, 2), (1, 1), (1, 1), (1, 1), 1), "_groups": (6, 4, (2, 3), (1, 2), (0, 1), (0, 0), (2, 1), 2)}
for name, (channels, filters, kernel, stride, padding, extra, dilation, groups) in turned.items():
    x, w, b = rand(2, 5, 6, channels), rand(channels, *kernel, filters // groups, scale=.3), rand(filters)
    X, W, B = leaf(x), leaf(w), leaf(b)
    y = last(F.conv_transpose2d(first(X), first(W), B, stride, padding, extra, groups, dilation))
    dy = rand(*y.shape); g = grads(y, dy, X, W, B)
    meta = dict(stride=list(stride), padding=list(padding), outputPadding=list(extra), dilation=list(dilation), groups=groups)
    save(f"transposed_convolution{name}", meta, x=x, w=w, b=b, dy=dy, y=y, dx=g[0], dw=g[1], db=g[2])

# pooling: numbers of few values, so that a window has several greatest ones
for name, (height, width, channels, kernel, stride, padding) in {"": (8, 10, 4, (2, 2), (2, 2), (0, 0)), "_odd": (7, 9, 3, (3, 2), (2, 1), (1, 1))}.items():
    x = np.round(rand(2, height, width, channels) * 2).astype(np.float32) / 2
    X = leaf(x); pooled = {}
    for kind, y in {"max": F.max_pool2d(first(X), kernel, stride, padding), "average": F.avg_pool2d(first(X), kernel, stride, padding),
                    "inside": F.avg_pool2d(first(X), kernel, stride, padding, count_include_pad=False)}.items():
        y = last(y); dy = rand(*y.shape)
        pooled |= {f"{kind}_y": y, f"{kind}_dy": dy, f"{kind}_dx": grads(y, dy, X)[0]}
    save(f"pooling{name}", dict(kernel=list(kernel), stride=list(stride), padding=list(padding)), x=x, **pooled)
