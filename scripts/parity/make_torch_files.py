#!/usr/bin/env python3
"""Writes the small PyTorch files in Tests/TrainingTests/Fixtures, which the tests read.

  pip install torch
  scripts/parity/make_torch_files.py

The values of `tensors` are repeated in TorchFileTests.swift.
"""
import argparse
import collections
import os
import pathlib
import zipfile

import torch

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/TrainingTests/Fixtures"


def tensors():
    """Tensors of all element types, and views with shared memory, strides and offsets."""
    base = torch.arange(12, dtype=torch.float32) * 0.5
    return collections.OrderedDict(
        [
            ("plain", base.view(3, 4)),
            ("transposed", base.view(3, 4).t()),
            ("middle", base[2:10:3]),
            ("spread", base[3].expand(2, 2)),
            ("half", torch.tensor([1.5, -2.0]).half()),
            ("brain", torch.tensor([1.0, -3.0]).bfloat16()),
            ("double", torch.tensor([[0.1], [-4.0]], dtype=torch.float64)),
            ("channels_last", torch.arange(16.0).view(1, 2, 2, 4).contiguous(memory_format=torch.channels_last)),
            ("parameter", torch.nn.Parameter(torch.tensor([7.0]))),
            ("empty", torch.zeros(0, 3)),
            ("count", torch.tensor(5)),
        ]
    )


class Harm:
    """Runs a command when unpickled by a program that builds every object a pickle names."""

    def __reduce__(self):
        return os.system, ("touch harm",)


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.save(tensors(), FOLDER / "zip.pth")
    torch.save(tensors(), FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(tensors(), FOLDER / "protocol4.pth", pickle_protocol=4)
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = {"module.bias": torch.tensor([3.0])}
    training = {"epoch": 3, "optimizer": optimizer.state_dict(), "model": state, "args": argparse.Namespace(lr=0.1)}
    torch.save(training, FOLDER / "training.pth")
    torch.save({"state_dict": {"weight": torch.ones(2), "harm": Harm()}}, FOLDER / "harm.pth")
    torch.save(layer, FOLDER / "whole.pth")
    torch.save({"teacher": state, "student": state}, FOLDER / "two.pth")
    sparse = {"weight": torch.ones(1), "sparse": torch.eye(2).to_sparse(), "complex": torch.ones(1, dtype=torch.complex64)}
    torch.save(sparse, FOLDER / "sparse.pth")
    torch.jit.save(torch.jit.script(layer), FOLDER / "script.pt")
    with zipfile.ZipFile(FOLDER / "zip.pth") as source:
        with zipfile.ZipFile(FOLDER / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))
        with zipfile.ZipFile(FOLDER / "zip64.pth", "w") as target:
            for name in source.namelist():
                with target.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                    member.write(source.read(name))
        with zipfile.ZipFile(FOLDER / "big_endian.pth", "w") as target:
            for name in source.namelist():
                target.writestr(name, b"big" if name.endswith("/byteorder") else source.read(name))


if __name__ == "__main__":
    main()
