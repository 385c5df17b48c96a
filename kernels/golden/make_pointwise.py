"""Golden vectors of functions of each element, from PyTorch in float64.

    python3 make_pointwise.py OUTDIR SEED

Inputs and upstream gradients F32, outputs and gradients F64 computed in float64 from them. `pointwise` holds random numbers, for each
function `NAME.x`, `NAME.dy`, `NAME.y`, `NAME.dx`; `pointwise_specials` the same of NaN, infinities and the ends of f32, with dy 1.
`pairs` holds `NAME.a`, `NAME.b`, `NAME.dy`, `NAME.y`, `NAME.da`, `NAME.db` of functions of two elements, every pair of specials among
them; `where` likewise with `condition`. Needs numpy and torch. The format is that of make_golden.py.
"""
import json, struct, sys
import numpy as np, torch, torch.nn.functional as F

out, seed = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(seed)
NAMES = {"float32": "F32", "float64": "F64", "int32": "I32"}

def save(name, arrays):
    head, blobs, at = {}, [], 0
    for k, a in arrays.items():
        a = np.ascontiguousarray(a.detach().numpy() if isinstance(a, torch.Tensor) else a); b = a.tobytes()
        head[k] = {"dtype": NAMES[str(a.dtype)], "shape": list(a.shape), "data_offsets": [at, at + len(b)]}
        blobs.append(b); at += len(b)
    h = json.dumps(head).encode(); h += b" " * (-len(h) % 8)
    with open(f"{out}/{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h))); f.write(h)
        for b in blobs: f.write(b)

FUNCTIONS = {
    "relu": torch.relu, "leakyRelu": lambda x: F.leaky_relu(x, 0.01), "elu": F.elu, "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "softplus": F.softplus, "sigmoid": torch.sigmoid,
    "tanh": torch.tanh, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "square": torch.square,
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "erf": torch.erf, "sin": torch.sin, "cos": torch.cos,
    "negate": torch.neg, "abs": torch.abs, "sign": torch.sign, "floor": torch.floor, "round": torch.round,
    "clamp(-0.5,0.75)": lambda x: torch.clamp(x, -0.5, 0.75), "scale(-2.5,3)": lambda x: -2.5 * x + 3,
    **{f"pow({p})": (lambda x, p=p: x ** p) for p in (-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3)},
}
POSITIVE = ("log", "log1p", "sqrt", "rsqrt", "reciprocal", "pow")
SPECIALS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.2e-38, -1.2e-38, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 20.5, -20.5, 80, -80, 1e4, -1e4]

def through(f, x, dy):
    X = torch.tensor(x.astype(np.float64), requires_grad=True); y = f(X)
    return y, torch.autograd.grad(y, X, torch.tensor(dy.astype(np.float64)))[0]

plain, special = {}, {}
for name, f in FUNCTIONS.items():
    x = (rng.standard_normal(67) * 2).astype(np.float32); dy = rng.standard_normal(67).astype(np.float32)
    if name.split("(")[0] in POSITIVE: x = np.abs(x) + np.float32(0.1)
    y, dx = through(f, x, dy); plain |= {f"{name}.x": x, f"{name}.dy": dy, f"{name}.y": y, f"{name}.dx": dx}
    x = np.array(SPECIALS, np.float32); dy = np.ones_like(x)
    y, dx = through(f, x, dy); special |= {f"{name}.x": x, f"{name}.dy": dy, f"{name}.y": y, f"{name}.dx": dx}
save("pointwise", plain)
save("pointwise_specials", special)

PAIRS = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "minimum": torch.minimum, "maximum": torch.maximum}
FEW = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, 2.5], np.float32)
pairs = {}
for name, f in PAIRS.items():
    a = np.concatenate([rng.standard_normal(30).astype(np.float32), np.repeat(FEW, len(FEW))])
    b = np.concatenate([rng.standard_normal(30).astype(np.float32), np.tile(FEW, len(FEW))])
    dy = np.concatenate([rng.standard_normal(30), np.ones(len(FEW) ** 2)]).astype(np.float32)
    A, B = (torch.tensor(v.astype(np.float64), requires_grad=True) for v in (a, b)); y = f(A, B)
    da, db = torch.autograd.grad(y, (A, B), torch.tensor(dy.astype(np.float64)))
    pairs |= {f"{name}.{k}": v for k, v in dict(a=a, b=b, dy=dy, y=y, da=da, db=db).items()}
for name, f in {"lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "eq": torch.eq, "ne": torch.ne}.items():
    y = f(torch.tensor(np.repeat(FEW, len(FEW))), torch.tensor(np.tile(FEW, len(FEW))))
    pairs |= {f"{name}.a": np.repeat(FEW, len(FEW)), f"{name}.b": np.tile(FEW, len(FEW)), f"{name}.y": y.to(torch.float64)}
save("pairs", pairs)

condition = (rng.random((5, 1, 7)) < 0.5)
a, b, dy = (rng.standard_normal(s).astype(np.float32) for s in ((3, 7), (5, 3, 1), (5, 3, 7)))
A, B = (torch.tensor(v.astype(np.float64), requires_grad=True) for v in (a, b)); y = torch.where(torch.tensor(condition), A, B)
da, db = torch.autograd.grad(y, (A, B), torch.tensor(dy.astype(np.float64)))
save("where", {"condition": condition.astype(np.int32), "a": a, "b": b, "dy": dy, "y": y, "da": da, "db": db})
