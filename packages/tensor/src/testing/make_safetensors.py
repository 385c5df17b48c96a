"""Writes dtypes.safetensors, with PyTorch and the format's text alone: numbers of every dtype and, as F64, what they are.

`NAME` holds numbers of dtype NAME, `NAME.values` the same numbers as F64. `single` are F32 numbers; `single.BF16` and `single.F16` what
PyTorch rounds them to. Usage: python3 make_safetensors.py [FILE]
"""
import json
import os
import struct
import sys

import numpy as np
import torch

# Wide dtypes first, as the reference implementation orders its files; names within a dtype.
ORDER = ["U64", "I64", "F64", "F32", "U32", "I32", "BF16", "F16", "U16", "I16", "I8", "U8", "BOOL"]
FLOATS = [0.0, -0.0, 1.0, -1.5, 1 / 3, 65504.0, -65504.0, 2.0**-14, 2.0**-24, -(2.0**-20), 1e-3, 300.25, float("inf"), float("-inf"), float("nan")]


def bits16(tensor):
    return tensor.contiguous().view(torch.int16).numpy().view("<u2")


def integers(kind):
    info = np.iinfo(kind)
    return np.array([info.min, info.max, 0, 1, info.max // 3, info.min // 7], dtype=kind)


def singles():
    """Ties, denormals, the ends of both ranges, and numbers of all sizes."""
    rng = np.random.default_rng(1)
    words = rng.integers(0, 2**32, 500, dtype=np.uint64).astype("<u4").view("<f4")
    sizes = (rng.standard_normal(400) * 2.0 ** rng.integers(-30, 18, 400)).astype("<f4")
    ties = np.array([1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 1 + 3 * 2**-11, 65519.996, 65520, 65536, 2**-25, 3 * 2**-25, 3.4e38], dtype="<f4")
    return np.concatenate([words, sizes, ties, -ties, np.array(FLOATS, dtype="<f4")])


def tensors():
    made = {}

    def add(dtype, array, values, shape):
        made[dtype] = (dtype, array, shape)
        made[dtype + ".values"] = ("F64", np.asarray(values, dtype="<f8"), shape)

    for dtype, kind in {"F32": "<f4", "F64": "<f8"}.items():
        numbers = np.array(FLOATS, dtype=kind)
        add(dtype, numbers, numbers, [3, 5])
    for dtype, kind in {"BF16": torch.bfloat16, "F16": torch.float16}.items():
        numbers = torch.tensor(FLOATS, dtype=torch.float32).to(kind)
        add(dtype, bits16(numbers), numbers.double().numpy(), [3, 5])
    for dtype in ["I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8"]:
        numbers = integers({"I": "int", "U": "uint"}[dtype[0]] + dtype[1:])
        add(dtype, numbers.astype(numbers.dtype.newbyteorder("<")), numbers.astype("f8"), [2, 3])
    truth = np.array([1, 0, 0, 1, 1], dtype="u1")
    add("BOOL", truth, truth, [5])
    made["scalar"] = ("BF16", bits16(torch.tensor([2.5], dtype=torch.bfloat16)), [])
    made["empty"] = ("F16", np.zeros(0, dtype="<u2"), [2, 0, 3])
    single = singles()
    made["single"] = ("F32", single, [len(single)])
    for dtype, kind in {"BF16": torch.bfloat16, "F16": torch.float16}.items():
        made["single." + dtype] = (dtype, bits16(torch.from_numpy(single.copy()).to(kind)), [len(single)])
    return made


def write(path, made, metadata):
    ordered = sorted(made.items(), key=lambda item: (ORDER.index(item[1][0]), item[0]))
    header, at = {"__metadata__": metadata}, 0
    for name, (dtype, array, shape) in ordered:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, (_, array, _) in ordered:
            file.write(array.tobytes())


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    write(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "dtypes.safetensors"), tensors(), {"format": "pt"})
