#!/usr/bin/env python3
"""Times all-reduce over gloo, as PyTorch's DistributedDataParallel does it, and prints one JSON line."""
import argparse
import json
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as processes

from figures import peak_memory, spread
from torch_step import free_port


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=575)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="one call, not buckets of 25 MiB")
    return parser.parse_args()


def measure(rank, options, port, answers):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=options.ranks
    )
    gradients = torch.zeros(options.megabytes * 250_000)
    buckets = [gradients] if options.whole else gradients.split(25 << 18)
    times = []
    for number in range(options.repetitions + 1):
        dist.barrier()
        start = time.perf_counter()
        for work in [dist.all_reduce(bucket, async_op=True) for bucket in buckets]:
            work.wait()
        if number > 0:
            times.append(time.perf_counter() - start)
    answers.put((times, peak_memory()))
    dist.barrier()
    dist.destroy_process_group()


def main():
    options = arguments()
    context = processes.get_context("spawn")
    answers = context.SimpleQueue()
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
                "seconds": spread(slowest),
                "peak_memory": max(memory for _, memory in found),
                "ranks": options.ranks,
                "torch": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
