"""Writes files as `torch.save` does, without PyTorch, for the check of fetch-weights."""
import collections
import io
import pickle
import struct
import sys
import types
import zipfile

from torch_file import LEGACY_MAGIC, TYPES


class FakeTensor:
    """Elements that are written with given strides."""

    def __init__(self, key, kind, data, offset, shape, strides):
        self.storage = FakeStorage(key, kind, data)
        self.offset, self.shape, self.strides = offset, shape, strides

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        hooks = collections.OrderedDict()
        return rebuild, (self.storage, self.offset, self.shape, self.strides, False, hooks)


class FakeStorage:
    def __init__(self, key, kind, data):
        self.key, self.kind, self.data = key, kind, data

    @property
    def count(self):
        return len(self.data) // TYPES[self.kind][1]


def modules():
    """Modules by whose names a pickle refers to PyTorch's functions and types."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2():
        raise NotImplementedError

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = utils
    for name in TYPES:
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    return {"torch": torch, "torch._utils": utils}


class Pickler(pickle.Pickler):
    def __init__(self, file, legacy):
        super().__init__(file, protocol=2)
        self.legacy = legacy

    def persistent_id(self, value):
        if not isinstance(value, FakeStorage):
            return None
        kind = getattr(sys.modules["torch"], value.kind)
        reference = ("storage", kind, value.key, "cpu", value.count)
        return (*reference, None) if self.legacy else reference


def dumped(value, legacy):
    file = io.BytesIO()
    saved = {name: sys.modules.get(name) for name in modules()}
    sys.modules.update(modules())
    try:
        Pickler(file, legacy).dump(value)
    finally:
        for name, module in saved.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return file.getvalue()


def archive(state):
    """The bytes of a file of PyTorch 1.6 and later."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("archive/data.pkl", dumped(state, legacy=False))
        written.writestr("archive/byteorder", "little")
        for key, data in storages(state).items():
            written.writestr(f"archive/data/{key}", data)
        written.writestr("archive/version", "3\n")
    return file.getvalue()


def legacy(state):
    """The bytes of an older file."""
    parts = [dumped(LEGACY_MAGIC, True), dumped(1001, True), dumped({"little_endian": True}, True)]
    parts += [dumped(state, True), dumped(sorted(storages(state)), True)]
    widths = {t.storage.key: TYPES[t.storage.kind][1] for t in state.values()}
    for key, data in sorted(storages(state).items()):
        parts += [struct.pack("<q", len(data) // widths[key]), data]
    return b"".join(parts)


def storages(state):
    return {tensor.storage.key: tensor.storage.data for tensor in state.values()}


def dense(key, kind, data, shape):
    """A tensor whose elements lie one after another."""
    strides, step = [], 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return FakeTensor(key, kind, data, 0, tuple(shape), tuple(reversed(strides)))
