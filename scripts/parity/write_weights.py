#!/usr/bin/env python3
"""Writes a torchvision model as safetensors, for `landmark-train --weights FILE`.

  pip install torch torchvision safetensors numpy
  scripts/parity/write_weights.py --model resnet18 --classes 44 FILE.safetensors

The values are those of the parity tests, so the file is always the same. --seed N takes torchvision's
random initialisation instead, and --pretrained downloads its published weights.
"""
import argparse

import safetensors.torch
import torch
import torchvision

import shared_values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--model", default="resnet18", help="name of the model in torchvision")
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--pretrained", action="store_true")
    arguments = parser.parse_args()

    make = getattr(torchvision.models, arguments.model)
    if arguments.pretrained:
        model = make(weights="DEFAULT")
    elif arguments.seed is not None:
        torch.manual_seed(arguments.seed)
        model = make(weights=None, num_classes=arguments.classes)
    else:
        model = shared_values.load(make(weights=None, num_classes=arguments.classes))
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    safetensors.torch.save_file(state, arguments.file, metadata={"format": "pt"})
    print(f"{arguments.file}: {len(state)} tensors of {arguments.model}")


if __name__ == "__main__":
    main()
