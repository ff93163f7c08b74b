"""Writes tensors as safetensors: the header's length, the header in JSON, the elements."""
import json
import struct


def write(file, tensors, texts):
    """Writes [(name, type, shape, bytes)] and a dictionary of texts."""
    header, place = {"__metadata__": texts}, 0
    for name, kind, shape, data in tensors:
        header[name] = {
            "dtype": kind,
            "shape": list(shape),
            "data_offsets": [place, place + len(data)],
        }
        place += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)))
    file.write(text)
    for *_, data in tensors:
        file.write(data)


def read_header(path):
    """The texts and the tensors' descriptions; ValueError where the file is not whole."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > size - 8:
            raise ValueError("it is no whole safetensors file")
        header = json.loads(file.read(length))
    texts = header.pop("__metadata__", {})
    end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
    if size != 8 + length + end:
        raise ValueError("it is no whole safetensors file")
    return texts, header
