"""What the scripts that make golden vectors share. Inputs are drawn in float32 (stored F32, exact); outputs and gradients are computed
in float64 from those float32 inputs (stored F64)."""
import json, pathlib, struct
import numpy as np, torch

torch.set_default_dtype(torch.float64)
NAMES = {"float32": "F32", "float64": "F64", "int32": "I32", "uint32": "U32"}
FOLDER = pathlib.Path(__file__).parent / "more"


def save(name, meta=None, **arrays):
    """Writes FOLDER/name.safetensors: 8-byte little-endian header length, JSON header, raw data."""
    head, blobs, at = {}, [], 0
    if meta:
        head["__metadata__"] = {k: str(v) for k, v in meta.items()}
    for k, a in arrays.items():
        a = a.detach().numpy() if isinstance(a, torch.Tensor) else np.asarray(a)
        b = np.ascontiguousarray(a).tobytes()
        head[k] = {"dtype": NAMES[str(a.dtype)], "shape": list(a.shape), "data_offsets": [at, at + len(b)]}
        blobs.append(b)
        at += len(b)
    h = json.dumps(head).encode()
    h += b" " * (-len(h) % 8)
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / f"{name}.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + b"".join(blobs))


class Draws:
    """Normal numbers in float32 by a seed."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def normal(self, *shape, scale=1.0):
        return (self.rng.standard_normal(shape) * scale).astype(np.float32)


def leaf(a):
    return torch.tensor(a.astype(np.float64), requires_grad=True)


def gradients(y, dy, *leaves):
    """Of Σ y·dy with respect to the leaves."""
    return torch.autograd.grad((y * torch.tensor(dy.astype(np.float64))).sum(), leaves)
