"""Reads the tensors of a file of `torch.save`, without PyTorch and without running what the file says.

A file is a pickle that refers to storages of numbers. Since PyTorch 1.6 both lie in a zip archive; before,
pickles and storages followed one another. A pickle can name any function to be called; only those that
build dictionaries and tensors are known here, and all others are refused.
"""
import collections
import pickle
import struct
import zipfile
from dataclasses import dataclass

# PyTorch's types of storages: the type's name in a safetensors file and bytes of an element.
TYPES = {
    "FloatStorage": ("F32", 4),
    "DoubleStorage": ("F64", 8),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class BadFile(Exception):
    """A file that is no dictionary of tensors, or damaged."""


@dataclass
class StorageType:
    name: str


@dataclass
class Storage:
    kind: str  # of safetensors
    width: int
    key: str
    count: int


@dataclass
class Tensor:
    """A view of a storage."""

    storage: Storage
    offset: int  # elements
    shape: tuple
    strides: tuple  # elements

    @property
    def count(self):
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    def bytes(self, storage):
        """The elements in row-major order, taken from the bytes of the storage."""
        width = self.storage.width
        if self.strides == row_major(self.shape, self.strides):
            start = self.offset * width
            found = storage[start : start + self.count * width]
            if len(found) != self.count * width:
                raise BadFile("a tensor reaches beyond its storage")
            return found
        places = [self.offset]
        for extent, stride in zip(self.shape, self.strides):
            places = [place + step * stride for place in places for step in range(extent)]
        if places and max(places) >= len(storage) // width:
            raise BadFile("a tensor reaches beyond its storage")
        return b"".join(storage[place * width : (place + 1) * width] for place in places)


def row_major(shape, strides):
    """Strides of elements that lie one after another; an extent of 1 keeps the stride it has."""
    expected, step = [], 1
    for extent, stride in zip(reversed(shape), reversed(strides)):
        expected.append(stride if extent == 1 else step)
        step *= max(extent, 1)
    return tuple(reversed(expected))


def rebuild_tensor(storage, offset, shape, strides, *_):
    return Tensor(storage, offset, tuple(shape), tuple(strides))


class Unpickler(pickle.Unpickler):
    KNOWN = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
        ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        ("torch", "Size"): tuple,
    }

    def find_class(self, module, name):
        if module == "torch" and name in TYPES:
            return StorageType(name)
        if (module, name) in self.KNOWN:
            return self.KNOWN[module, name]
        raise BadFile(f"it wants {module}.{name} to be called, which is not needed for tensors")

    def persistent_load(self, reference):
        if not isinstance(reference, tuple) or reference[0] != "storage":
            raise BadFile("it refers to something that is no storage")
        if len(reference) > 5 and reference[5] is not None:
            raise BadFile("it holds views of storages, which only PyTorch before 0.4 wrote")
        kind, width = TYPES[reference[1].name]
        return Storage(kind, width, str(reference[2]), reference[4])


def read(path):
    """The tensors of the file: [(name, type, shape, bytes)], in its order."""
    try:
        if zipfile.is_zipfile(path):
            state, storages = read_archive(path)
        else:
            state, storages = read_legacy(path)
        if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
            raise BadFile("it holds something else than a dictionary of tensors")
        return [
            (name, tensor.storage.kind, tensor.shape, tensor.bytes(storages[tensor.storage.key]))
            for name, tensor in state.items()
        ]
    except BadFile:
        raise
    except Exception as error:
        # A pickle that is damaged fails in any way.
        raise BadFile(f"it is no file of torch.save, or damaged: {error}") from error


def read_archive(path):
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise BadFile("the archive has no data.pkl")
        folder = pickles[0].removesuffix("data.pkl")
        if folder + "byteorder" in archive.namelist():
            if archive.read(folder + "byteorder") != b"little":
                raise BadFile("its numbers are big-endian")
        with archive.open(pickles[0]) as file:
            state = Unpickler(file, encoding="utf-8").load()
        prefix = folder + "data/"
        storages = {
            name.removeprefix(prefix): archive.read(name)
            for name in archive.namelist()
            if name.startswith(prefix)
        }
    return state, storages


def read_legacy(path):
    with open(path, "rb") as file:
        if Unpickler(file).load() != LEGACY_MAGIC:
            raise BadFile("it does not begin as a file of torch.save")
        Unpickler(file).load()  # version of the format
        if not Unpickler(file).load().get("little_endian", True):
            raise BadFile("its numbers are big-endian")
        state = Unpickler(file, encoding="utf-8").load()
        keys = Unpickler(file).load()
        widths = {
            tensor.storage.key: tensor.storage.width
            for tensor in state.values()
            if isinstance(tensor, Tensor)
        }
        storages = {}
        for key in map(str, keys):
            (count,) = struct.unpack("<q", file.read(8))
            if key not in widths:
                raise BadFile("it has numbers that belong to no tensor")
            storages[key] = file.read(count * widths[key])
            if len(storages[key]) != count * widths[key]:
                raise BadFile("it ends too soon")
    return state, storages
