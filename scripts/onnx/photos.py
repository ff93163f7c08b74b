"""Photos as a model's metadata ask for them: what a program that uses an exported model has to do, in Python.

docs/onnx.md shows the same.
"""
import json

import numpy
from PIL import Image, ImageOps


def prepared(path, texts):
    """A photo as the input [1, 3, S, S] of a model with the metadata `texts`."""
    size = int(texts["image_size"])
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    if texts["preprocessing"] == "crop":
        short = int(texts["resize"])
        scale = short / min(photo.size)
        width, height = (short if side == min(photo.size) else int(side * scale) for side in photo.size)
        photo = photo.resize((width, height), Image.BILINEAR)
        left, top = round((width - size) / 2), round((height - size) / 2)
        photo = photo.crop((left, top, left + size, top + size))
    else:
        # The nearest four pixels, whatever the reduction: not Pillow's resize.
        raise NotImplementedError("photos that are stretched")
    pixels = numpy.asarray(photo, numpy.float32) / 255
    mean, deviation = (numpy.array(json.loads(texts[key]), numpy.float32) for key in ("mean", "std"))
    return ((pixels - mean) / deviation).transpose(2, 0, 1)[None]


def probabilities(logits):
    """Softmax of a row of logits."""
    powers = numpy.exp(logits - logits.max())
    return powers / powers.sum()
