#!/usr/bin/env python3
"""Times Keras' training steps of the tutorial's network on random photos and prints one JSON line.

The network, its optimizer and its loss are those that `landmark-train bench step --model tutorial
--optimizer rmsprop` times: VGG-19 with a batch norm on the photos and its own head, RMSprop with
momentum and a decaying learning rate. Keras runs on TensorFlow.
"""
import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy
import tensorflow

from figures import peak_memory, rates


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1020)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--how", choices=["graph", "xla"], default="graph", help="execution of the step")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=1)
    return parser.parse_args()


def network(options):
    size = options.image_size
    vgg = keras.applications.VGG19(weights=None, include_top=True, input_shape=(size, size, 3))
    photos = keras.Input((size, size, 3))
    y = keras.layers.BatchNormalization()(photos)
    # The layers between the input, which is added before, and the old head, which is dropped.
    for layer in vgg.layers[1:-1]:
        y = layer(y)
    y = keras.layers.Dense(options.classes, activation="softmax")(y)
    return keras.Model(photos, y)


def main():
    options = arguments()
    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    model = network(options)
    rate = keras.optimizers.schedules.InverseTimeDecay(1e-4, decay_steps=1, decay_rate=1e-6)
    model.compile(
        optimizer=keras.optimizers.RMSprop(rate, rho=0.9, momentum=0.09, epsilon=1e-7),
        loss="sparse_categorical_crossentropy",
        jit_compile=options.how == "xla",
    )
    noise = numpy.random.default_rng(0)
    size = options.image_size
    photos = noise.random((options.batch, size, size, 3), dtype=numpy.float32)
    labels = noise.integers(0, options.classes, options.batch)
    times = []
    for number in range(options.warmup + options.steps):
        start = time.perf_counter()
        model.train_on_batch(photos, labels)
        if number >= options.warmup:
            times.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "images_per_second": rates(options.batch, times),
                "peak_memory": peak_memory(),
                "ranks": 1,
                "threads": options.threads,
                "parameters": model.count_params(),
                "keras": keras.__version__,
                "tensorflow": tensorflow.__version__,
                "preload": os.environ.get("LD_PRELOAD", ""),
            }
        )
    )


if __name__ == "__main__":
    main()
