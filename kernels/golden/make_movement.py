"""Golden vectors from PyTorch, float64, for permutations, places, reductions and sorts.

    python3 make_movement.py OUTDIR SEED

Inputs are drawn in float32 (stored F32, exact), outputs and gradients are computed in float64 from them (stored F64), places are I32.
Names are `case.x`, `case.index`, `case.dy`, `case.y`, `case.dx`, …; the case's numbers stand in its call below and in golden.test.ts.
Needs numpy and torch.
"""
import json, struct, sys
import numpy as np, torch, torch.nn.functional as F

out, seed = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(seed)
torch.set_default_dtype(torch.float64)
NAMES = {"float32": "F32", "float64": "F64", "int32": "I32"}


def save(name, arrays):
    head, blobs, at = {}, [], 0
    for k, a in arrays.items():
        a = a.detach().numpy() if isinstance(a, torch.Tensor) else np.asarray(a)
        if a.dtype == np.int64: a = a.astype(np.int32)
        b = np.ascontiguousarray(a).tobytes()
        head[k] = {"dtype": NAMES[str(a.dtype)], "shape": list(a.shape), "data_offsets": [at, at + len(b)]}
        blobs.append(b); at += len(b)
    h = json.dumps(head).encode(); h += b" " * (-len(h) % 8)
    with open(f"{out}/{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h))); f.write(h)
        for b in blobs: f.write(b)


def rand(*s, scale=1.0): return (rng.standard_normal(s) * scale).astype(np.float32)
def leaf(a): return torch.tensor(a.astype(np.float64), requires_grad=True)


files = {}
def case(file, name, f, x, index=None, **more):
    """One function of x, its output y, and the gradient for a drawn dy."""
    into = files.setdefault(file, {})
    X = leaf(x); y = f(X); dy = rand(*y.shape)
    into.update({f"{name}.x": x, f"{name}.dy": dy, f"{name}.y": y})
    (into[f"{name}.dx"],) = torch.autograd.grad((y * torch.tensor(dy.astype(np.float64))).sum(), X)
    if index is not None: into[f"{name}.index"] = index.astype(np.int32)
    into.update({f"{name}.{k}": v for k, v in more.items()})


x = rand(3, 4, 5)
case("movement", "permute", lambda t: t.permute(2, 0, 1), x)
case("movement", "transpose", lambda t: t.transpose(-2, -1), rand(3, 8, 12))
case("movement", "permute6", lambda t: t.permute(5, 3, 1, 4, 2, 0), rand(2, 3, 2, 4, 3, 2))
case("movement", "flip", lambda t: t.flip(0, 2), x)
case("movement", "steps", lambda t: t[:, 1:4:2], x)
case("movement", "tile", lambda t: t.repeat(2, 1, 3), x)
case("movement", "repeat", lambda t: t.repeat_interleave(3, 1), x)
case("movement", "pad", lambda t: F.pad(t, (2, 1, -1, 3), value=1.5), x)
case("movement", "expand", lambda t: t.expand(3, 4, 5), rand(3, 1, 5))

i = rng.integers(0, 7, (4, 9))
case("places", "take", lambda t: torch.take_along_dim(t, torch.tensor(i), 1), rand(4, 7), i)
j = rng.integers(0, 6, (3, 2, 5))
case("places", "gather", lambda t: t.gather(1, torch.tensor(j)), rand(3, 6, 5), j)
k = rng.integers(0, 7, 90)
case("places", "select0", lambda t: t.index_select(0, torch.tensor(k)), rand(7, 4), k)
case("places", "select2", lambda t: t.index_select(2, torch.tensor(k[:11])), rand(2, 3, 7), k[:11])
base = rand(7, 5)
case("places", "add", lambda t: torch.tensor(base.astype(np.float64)).index_add(0, torch.tensor(k), t), rand(90, 5), k, base=base)

ties = np.round(2 * rand(5, 6, 7)) / 2
for axis in (0, 1, 2):
    case("reductions", f"max{axis}", lambda t: t.amax(axis), ties)
    case("reductions", f"min{axis}", lambda t: t.amin(axis), ties)
    case("reductions", f"variance{axis}", lambda t: t.var(axis), x)
    case("reductions", f"deviation{axis}", lambda t: t.std(axis, unbiased=False), x)
    case("reductions", f"logSumExp{axis}", lambda t: t.logsumexp(axis), (x * 20).astype(np.float32))
    # PyTorch promises no place among equal ones: here there are none.
    files["reductions"][f"places{axis}.x"] = x
    files["reductions"][f"places{axis}.max"] = torch.tensor(x).argmax(axis)
    files["reductions"][f"places{axis}.min"] = torch.tensor(x).argmin(axis)
case("reductions", "varianceAll", lambda t: t.var(correction=0, dim=None).reshape(1), (x + 100).astype(np.float32))

for axis in (0, 1):
    for falling in (False, True):
        s = torch.sort(torch.tensor(ties[0]), dim=axis, descending=falling, stable=True)
        case("sorts", f"sort{axis}{'Falling' if falling else ''}", 
             lambda t: torch.sort(t, dim=axis, descending=falling, stable=True)[0], ties[0], s[1].numpy())
special = rand(2, 9); special[0, 3] = np.nan; special[1, 2] = np.inf; special[1, 5] = -np.inf; special[0, 7] = np.nan
for falling in (False, True):
    s = torch.sort(torch.tensor(special), dim=1, descending=falling, stable=True)
    files["sorts"][f"special{'Falling' if falling else ''}.x"] = special
    files["sorts"][f"special{'Falling' if falling else ''}.index"] = s[1]
t = rand(4, 33)
case("sorts", "top", lambda v: torch.topk(v, 5)[0], t, torch.topk(torch.tensor(t), 5)[1].numpy())
case("sorts", "least", lambda v: torch.topk(v, 3, dim=0, largest=False)[0], t, torch.topk(torch.tensor(t), 3, dim=0, largest=False)[1].numpy())

for name, arrays in files.items(): save(name, arrays)
