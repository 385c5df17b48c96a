"""Runs the bench's work in PyTorch: one JSON request a line on stdin, one JSON answer a line on stdout. Arrays travel as raw files."""
import json
import os
import re
import sys
import time

import torch
from operations import OPERATIONS, STATEFUL
from training import Discovery, Pretraining

TRAINING = {"pretraining": Pretraining, "discovery": Discovery}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def load(folder, given):
    data = torch.from_file(os.path.join(folder, given["file"]), size=given["count"], dtype=getattr(torch, given["dtype"]))
    return data.reshape(given["shape"]).to(DEVICE, copy=True)


def blas():
    """What matrix products run on: the library that is loaded, for one PyTorch can be linked to any that has the interface."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open("/proc/self/maps") as maps:
            loaded = {line.split()[-1] for line in maps}
    except OSError:
        loaded = set()
    for name, pattern in [("OpenBLAS", "openblas"), ("BLIS", "blis"), ("reference BLAS", r"/blas/libblas\.so"), ("ATLAS", "atlas")]:
        if any(re.search(pattern, file) for file in loaded):
            return name
    return "BLAS " + (re.findall(r"BLAS_INFO=(\w+)", torch.__config__.show()) or ["unknown"])[0]


def processor():
    """Threads and libraries of a PyTorch that computes on the processor."""
    parts = [f"CPU, {torch.get_num_threads()} threads", blas()]
    return ", ".join(parts + (["oneDNN"] if torch.backends.mkldnn.is_available() else []))


def finish():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def variant(name):
    """`eager`, `compile`; `-tf32` lets matrix products round their inputs."""
    tf32 = name.endswith("-tf32")
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    return name.split("-")[0] == "compile"


def prepare(request):
    compiled = variant(request["variant"])
    inputs = [load(request["folder"], given) for given in request["inputs"]]
    operation = request["operation"]
    if operation in TRAINING:
        # Sets of weights come first, by their names.
        config, tables = request["config"], []
        for names in config["weights"]:
            tables.append(dict(zip(names, inputs)))
            inputs = inputs[len(names) :]
        return TRAINING[operation](config, *tables, *inputs, compiled)
    if operation in STATEFUL:
        return STATEFUL[operation](*inputs)
    work = torch.compile(OPERATIONS[operation]) if compiled else OPERATIONS[operation]
    return lambda: work(*inputs)


def variants():
    forms = ["eager", "compile"] if hasattr(torch, "compile") else ["eager"]
    return forms + [f"{form}-tf32" for form in forms] if DEVICE == "cuda" else forms


def main():
    jobs, last = {}, {}
    torch.set_num_threads(int(sys.argv[1]))
    on_gpu = DEVICE == "cuda"
    device = torch.cuda.get_device_name() if on_gpu else processor()
    print(json.dumps({"version": torch.__version__, "device": device, "onGpu": on_gpu, "variants": variants()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        job = request.get("job")
        try:
            if request["do"] == "prepare":
                jobs[job] = prepare(request)
                answer = {}
            elif request["do"] == "run":
                variant(request["variant"])
                finish()
                start, used = time.perf_counter(), time.process_time()
                for _ in range(request["repeats"]):
                    last[job] = jobs[job]()
                finish()
                each = 1000 / request["repeats"]
                answer = {"wall": (time.perf_counter() - start) * each, "processor": (time.process_time() - used) * each}
            elif request["do"] == "outputs":
                files = []
                for i, tensor in enumerate(last[job]):
                    file = os.path.join(request["folder"], f"out-{i}")
                    with open(file, "wb") as out:
                        out.write(tensor.float().contiguous().cpu().numpy().tobytes())
                    files.append(file)
                answer = {"files": files}
            else:
                jobs.pop(job, None)
                last.pop(job, None)
                answer = {}
        except Exception as error:  # whatever fails, the suite goes on with the next row
            answer = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


main()
