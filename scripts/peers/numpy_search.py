#!/usr/bin/env python3
"""Times the exact search for the nearest of many unit vectors in a safetensors file by numpy, and prints one JSON
line: a product with each block of the file, and argpartition for the best of it.

The file is the one of `landmark-train bench neighbours --file FILE`; where it is missing, random vectors are written.
Threads are those of numpy's BLAS, which takes their number from OMP_NUM_THREADS when Python starts.
"""
import argparse
import json
import os
import time

import numpy

from figures import peak_memory, rates, spread


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", required=True)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--neighbours", type=int, default=100)
    parser.add_argument("--block", type=int, default=8192, help="rows of the file at a time")
    parser.add_argument("--threads", type=int, default=1, help="of numpy's BLAS; said by OMP_NUM_THREADS too")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1)
    return parser.parse_args()


def unit(generator, rows, width):
    floats = generator.random((rows, width), numpy.float32) * 2 - 1
    return floats / numpy.linalg.norm(floats, axis=1, keepdims=True)


def write(path, photos, width):
    tensor = {"dtype": "F32", "shape": [photos, width], "data_offsets": [0, photos * width * 4]}
    header = json.dumps({"embeddings": tensor}).encode()
    header += b" " * (-len(header) % 8)
    generator = numpy.random.default_rng(1)
    with open(path + ".partial", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for start in range(0, photos, 65536):
            file.write(unit(generator, min(65536, photos - start), width).tobytes())
    os.replace(path + ".partial", path)


def search(path, queries, given):
    """The scores and the rows of the best for each query, best first."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        shape = json.loads(file.read(length))["embeddings"]["shape"]
        scores = numpy.full((len(queries), 0), 0, numpy.float32)
        rows = numpy.zeros((len(queries), 0), numpy.int64)
        for start in range(0, shape[0], given.block):
            count = min(given.block, shape[0] - start)
            block = numpy.fromfile(file, numpy.float32, count * shape[1]).reshape(count, shape[1])
            product = queries @ block.T
            if count > given.neighbours:
                best = numpy.argpartition(product, count - given.neighbours, axis=1)[:, -given.neighbours:]
            else:
                best = numpy.broadcast_to(numpy.arange(count), product.shape)
            scores = numpy.concatenate([scores, numpy.take_along_axis(product, best, 1)], 1)
            rows = numpy.concatenate([rows, best + start], 1)
            if scores.shape[1] > given.neighbours:
                best = numpy.argpartition(scores, scores.shape[1] - given.neighbours, axis=1)
                best = best[:, -given.neighbours:]
                scores = numpy.take_along_axis(scores, best, 1)
                rows = numpy.take_along_axis(rows, best, 1)
    order = numpy.argsort(-scores, axis=1, kind="stable")
    return numpy.take_along_axis(scores, order, 1), numpy.take_along_axis(rows, order, 1)


def main():
    given = arguments()
    if not os.path.exists(given.file):
        write(given.file, given.photos, given.width)
    queries = unit(numpy.random.default_rng(2), given.queries, given.width)
    times = []
    for _ in range(given.warmup + given.repetitions):
        begin = time.perf_counter()
        search(given.file, queries, given)
        times.append(time.perf_counter() - begin)
    times = times[given.warmup:]
    comparisons = given.queries * given.photos * 1e-9
    print(json.dumps({
        "search": spread(times),
        "gigacomparisons": rates(comparisons, times),
        "peak_memory": peak_memory(),
        "threads": given.threads,
        "version": f"numpy {numpy.__version__}",
    }))


if __name__ == "__main__":
    main()
