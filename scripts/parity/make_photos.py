#!/usr/bin/env python3
"""Makes the PNG and WebP photos that the tests decode, and their pixels as decoded by Pillow.

  pip install pillow
  scripts/parity/make_photos.py [--out Tests/ImagesTests/Fixtures]

photos.json: for each file its size after EXIF rotation, its channels and its pixels row by row as hexadecimal
digits, from Pillow's `exif_transpose` and `convert("RGB")`. Two differ from Pillow: 16 bits are scaled to 8 and
rounded (Pillow clips grey ones and truncates others), and of an animated WebP the first frame is taken.
"""
import argparse
import io
import json
import os
import struct
import zlib

from PIL import Image, ImageOps

WIDTH, HEIGHT = 9, 7
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def sample(x, y, channel, depth):
    """A value of the picture with `depth` bits."""
    return (x * 7919 + y * 104729 + channel * 1299709 + x * y * 31) % (1 << depth)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(values, depth):
    """Values of `depth` bits as bytes, the last one padded with zeros."""
    if depth == 16:
        return struct.pack(f">{len(values)}H", *values)
    bits = "".join(format(value, f"0{depth}b") for value in values)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))


def png(colour, depth, interlaced=False, before=b"", after=b""):
    def row(xs, y):
        return b"\0" + packed([sample(x, y, c, depth) for x in xs for c in range(CHANNELS[colour])], depth)

    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    data = b"".join(
        row(range(left, WIDTH, right), y)
        for left, top, right, down in passes for y in range(top, HEIGHT, down) if left < WIDTH)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data, 9)) + after
            + chunk(b"IEND", b""))


def exif(orientation):
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0\0\0\0"


def picture(width, height, alpha=False):
    image = Image.new("RGBA" if alpha else "RGB", (width, height))
    for y in range(height):
        for x in range(width):
            pixel = (40 + x * 170 // width, 30 + y * 190 // height, (x * y * 3) % 200)
            image.putpixel((x, y), pixel + ((x * 23 + y * 31) % 256,) if alpha else pixel)
    return image


def webp(image, **settings):
    file = io.BytesIO()
    image.save(file, "WEBP", **settings)
    return file.getvalue()


def files():
    palette = chunk(b"PLTE", bytes((index * 37 + c * 101) % 256 for index in range(256) for c in range(3)))
    clear = chunk(b"tRNS", bytes(range(256)))
    yield "gray1.png", png(GRAY, 1)
    yield "gray2.png", png(GRAY, 2)
    yield "gray4.png", png(GRAY, 4)
    yield "gray8-clear.png", png(GRAY, 8, before=chunk(b"tRNS", b"\0\x07"))
    yield "gray16.png", png(GRAY, 16)
    yield "gray-alpha8.png", png(GRAY_ALPHA, 8)
    yield "rgb8.png", png(RGB, 8)
    yield "rgb8-gamma.png", png(RGB, 8, before=chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "rgb8-interlaced.png", png(RGB, 8, interlaced=True)
    yield "rgb16.png", png(RGB, 16)
    yield "rgb-alpha8.png", png(RGB_ALPHA, 8)
    yield "rgb-alpha16-interlaced.png", png(RGB_ALPHA, 16, interlaced=True)
    yield "palette4.png", png(PALETTE, 4, before=chunk(b"PLTE", palette[8:8 + 48]))
    yield "palette8-clear.png", png(PALETTE, 8, before=palette + clear)
    yield "turned6.png", png(RGB, 8, before=chunk(b"eXIf", exif(6)))
    yield "turned3-behind.png", png(RGB, 8, after=chunk(b"eXIf", exif(3)))
    yield "lossless.webp", webp(picture(WIDTH, HEIGHT), lossless=True)
    yield "lossless-alpha.webp", webp(picture(WIDTH, HEIGHT, alpha=True), lossless=True, exact=True)
    yield "lossy.webp", webp(picture(WIDTH, HEIGHT), quality=80)
    yield "lossy-alpha.webp", webp(picture(WIDTH, HEIGHT, alpha=True), quality=80)
    yield "turned8.webp", webp(picture(WIDTH, HEIGHT), quality=80, exif=exif(8))
    yield "animated.webp", webp(
        picture(WIDTH, HEIGHT), lossless=True, save_all=True,
        append_images=[picture(WIDTH, HEIGHT).rotate(180)])


def scaled(name):
    """The pixels of a 16-bit PNG by the formula above."""
    colour = "gray" not in name
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            values = [sample(x, y, c if colour else 0, 16) for c in range(3)]
            image.putpixel((x, y), tuple((value * 255 + 32767) // 65535 for value in values))
    return image


def main():
    parser = argparse.ArgumentParser()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--out", default=os.path.join(root, "Tests/ImagesTests/Fixtures"))
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    found = []
    for name, data in files():
        with open(os.path.join(out, name), "wb") as file:
            file.write(data)
        opened = Image.open(io.BytesIO(data))
        image = ImageOps.exif_transpose(opened).convert("RGB")
        if "16" in name:
            image = scaled(name)
        found.append({
            "name": name, "width": image.width, "height": image.height, "pixels": image.tobytes().hex()})
    # A larger one for crops: decoders interpolate chroma across the edges of a crop.
    large = webp(picture(70, 50), quality=50)
    with open(os.path.join(out, "large.webp"), "wb") as file:
        file.write(large)
    with open(os.path.join(out, "photos.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry) for entry in found) + "\n]\n")


main()
