"""The rows of the tables: what landmark-train does, and what its peer does."""
import os
import tempfile
from dataclasses import dataclass, field

ITSELF = "itself"  # the peer of rows that compare two configurations of landmark-train
LAYOUTS = [["--layout", "nchw"], ["--layout", "channels_last"]]
PROCESSES = [["--ranks", "1", "--threads", "2"], ["--ranks", "2", "--threads", "1"]]
PYTORCH = [processes + layout for processes in PROCESSES for layout in LAYOUTS]
COMPILED = [PROCESSES[0] + layout + ["--compile"] for layout in LAYOUTS]
# A setting that begins with --engine is one of onnx_step.py, and the peer is that engine.
ENGINES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
INFERENCE = [
    ["--engine", "onnxruntime", "--threads", "2"],
    ["--engine", "openvino", "--hint", "latency", "--threads", "2"],
    ["--engine", "openvino", "--hint", "throughput", "--threads", "2"],
]


@dataclass
class Row:
    """One line of the table."""

    name: str
    title: str
    ours: list  # arguments of landmark-train
    script: str  # of the peer, in this folder; empty if the peer is landmark-train itself
    peer: list  # its arguments
    trials: list = field(default_factory=lambda: [[]])  # the peer's settings, of which the fastest is used
    trial: list = field(default_factory=list)  # arguments that shorten a trial
    ranks: int = 1  # of landmark-train
    unit: str = "images/s"
    needs_photos: bool = False
    rival: str = "PyTorch"  # name of the peer
    short: str = ""  # title in the README's table; empty if the row is not in it

    @property
    def settings_key(self):
        """Rows that differ in the optimizer or in our ranks share the peer's best setting."""
        return self.name.replace("-rmsprop", "").replace("-2ranks", "")

    def rival_with(self, setting):
        """The peer's name with a setting of its trials."""
        return ENGINES[setting[1]] if setting[:1] == ["--engine"] else self.rival

    def script_with(self, setting):
        return "onnx_step.py" if setting[:1] == ["--engine"] else self.script


def network(model, batch, size):
    return ["--model", model, "--batch", str(batch), "--image-size", str(size)]


def train(model, batch, size, optimizer="sgd", ranks=1, steps=4, short=""):
    name = f"train-{model}-{size}" + ("-rmsprop" if optimizer == "rmsprop" else "")
    work = [*network(model, batch, size), "--optimizer", optimizer]
    # A step of PyTorch takes up to fifteen seconds; half as many are enough.
    theirs = ["--steps", str(max(steps // 2, 1)), "--warmup", "1"]
    return Row(
        name=name + ("-2ranks" if ranks == 2 else ""),
        title=f"train {model}, batch {batch}, {size}², {optimizer}, "
        + ("2 ranks × 1 thread" if ranks == 2 else "1 rank × 2 threads"),
        ours=["bench", "step", *work, "--threads", str(2 // ranks)]
        + ["--steps", str(steps), "--warmup", "1"],
        script="torch_step.py",
        peer=["--work", "train", *work, *theirs],
        trials=PYTORCH + COMPILED,
        trial=["--steps", "1"],
        ranks=ranks,
        short=short,
    )


def tutorial(name, note, trials, short=""):
    return Row(
        name=name,
        title="train the tutorial's VGG-19, batch 16, 224², rmsprop, 1 rank × 2 threads" + note,
        ours=["bench", "step", "--model", "tutorial", "--batch", "16", "--image-size", "224"]
        + ["--optimizer", "rmsprop", "--threads", "2", "--steps", "2", "--warmup", "1"],
        script="keras_step.py",
        peer=["--batch", "16", "--image-size", "224", "--steps", "2", "--warmup", "1"],
        trials=trials,
        trial=["--steps", "1"],
        rival="Keras",
        short=short,
    )


def evaluate(model, batch, size, repetitions, short=""):
    work = network(model, batch, size)
    return Row(
        name=f"evaluate-{model}",
        title=f"evaluate {model}, batch {batch}, {size}², 1 rank × 2 threads",
        ours=["bench", "evaluate", *work, "--threads", "2"]
        + ["--repetitions", str(repetitions), "--warmup", "1"],
        script="torch_step.py",
        peer=["--work", "evaluate", *work, "--steps", str(repetitions), "--warmup", "1"],
        trials=PYTORCH + [trial + ["--frozen"] for trial in PYTORCH] + COMPILED + INFERENCE,
        trial=["--steps", str(max(repetitions // 3, 1))],
        short=short,
    )


def itself(name, how, model, batch, size, steps, ours, theirs, ranks=1):
    """Two configurations of landmark-train; the second one runs on one rank."""
    step = ["bench", "step", *network(model, batch, size), "--steps", str(steps), "--warmup", "1"]
    return Row(
        name=f"{name}-{model}-{size}",
        title=f"train {model}, batch {batch}, {size}²" + how,
        ours=step + ours,
        script="",
        peer=step + theirs,
        ranks=ranks,
        rival=ITSELF,
    )


def two_ranks(model, batch, size, steps):
    how = ": 2 ranks × 1 thread against 1 rank × 2 threads"
    one, two = ["--threads", "1"], ["--threads", "2"]
    return itself("ranks", how, model, batch, size, steps, one, two, ranks=2)


def eight_slices(model, batch, size, steps):
    how = ", 1 rank × 2 threads: 8 slices against 1"
    eight, one = (["--threads", "2", "--slices", slices] for slices in "81")
    return itself("slices", how, model, batch, size, steps, eight, one)


def search(queries, photos, width, neighbours):
    file = os.path.join(tempfile.gettempdir(), f"neighbours-{photos}x{width}.safetensors")
    work = ["--queries", str(queries), "--photos", str(photos), "--width", str(width)]
    work += ["--neighbours", str(neighbours), "--file", file, "--repetitions", "1", "--warmup", "0"]
    return Row(
        name="neighbours",
        title=f"the {neighbours} nearest of {photos:,} × {width} for {queries:,} queries, from a file, "
        "1 rank × 2 threads",
        ours=["bench", "neighbours", *work, "--threads", "2"],
        script="numpy_search.py",
        peer=work,
        trials=[["--threads", "2"]],
        unit="10⁹/s",
        rival="numpy",
    )


ROWS = [
    train("vgg19_bn", 16, 224, steps=2, short="train VGG-19 with batch norm"),
    train("vgg19_bn", 16, 224, steps=2, ranks=2),
    train("vgg19_bn", 16, 224, "rmsprop", steps=2),
    train("vgg19_bn", 16, 224, "rmsprop", steps=2, ranks=2),
    tutorial(
        "train-tutorial-224",
        "",
        [["--how", "graph"], ["--how", "xla"]],
        short="train a Keras tutorial's VGG-19",
    ),
    tutorial("train-tutorial-224-graph", "; Keras without XLA", [["--how", "graph"]]),
    train("resnet18", 32, 224, short="train ResNet-18"),
    train("resnet18", 32, 128, steps=10),
    train("resnet50", 16, 224, short="train ResNet-50"),
    train("mobilenet_v2", 32, 224, steps=6, short="train MobileNetV2"),
    train("mobilenet_v2", 32, 224, ranks=2, steps=6),
    train("mobilenet_v3_large", 32, 224, steps=6),
    train("mobilenet_v3_large", 32, 224, ranks=2, steps=6),
    train("efficientnet_b0", 32, 224, short="train EfficientNet-B0"),
    train("efficientnet_b0", 32, 224, ranks=2),
    train("convnext_tiny", 8, 224, short="train ConvNeXt-T"),
    evaluate("vgg19_bn", 16, 224, 3),
    evaluate("resnet18", 16, 224, 16),
    evaluate("resnet50", 16, 224, 8, short="evaluate ResNet-50"),
    evaluate("mobilenet_v2", 16, 224, 24, short="evaluate MobileNetV2"),
    evaluate("efficientnet_b0", 16, 224, 12, short="evaluate EfficientNet-B0"),
    Row(
        name="exchange",
        title="exchange of 575 MB and update, 2 ranks; gloo: the sum alone",
        ours=["bench", "exchange", "--threads", "1"],
        script="gloo_exchange.py",
        peer=[],
        trials=[[], ["--whole"]],
        ranks=2,
        unit="ms",
    ),
    Row(
        name="decode",
        title="photos with a longer side of 1600 pixels to 224², 1 thread",
        ours=["bench", "decode", "--threads", "1"],
        script="decode_photos.py",
        peer=[],
        trials=[["--how", "pillow"], ["--how", "torchvision"]],
        needs_photos=True,
    ),
    search(10_000, 1_580_470, 512, 100),
    two_ranks("vgg19_bn", 16, 224, 3),
    two_ranks("resnet18", 32, 224, 6),
    two_ranks("resnet50", 16, 224, 4),
    eight_slices("vgg19_bn", 64, 224, 1),
    eight_slices("resnet18", 64, 224, 4),
    eight_slices("resnet18", 64, 64, 20),
]
