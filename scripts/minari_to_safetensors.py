"""Converts a Minari data set (HDF5: episode_0, episode_1, ... with observations and actions) to the file that
`coxswain pretrain --demonstrations FILE` reads.

    python scripts/minari_to_safetensors.py main_data.hdf5 demonstrations.safetensors

Needs h5py, numpy and safetensors: pip install h5py numpy safetensors
"""

import argparse
import sys


def need(name):
    """A module, or a sentence on how to get it."""
    try:
        return __import__(name, fromlist=["numpy"] if name == "safetensors" else [])
    except ImportError:
        sys.exit(f"{name} is not installed, which this script needs. Install it: pip install h5py numpy safetensors")


def leaves(group, path=""):
    """Arrays of a data set or of a group of them, by their place: '' or '.position'."""
    if not hasattr(group, "keys"):
        return {path: group[()]}
    found = {}
    for name in sorted(group.keys()):
        found.update(leaves(group[name], f"{path}.{name}"))
    return found


def number(name):
    return int(name.rsplit("_", 1)[1])


def narrow(numpy, array, of):
    """Integers as 32 bits, real numbers as f32; bytes of pictures as they are."""
    if array.dtype == numpy.uint8:
        return array
    if array.dtype.kind in "iub":
        return array.astype(numpy.int32)
    if array.dtype.kind == "f":
        return array.astype(numpy.float32)
    sys.exit(f"{of} holds {array.dtype}, expected numbers. Leave it out of the data set.")


def convert(numpy, episodes):
    """Padded arrays by name. `episodes`: mappings with observations and actions, as h5py gives them."""
    read = []
    for at, episode in enumerate(episodes):
        missing = [name for name in ("observations", "actions") if name not in episode]
        if missing:
            sys.exit(f"Episode {at} has no {missing[0]}, expected observations and actions. Is this a Minari data set?")
        observations, actions = leaves(episode["observations"]), leaves(episode["actions"])
        length = len(next(iter(actions.values())))
        for name, array in {**{f"observations{k}": v for k, v in observations.items()}, **{f"actions{k}": v for k, v in actions.items()}}.items():
            expected = length + 1 if name.startswith("observations") else length
            if len(array) != expected:
                sys.exit(f"Episode {at}: {name} has {len(array)} steps, expected {expected}. The final observation belongs to it.")
        if length > 0:
            read.append((length, observations, actions))
    if not read:
        sys.exit("There are no episodes with a step, expected at least one.")
    horizon = max(length for length, _, _ in read)
    out = {"length": numpy.array([length for length, _, _ in read], dtype=numpy.int32)}
    for what, part, steps in (("observation", 1, horizon + 1), ("action", 2, horizon)):
        for path in read[0][part]:
            first = narrow(numpy, read[0][part][path], what + path)
            padded = numpy.zeros((len(read), steps) + first.shape[1:], dtype=first.dtype)
            for i, episode in enumerate(read):
                array = narrow(numpy, episode[part][path], what + path)
                if array.shape[1:] != first.shape[1:]:
                    sys.exit(f"Episode {i}: {what}{path} has shape {array.shape[1:]}, expected {first.shape[1:]} as the first one.")
                padded[i, : len(array)] = array
            out[what + path] = padded
    return out


def main():
    parser = argparse.ArgumentParser(description="Minari (HDF5) to safetensors, for coxswain pretrain --demonstrations")
    parser.add_argument("source", help="main_data.hdf5 of a Minari data set")
    parser.add_argument("target", help="file to write")
    asked = parser.parse_args()
    h5py, numpy = need("h5py"), need("numpy")
    save_file = need("safetensors").numpy.save_file
    with h5py.File(asked.source, "r") as data:
        names = sorted((name for name in data if name.startswith("episode_")), key=number)
        out = convert(numpy, [data[name] for name in names])
    save_file(out, asked.target)
    print(f"Wrote {asked.target}: {len(out['length'])} episodes, longest {max(out['length'])} steps")


if __name__ == "__main__":
    main()
