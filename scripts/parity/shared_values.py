"""Numbers that this script and the Swift tests both generate, so no weights need to be stored.

Element i of the tensor called `name` is u = 2 · k / 2^24 − 1, where k are the upper 24 bits of
SplitMix64's finaliser of FNV-1a(name) + i · 0x9E3779B97F4A7C15. `Sources/TestSupport/Parity/
SharedValues.swift` is the Swift version.
"""
import numpy as np

MASK = 0xFFFFFFFFFFFFFFFF


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name, count):
    """`count` doubles in [-1, 1), multiples of 2^-23."""
    result = np.empty(count, dtype=np.float64)
    for start in range(0, count, 1 << 22):
        i = np.arange(start, min(count, start + (1 << 22)), dtype=np.uint64)
        z = np.uint64(fnv1a(name)) + i * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
        result[start : start + len(i)] = (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1
    return result


def ends_branch(name):
    """Whether it is the scale of the norm at the end of a branch of three convolutions, to which a shortcut is added.

    `bn3` in ResNet's and timm's names, `conv.3` in MobileNetV2.
    """
    if name.endswith("bn3.weight"):
        return not (name.startswith("blocks") and name.endswith(".0.bn3.weight"))
    return name in {f"features.{n}.conv.3.weight" for n in (3, 5, 6, 8, 9, 10, 12, 13, 15, 16)}


def parameter(name, shape):
    """The values of a parameter or running statistic of a torchvision model, fp32."""
    shape = tuple(shape)
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("running_mean"):
        values = 0.1 * u
    elif name.endswith("running_var"):
        values = 1 + 0.5 * u
    elif len(shape) > 1:
        fan_in = int(np.prod(shape[1:]))
        values = np.sqrt(3.0 / fan_in) * u
    elif name.endswith("bias"):
        values = 0.1 * u
    elif ends_branch(name):
        # In a long row of blocks that each add as much as there is, rounding errors grow a thousandfold.
        values = 0.1 + 0.025 * u
    else:
        values = 1 + 0.25 * u
    return values.astype(np.float32).reshape(shape)


def load(model):
    """Overwrites all parameters and running statistics of a torchvision model."""
    import torch

    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                tensor.copy_(torch.from_numpy(parameter(name, tensor.shape)))
    return model


def photos(count, size, name="photos"):
    """A batch [N, 3, S, S] in [-2, 2); the elements of a photo are numbered in the order H, W, C."""
    u = 2 * uniform(name, count * size * size * 3)
    return u.astype(np.float32).reshape(count, size, size, 3).transpose(0, 3, 1, 2).copy()
