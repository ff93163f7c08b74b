#!/usr/bin/env python3
"""Compares the speed of landmark-train with PyTorch and Keras, and two configurations of it with one another.

Both sides of a comparison run in turn. All pairs are kept in docs/performance.json, so rows can be measured one
at a time; the tables of docs/performance.md and README.md are written from that file alone. Rows of another
machine are dropped. Called by scripts/bench-peers; --check needs no benchmark and fails if a table differs
from the file.
"""
import argparse
import datetime
import glob
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "docs", "performance.md")
README = os.path.join(ROOT, "README.md")
DATA = os.path.join(ROOT, "docs", "performance.json")
ITSELF = "itself"  # the peer of rows that compare two configurations of landmark-train
LAYOUTS = [["--layout", "nchw"], ["--layout", "channels_last"]]
PROCESSES = [["--ranks", "1", "--threads", "2"], ["--ranks", "2", "--threads", "1"]]


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
        trials=[processes + layout for processes in PROCESSES for layout in LAYOUTS],
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
    trials = [processes + layout for processes in PROCESSES for layout in LAYOUTS]
    return Row(
        name=f"evaluate-{model}",
        title=f"evaluate {model}, batch {batch}, {size}², 1 rank × 2 threads",
        ours=["bench", "evaluate", *work, "--threads", "2"]
        + ["--repetitions", str(repetitions), "--warmup", "1"],
        script="torch_step.py",
        peer=["--work", "evaluate", *work, "--steps", str(repetitions), "--warmup", "1"],
        trials=trials + [trial + ["--frozen"] for trial in trials],
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
    evaluate("vgg19_bn", 16, 224, 3),
    evaluate("resnet50", 16, 224, 8, short="evaluate ResNet-50"),
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
    two_ranks("vgg19_bn", 16, 224, 3),
    two_ranks("resnet18", 32, 224, 6),
    two_ranks("resnet50", 16, 224, 4),
    eight_slices("vgg19_bn", 64, 224, 1),
    eight_slices("resnet18", 64, 224, 4),
    eight_slices("resnet18", 64, 64, 20),
]


class Failed(Exception):
    """A program ended with an error."""


class Comparison:
    def __init__(self, options):
        self.options = options
        self.rows = [row for row in ROWS if not options.only or row.name in options.only]
        self.environment = dict(os.environ)
        folders = ["/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"]
        libraries = [
            path
            for folder in folders
            for path in sorted(glob.glob(folder + "/libtcmalloc*.so.4"))
            if "debug" not in path
        ]
        self.tcmalloc = libraries[0] if libraries else ""

    def ours(self, row):
        return self.landmark_train(row.ours, row.ranks, self.photos(row))

    def landmark_train(self, arguments, ranks, photos):
        command = [self.options.program, *arguments, "--json", *photos]
        if ranks > 1:
            command = ["mpirun", "--bind-to", "none", "-np", str(ranks), *command]
        return self.run(command, self.environment)

    def peer(self, row, setting, shorter=()):
        if row.rival == ITSELF:
            return self.landmark_train(row.peer, 1, self.photos(row))
        script = os.path.join(HERE, row.script)
        arguments = [*self.photos(row), *row.peer, *setting, *shorter]
        environment = dict(self.environment)
        threads = setting[setting.index("--threads") + 1] if "--threads" in setting else "1"
        environment["OMP_NUM_THREADS"] = environment["MKL_NUM_THREADS"] = threads
        if self.tcmalloc:
            environment["LD_PRELOAD"] = self.tcmalloc
        return self.run([self.python(row), script, *arguments], environment)

    def python(self, row):
        return self.options.keras_python if row.rival == "Keras" else self.options.python

    def photos(self, row):
        return [self.options.photos] if row.needs_photos else []

    def run(self, command, environment):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"this failed:\n  {' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def best_setting(self, row):
        """The peer's fastest setting for the row, found by one short run of each."""
        if len(row.trials) == 1:
            return row.trials[0]
        found = []
        for setting in row.trials:
            name = " ".join(setting) or "buckets"
            try:
                speed = self.speed(self.peer(row, setting, row.trial))
            except Failed as failure:
                reason = str(failure).strip().splitlines()[-1]
                print(f"  {row.rival} with {name} does not run: {reason}", flush=True)
                continue
            print(f"  {row.rival} with {name}: {speed:.3g} {row.unit}", flush=True)
            found.append((speed, setting))
        if not found:
            raise Failed(f"no setting of {row.rival} ran for {row.name}")
        faster = min if row.unit == "ms" else max
        return faster(found, key=lambda entry: entry[0])[1]

    def pair(self, row, setting):
        ours, peer = self.ours(row), self.peer(row, setting)
        a, b = self.speed(ours), self.speed(peer)
        return {
            "ours": a,
            "peer": b,
            "ratio": b / a if row.unit == "ms" else a / b,
            "our_memory": self.memory(ours, row.ranks),
            "peer_memory": self.memory(peer, peer.get("ranks", 1)),
            "share_of_peak": ours.get("share_of_peak"),
        }

    @staticmethod
    def output(command):
        if not shutil.which(command[0]):
            return ""
        done = subprocess.run(command, capture_output=True, text=True)
        return done.stdout + done.stderr if done.returncode == 0 else ""

    @staticmethod
    def speed(answer):
        if "images_per_second_and_thread" in answer:
            return answer["images_per_second_and_thread"]["median"]
        if "images_per_second" in answer:
            return answer["images_per_second"]["median"]
        return 1000 * (answer.get("whole") or answer["seconds"])["median"]

    @staticmethod
    def memory(answer, ranks):
        """Bytes of all ranks together, each counted as the largest."""
        return ranks * answer["peak_memory"] if "peak_memory" in answer else None


def machine():
    """The machine; figures of another one are not put into the same table."""
    text = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    fields = dict(re.findall(r"^(model name|cpu family|model|flags)\s*: (.*)$", text, re.M))
    flags = fields.get("flags", "").split()
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in flags), "")
    name = fields.get("model name", platform.processor() or platform.machine())
    kind = f"{name} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"
    return f"{len(os.sched_getaffinity(0))} cores of {kind}" + (f", {widest}" if widest else "")


def versions(comparison):
    """Versions of all programs compared, "?" for those that are not installed."""
    options = comparison.options

    def package(python, *names):
        code = (
            "import sys, importlib.metadata as metadata\n"
            "for name in sys.argv[1:]:\n"
            "    try: print(metadata.version(name)); break\n"
            "    except metadata.PackageNotFoundError: pass\n"
        )
        return comparison.output([python, "-c", code, *names]).strip() or "?"

    swift = re.search(r"Swift version (\S+)", comparison.output(["swift", "--version"]))
    mpi = re.search(r"(\d+\.\d+\.\d+)", comparison.output(["mpirun", "--version"]))
    return ", ".join(
        [
            "landmark-train " + comparison.output([options.program, "--version"]).strip(),
            f"Swift {swift.group(1) if swift else '?'}",
            f"Open MPI {mpi.group(1) if mpi else '?'}",
            "PyTorch " + package(options.python, "torch"),
            "torchvision " + package(options.python, "torchvision"),
            "Pillow " + package(options.python, "pillow"),
            "Keras " + package(options.keras_python, "keras"),
            "TensorFlow " + package(options.keras_python, "tensorflow_cpu", "tensorflow"),
            "tcmalloc preloaded" if comparison.tcmalloc else "no tcmalloc",
            f"Linux {platform.release()}",
        ]
    )


def spread(values, digits):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"**{middle:.{digits}f}** ({low:.{digits}f}–{high:.{digits}f})"


def speed_text(value, unit):
    return f"{value:.0f} ms" if unit == "ms" else f"{value:.{2 if value < 10 else 1}f}"


def memory_text(values):
    known = [value for value in values if value]
    return f"{statistics.median(known) / 1e9:.2f}" if known else "–"


def commit():
    """The commit whose sources are measured; "-dirty" if they were changed."""
    git = ["git", "-C", ROOT]
    name = Comparison.output([*git, "rev-parse", "--short", "HEAD"]).strip() or "?"
    changed = Comparison.output([*git, "status", "--porcelain", "--", "Sources", "Package.swift"])
    return name + ("-dirty" if changed else "")


def peers_table(data):
    return [
        f"Measured on {data['machine']}; {data['versions']}.",
        "",
        "| work | landmark-train | peer | ratio (min–max) | GB | peer's GB | pairs, date, commit | peer's best setting |",
        "|---|---|---|---|---|---|---|---|",
        *lines(data, [row for row in ROWS if row.rival != ITSELF]),
    ]


def itself_table(data):
    return [
        "| work | first | second | ratio (min–max) | GB, first | GB, second | pairs, date, commit |",
        "|---|---|---|---|---|---|---|",
        *lines(data, [row for row in ROWS if row.rival == ITSELF]),
    ]


def readme_table(data):
    table = [
        "| 224×224 pixels, images/s | landmark-train | PyTorch or Keras, best setting | times as fast | memory |",
        "|---|---|---|---|---|",
    ]
    for row in ROWS:
        entry = data["rows"].get(row.name)
        if not row.short or not entry:
            continue
        pairs = entry["pairs"]
        ours, peer = (statistics.median(pair[key] for pair in pairs) for key in ("ours", "peer"))
        memory = [
            memory_text([pair[key] for pair in pairs]) for key in ("our_memory", "peer_memory")
        ]
        cells = [
            row.short,
            speed_text(ours, row.unit),
            f"{row.rival} {speed_text(peer, row.unit)}",
            f"**{statistics.median(pair['ratio'] for pair in pairs):.1f}**",
            f"{memory[0]} / {memory[1]} GB",
        ]
        table.append("| " + " | ".join(cells) + " |")
    return table


def lines(data, rows):
    lines = []
    for row in rows:
        entry = data["rows"].get(row.name)
        if not entry:
            continue
        pairs = entry["pairs"]
        ours, peer = (statistics.median(pair[key] for pair in pairs) for key in ("ours", "peer"))
        setting = " ".join(entry["setting"]).replace("--", "").replace("_", "-") or "buckets"
        if row.rival != "PyTorch":
            setting = f"{row.rival}, {setting}"
        cells = [
            row.title,
            speed_text(ours, row.unit),
            speed_text(peer, row.unit),
            spread([pair["ratio"] for pair in pairs], 2),
            memory_text([pair["our_memory"] for pair in pairs]),
            memory_text([pair["peer_memory"] for pair in pairs]),
            f"{len(pairs)}, {entry['date']}, {entry['commit']}",
        ] + ([setting] if row.rival != ITSELF else [])
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def pages(data):
    """(path, text) of each page, with its tables written from the data."""
    tables = {
        PAGE: [("peers", peers_table(data)), ("itself", itself_table(data))],
        README: [("speed", readme_table(data))],
    }
    for path, contents in tables.items():
        with open(path) as file:
            page = file.read()
        for name, table in contents:
            begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
            if begin not in page or end not in page:
                sys.exit(f"bench-peers: {path} has no lines '{begin}' and '{end}' to put a table between")
            before, after = page.split(begin)[0], page.split(end)[1]
            page = "\n".join([before + begin, "", *table, "", end + after])
        yield path, page


def write(data):
    with open(DATA, "w") as file:
        json.dump(data, file, indent=1, sort_keys=True)
        file.write("\n")
    for path, page in pages(data):
        with open(path, "w") as file:
            file.write(page)


def check():
    """Fails if a table differs from the data."""
    with open(DATA) as file:
        data = json.load(file)
    for path, page in pages(data):
        with open(path) as file:
            if file.read() != page:
                name = os.path.relpath(path, ROOT)
                sys.exit(f"{name}: its tables differ from docs/performance.json; run {__file__} --write")


def load(comparison):
    here = machine()
    data = {"machine": here, "rows": {}, "settings": {}}
    if os.path.exists(DATA):
        old = json.load(open(DATA))
        if old["machine"] == here:
            data = old
        elif old["rows"]:
            print(f"rows of another machine are dropped: {old['machine']}")
    if "versions" not in data or any(row.rival != ITSELF for row in comparison.rows):
        data["versions"] = versions(comparison)
    return data


def measure(row, data, comparison):
    options = comparison.options
    print(f"{row.name}: {row.title}", flush=True)
    entry = data["rows"].get(row.name) if options.add else None
    setting = data["settings"].get(row.settings_key)
    if setting is None or options.retry:
        setting = comparison.best_setting(row)
        data["settings"][row.settings_key] = setting
    pairs = list(entry["pairs"]) if entry else []
    for _ in range(options.pairs):
        pair = comparison.pair(row, setting)
        pairs.append(pair)
        print(
            f"  ours {pair['ours']:.4g}, {row.rival} {pair['peer']:.4g} {row.unit}: "
            f"{pair['ratio']:.2f}",
            flush=True,
        )
    if pairs:
        date = datetime.date.today().isoformat()
        data["rows"][row.name] = {
            "pairs": pairs,
            "setting": setting,
            "date": date,
            "commit": commit(),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", help="the landmark-train to measure")
    parser.add_argument("--check", action="store_true", help="compare the tables with the data")
    parser.add_argument("--write", action="store_true", help="write the tables from the data")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--keras-python", default=sys.executable, help="a Python with Keras")
    parser.add_argument("--photos", default="")
    parser.add_argument("--only", action="append", choices=[row.name for row in ROWS])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--add", action="store_true", help="keep the pairs measured before")
    parser.add_argument("--retry", action="store_true", help="find the peers' best settings anew")
    options = parser.parse_args()
    if options.check:
        return check()
    if options.write:
        with open(DATA) as file:
            return write(json.load(file))
    if not options.program:
        parser.error("--program is missing; start scripts/bench-peers, which builds it")
    comparison = Comparison(options)
    data = load(comparison)
    for row in comparison.rows:
        measure(row, data, comparison)
        write(data)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench-peers: {failure}")
