#!/usr/bin/env python3
"""Times preprocessing of photos (decode, random resized crop, flip, normalise) in one thread and prints one
JSON line.

`pillow` decodes at the smallest scale of libjpeg that covers the crop (`draft`) and resamples once;
`torchvision` decodes to a tensor and applies torchvision.transforms.v2.
"""
import argparse
import json
import math
import os
import random
import time

import numpy
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

from figures import peak_memory, rates

MEAN = numpy.array([0.485, 0.456, 0.406], numpy.float32)
DEVIATION = numpy.array([0.229, 0.224, 0.225], numpy.float32)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--how", choices=["pillow", "torchvision"], default="pillow")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--repetitions", type=int, default=5)
    return parser.parse_args()


def crop_box(width, height):
    """left, top, width, height of a crop of 8 to 100 % of the area and an aspect of 3:4 to 4:3."""
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return random.randint(0, width - w), random.randint(0, height - h), w, h
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, side, side


def pillow(size):
    scale = 1 / (255 * DEVIATION)
    offset = MEAN / DEVIATION

    def read(path):
        photo = Image.open(path)
        width, height = photo.size
        left, top, w, h = crop_box(width, height)
        photo.draft("RGB", (math.ceil(width * size / w), math.ceil(height * size / h)))
        x, y = photo.size[0] / width, photo.size[1] / height
        square = photo.convert("RGB").resize(
            (size, size),
            Image.Resampling.BILINEAR,
            box=(left * x, top * y, (left + w) * x, (top + h) * y),
        )
        if random.random() < 0.5:
            square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return numpy.asarray(square, numpy.float32) * scale - offset

    return read


def through_torchvision(size):
    change = v2.Compose(
        [
            v2.RandomResizedCrop(size, antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN.tolist(), DEVIATION.tolist()),
        ]
    )

    def read(path):
        data = torchvision.io.read_file(path)
        return change(torchvision.io.decode_jpeg(data, torchvision.io.ImageReadMode.RGB))

    return read


def main():
    options = arguments()
    torch.set_num_threads(1)
    random.seed(1)
    paths = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(options.folder)
        for name in names
        if name.lower().endswith((".jpg", ".jpeg"))
    )
    read = pillow(options.image_size) if options.how == "pillow" else through_torchvision(
        options.image_size
    )
    times = []
    for number in range(options.repetitions + 1):
        start = time.perf_counter()
        for path in paths:
            read(path)
        if number > 0:
            times.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "images_per_second": rates(len(paths), times),
                "peak_memory": peak_memory(),
                "torch": torch.__version__,
                "pillow": PIL.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
