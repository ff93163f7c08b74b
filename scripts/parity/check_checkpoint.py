#!/usr/bin/env python3
"""Loads a checkpoint of landmark-train into torchvision's model and prints its output.

  pip install torch torchvision safetensors numpy pillow
  scripts/parity/check_checkpoint.py FILE.safetensors [--photo PHOTO]

The model and its classes come from the checkpoint's own description; --model overrides it. All of
torchvision's tensors must be there, and no others except optimizer.* and ema.*. Without --photo the
input is that of the parity tests, and the logits are printed; with it, the five most probable classes
after the usual preprocessing, as by `landmark-train predict`.
"""
import argparse
import json
import sys

import safetensors
import torch
import torchvision

import shared_values


def description(file):
    texts = file.metadata() or {}
    text = texts.get("landmark_train") or texts.get("landmark_train_export")
    return json.loads(text) if text else {}


def read_photo(path, size, mean, deviation, fraction):
    from PIL import Image, ImageOps
    from torchvision import transforms as T

    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    steps = [T.Resize(round(size / fraction)), T.CenterCrop(size), T.ToTensor(), T.Normalize(mean, deviation)]
    return T.Compose(steps)(photo)[None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--model", help="name of the model in torchvision")
    parser.add_argument("--photo", help="a photo to classify")
    parser.add_argument("--average", action="store_true", help="take the running average of weights (ema.*)")
    arguments = parser.parse_args()

    with safetensors.safe_open(arguments.checkpoint, "pt") as file:
        about = description(file)
        names = [n for n in file.keys() if not n.startswith(("optimizer.", "ema."))]
        state = {name: file.get_tensor(name) for name in names}
        if arguments.average:
            for name in file.keys():
                if name.startswith("ema."):
                    state[name[len("ema."):]] = file.get_tensor(name)
    name = arguments.model or about.get("model", {}).get("architecture")
    if name is None or not hasattr(torchvision.models, name):
        sys.exit(f"torchvision has no model {name}; give --model")
    head = "fc.weight" if name.startswith("resnet") else "classifier.6.weight"
    if head not in state:
        sys.exit(f"{arguments.checkpoint} has no {head}: it is not a {name}")
    model = getattr(torchvision.models, name)(weights=None, num_classes=state[head].shape[0])
    model.load_state_dict(state, strict=True)
    model.eval()

    size = about.get("model", {}).get("image_size", 64)
    with torch.no_grad():
        if arguments.photo is None:
            for row in model(torch.from_numpy(shared_values.photos(2, size))):
                print(" ".join(f"{value:.6f}" for value in row))
            return
        plans = about.get("plans", {})
        mean = plans.get("mean", [0.485, 0.456, 0.406])
        deviation = plans.get("deviation", [0.229, 0.224, 0.225])
        photo = read_photo(arguments.photo, size, mean, deviation, plans.get("crop_fraction", 0.875))
        best = model(photo).softmax(1)[0].topk(min(5, state[head].shape[0]))
    labels = about.get("classes", {}).get("names", [])
    for confidence, label in zip(best.values.tolist(), best.indices.tolist()):
        print(f"{confidence:.6f} {label} {labels[label] if label < len(labels) else ''}".rstrip())


if __name__ == "__main__":
    main()
