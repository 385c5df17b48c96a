"""Golden vectors of scans and a tanh network from PyTorch, as make_golden.py makes them: inputs F32, outputs and gradients F64, in float64.

    python3 make_recurrence.py OUTDIR

Needs numpy and torch.
"""
import json, struct, sys
import numpy as np, torch

out = sys.argv[1]
rng = np.random.default_rng(24)
torch.set_default_dtype(torch.float64)

def save(name, **arrays):
    head, blobs, at = {}, [], 0
    for k, a in arrays.items():
        a = np.ascontiguousarray(a.detach().numpy() if isinstance(a, torch.Tensor) else a)
        head[k] = {"dtype": {"float32": "F32", "float64": "F64"}[str(a.dtype)], "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        blobs.append(a.tobytes()); at += a.nbytes
    h = json.dumps(head).encode(); h += b" " * (-len(h) % 8)
    with open(f"{out}/{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h))); f.write(h)
        for b in blobs: f.write(b)

def rand(*s, scale=1.0): return (rng.standard_normal(s) * scale).astype(np.float32)
def leaf(a): return torch.tensor(a.astype(np.float64), requires_grad=True)
def grads(y, dy, *xs): return torch.autograd.grad((y * torch.tensor(dy.astype(np.float64))).sum(), xs)

# cumulative sum and maximum along the middle axis; the maximum has a NaN and infinities
x, dy = rand(2, 150, 3), rand(2, 150, 3)
X = leaf(x); y = torch.cumsum(X, 1)
special = rand(1, 40, 2); special[0, 3, 0] = -np.inf; special[0, 20, 0] = np.inf; special[0, 30, 1] = np.nan
save("cumulative", x=x, dy=dy, sum=y, dx=grads(y, dy, X)[0], special=special, max=torch.cummax(torch.tensor(special.astype(np.float64)), 1)[0],
     special_sum=torch.cumsum(torch.tensor(special.astype(np.float64)), 1))

# h_t = a_t h_{t-1} + b_t, step by step
a, b, h0, dy = rand(2, 130, 4, scale=.7), rand(2, 130, 4), rand(2, 4), rand(2, 130, 4)
A, B, H = leaf(a), leaf(b), leaf(h0); h, states = H, []
for t in range(130): h = A[:, t] * h + B[:, t]; states.append(h)
y = torch.stack(states, 1); g = grads(y, dy, A, B, H)
save("linear_recurrence", a=a, b=b, h0=h0, dy=dy, h=y, da=g[0], db=g[1], dh0=g[2])

# torch.nn.RNN with tanh over projected inputs: an identity projects them
hidden = 12
x, w, bias, h0, dy = rand(3, 9, hidden), rand(hidden, hidden, scale=.3), rand(hidden), rand(3, hidden), rand(3, 9, hidden)
rnn = torch.nn.RNN(hidden, hidden, batch_first=True)
rnn.weight_ih_l0.data = torch.eye(hidden); rnn.bias_ih_l0.data = torch.zeros(hidden)
rnn.weight_hh_l0.data, rnn.bias_hh_l0.data = torch.tensor(w.astype(np.float64)), torch.tensor(bias.astype(np.float64))
X, H = leaf(x), leaf(h0); y, _ = rnn(X, H[None]); g = grads(y, dy, X, H, rnn.weight_hh_l0, rnn.bias_hh_l0)
save("rnn", x=x, w_hh=w, b_hh=bias, h0=h0, dy=dy, h=y, dx=g[0], dh0=g[1], dw_hh=g[2], db_hh=g[3])
