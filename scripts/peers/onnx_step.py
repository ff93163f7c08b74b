#!/usr/bin/env python3
"""Times evaluation passes of ONNX Runtime or OpenVINO on random photos and prints one JSON line.

It times the same work as `landmark-train bench evaluate`: from a batch in memory to the logits, in single
precision. The network is torchvision's; a process of its own exports it, so that PyTorch's memory does not
count.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy

from figures import peak_memory, rates


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["onnxruntime", "openvino"], default="onnxruntime")
    parser.add_argument("--work", choices=["evaluate"], default="evaluate")
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1020)
    parser.add_argument(
        "--hint",
        choices=["latency", "throughput"],
        default="latency",
        help="what OpenVINO tunes for: one batch on all threads, or a batch on each",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--export", default="", help="write the network to this file, and end")
    return parser.parse_args()


def export(options):
    import torch
    import torchvision

    network = torchvision.models.get_model(options.model, num_classes=options.classes).eval()
    size = options.image_size
    photos = torch.randn(options.batch, 3, size, size)
    torch.onnx.export(
        network, (photos,), options.export, dynamo=True, external_data=False, verbose=False
    )


def onnxruntime_step(options, path, photos):
    """A function that does one pass over the batch, the batches that it does, and the engine's version."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: photos}), 1, onnxruntime.__version__


def openvino_step(options, path, photos):
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": options.threads,
        "PERFORMANCE_HINT": options.hint.upper(),
    }
    network = core.compile_model(core.read_model(path), "CPU", settings)
    if options.hint == "latency":
        request = network.create_infer_request()
        return lambda: request.infer({0: photos}), 1, openvino.__version__
    requests = openvino.AsyncInferQueue(network)

    def step():
        for _ in range(len(requests)):
            requests.start_async({0: photos})
        requests.wait_all()

    return step, len(requests), openvino.__version__


def main():
    options = arguments()
    if options.export:
        return export(options)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        # The exporter says on standard output what it does.
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--export", path], stdout=sys.stderr
        )
        if done.returncode != 0:
            sys.exit(f"PyTorch cannot export {options.model}")
        size = options.image_size
        photos = numpy.random.default_rng(0).standard_normal(
            (options.batch, 3, size, size), dtype=numpy.float32
        )
        make = onnxruntime_step if options.engine == "onnxruntime" else openvino_step
        step, batches, version = make(options, path, photos)
    times = []
    for number in range(options.warmup + options.steps):
        start = time.perf_counter()
        step()
        if number >= options.warmup:
            times.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "images_per_second": rates(options.batch * batches, times),
                "peak_memory": peak_memory(),
                "ranks": 1,
                "threads": options.threads,
                options.engine: version,
                "preload": os.environ.get("LD_PRELOAD", ""),
            }
        )
    )


if __name__ == "__main__":
    main()
