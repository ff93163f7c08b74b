#!/usr/bin/env python3
"""Times PyTorch's training steps or evaluation passes on random photos and prints one JSON line.

It times the same work as `landmark-train bench step` and `bench evaluate`: from a batch in memory to the
new weights, or to the logits. --batch is the global batch; several ranks train by DistributedDataParallel
over gloo, or evaluate independently.
"""
import argparse
import json
import os
import socket
import time
import warnings

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
import torchvision
from torch.nn.parallel import DistributedDataParallel

from figures import peak_memory, rates


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=["train", "evaluate"], default="train")
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1020)
    parser.add_argument("--optimizer", choices=["sgd", "rmsprop"], default="sgd")
    parser.add_argument("--layout", choices=["nchw", "channels_last"], default="nchw")
    parser.add_argument("--frozen", action="store_true", help="evaluate a traced and frozen network")
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="threads of each rank")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    return parser.parse_args()


def training(options, network, photos, labels):
    """A function that does one step."""
    if options.ranks > 1:
        # Older releases do not have its newer name.
        warnings.filterwarnings("ignore", message=".*broadcast_buffers.*")
        network = DistributedDataParallel(
            network, gradient_as_bucket_view=True, broadcast_buffers=False
        )
    if options.optimizer == "sgd":
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-5, momentum=0.9, fused=True)
    else:
        optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-5, alpha=0.9)
    loss = torch.nn.CrossEntropyLoss()
    network.train()
    if options.compile:
        network = torch.compile(network)

    def step():
        # Gradients that are views of buckets are zeroed in place.
        optimizer.zero_grad(set_to_none=options.ranks == 1)
        loss(network(photos), labels).backward()
        optimizer.step()

    return step


def evaluation(options, network, photos):
    """A function that does one pass."""
    network.eval()
    if options.frozen:
        with torch.no_grad():
            network = torch.jit.optimize_for_inference(
                torch.jit.freeze(torch.jit.trace(network, photos))
            )
    if options.compile:
        from torch._inductor import config

        # Weights become constants, which are then packed once.
        config.freezing = True
        network = torch.compile(network)
    # Freezing in torch.compile works on tensors that know of gradients.
    without_gradients = torch.no_grad if options.compile else torch.inference_mode

    def step():
        with without_gradients():
            network(photos)

    return step


def measure(rank, options, port, answers):
    torch.set_num_threads(options.threads)
    torch.manual_seed(rank)
    if options.ranks > 1:
        dist.init_process_group(
            "gloo",
            init_method=f"tcp://127.0.0.1:{port}",
            rank=rank,
            world_size=options.ranks,
        )
    layout = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
    network = torchvision.models.get_model(options.model, num_classes=options.classes)
    network = network.to(memory_format=layout)
    share = options.batch // options.ranks
    size = options.image_size
    photos = torch.randn(share, 3, size, size).contiguous(memory_format=layout)
    labels = torch.randint(0, options.classes, (share,))
    if options.work == "train":
        step = training(options, network, photos, labels)
    else:
        step = evaluation(options, network, photos)
    times = []
    for number in range(options.warmup + options.steps):
        if options.ranks > 1:
            dist.barrier()
        start = time.perf_counter()
        step()
        if number >= options.warmup:
            times.append(time.perf_counter() - start)
    answers.put((times, peak_memory()))
    if options.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    options = arguments()
    context = processes.get_context("spawn")
    answers = context.SimpleQueue()
    if options.ranks == 1:
        measure(0, options, 0, answers)
    else:
        port = free_port()
        ranks = [
            context.Process(target=measure, args=(rank, options, port, answers))
            for rank in range(options.ranks)
        ]
        for rank in ranks:
            rank.start()
        for rank in ranks:
            rank.join()
            if rank.exitcode != 0:
                raise SystemExit("a rank of PyTorch failed")
    found = [answers.get() for _ in range(options.ranks)]
    slowest = [max(times) for times in zip(*(times for times, _ in found))]
    print(
        json.dumps(
            {
                "images_per_second": rates(options.batch, slowest),
                "peak_memory": max(memory for _, memory in found),
                "ranks": options.ranks,
                "threads": options.threads,
                "torch": torch.__version__,
                "torchvision": torchvision.__version__,
                "preload": os.environ.get("LD_PRELOAD", ""),
            }
        )
    )


if __name__ == "__main__":
    main()
