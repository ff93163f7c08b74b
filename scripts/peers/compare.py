#!/usr/bin/env python3
"""Compares the speed of landmark-train with its peers, and two configurations of it with one another.

Both sides of a comparison run in turn. All pairs are kept in docs/performance.json, so rows can be measured one
at a time; the tables of docs/performance.md and README.md are written from that file alone. Each machine has its
own rows and table; the README shows those of the first machine in the file. Called by scripts/bench-peers; --check
needs no benchmark and fails if a table differs from the file.
"""
import argparse
import datetime
import glob
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from rows import ENGINES, ITSELF, ROWS
from tables import HERE, ROOT, pages

DATA = os.path.join(ROOT, "docs", "performance.json")


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
        self.known_versions = None

    def versions(self):
        if self.known_versions is None:
            self.known_versions = versions(self)
        return self.known_versions

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
        script = os.path.join(HERE, row.script_with(setting))
        arguments = [*self.photos(row), *row.peer, *setting, *shorter]
        environment = dict(self.environment)
        threads = setting[setting.index("--threads") + 1] if "--threads" in setting else "1"
        environment["OMP_NUM_THREADS"] = environment["MKL_NUM_THREADS"] = threads
        # OpenVINO brings its own allocator and crashes with another.
        if self.tcmalloc and "openvino" not in setting:
            environment["LD_PRELOAD"] = self.tcmalloc
        return self.run([self.python(row), script, *arguments], environment)

    def python(self, row):
        return self.options.keras_python if row.rival == "Keras" else self.options.python

    def photos(self, row):
        return [self.options.photos] if row.needs_photos else []

    def run(self, command, environment):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            said = done.stderr.rstrip() or "it said nothing"
            raise Failed(f"this ended with code {done.returncode}:\n  {' '.join(command)}\n{said}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def best_setting(self, row):
        """The peer's fastest setting for the row, found by one short run of each."""
        if len(row.trials) == 1:
            return row.trials[0]
        found = []
        for setting in row.trials:
            name = row.rival_with(setting) + " with " + (" ".join(setting) or "buckets")
            try:
                speed = self.speed(self.peer(row, setting, row.trial))
            except Failed as failure:
                reason = str(failure).splitlines()[-1]
                print(f"  {name} does not run: {reason}", flush=True)
                continue
            print(f"  {name}: {speed:.3g} {row.unit}", flush=True)
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
        if "gigacomparisons" in answer:
            return answer["gigacomparisons"]["median"]
        return 1000 * (answer.get("whole") or answer["seconds"])["median"]

    @staticmethod
    def memory(answer, ranks):
        """Bytes of all ranks together, each counted as the largest."""
        return ranks * answer["peak_memory"] if "peak_memory" in answer else None


def machine():
    """The machine; each has a table of its own."""
    text = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    fields = dict(re.findall(r"^(model name|cpu family|model|flags)\s*: (.*)$", text, re.M))
    flags = fields.get("flags", "").split()
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in flags), "")
    name = fields.get("model name", platform.processor() or platform.machine())
    kind = f"{name} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"
    return f"{len(os.sched_getaffinity(0))} cores of {kind}" + (f", {widest}" if widest else "")


def versions(comparison):
    """The version of each program compared that is installed."""
    options = comparison.options

    def package(python, *names):
        code = (
            "import sys, importlib.metadata as metadata\n"
            "for name in sys.argv[1:]:\n"
            "    try: print(metadata.version(name)); break\n"
            "    except metadata.PackageNotFoundError: pass\n"
        )
        return comparison.output([python, "-c", code, *names]).strip()

    swift = re.search(r"Swift version (\S+)", comparison.output(["swift", "--version"]))
    mpi = re.search(r"(\d+\.\d+\.\d+)", comparison.output(["mpirun", "--version"]))
    found = {
        "landmark-train": comparison.output([options.program, "--version"]).strip(),
        "Swift": swift.group(1) if swift else "",
        "Open MPI": mpi.group(1) if mpi else "",
        "PyTorch": package(options.python, "torch"),
        "torchvision": package(options.python, "torchvision"),
        "Pillow": package(options.python, "pillow"),
        "Keras": package(options.keras_python, "keras"),
        "TensorFlow": package(options.keras_python, "tensorflow_cpu", "tensorflow"),
        **{ENGINES[name]: package(options.python, name) for name in ENGINES},
        "tcmalloc": "preloaded" if comparison.tcmalloc else "",
        "Linux": platform.release(),
    }
    return {name: version for name, version in found.items() if version}


def commit():
    """The commit whose sources are measured; "-dirty" if they were changed."""
    git = ["git", "-C", ROOT]
    name = Comparison.output([*git, "rev-parse", "--short", "HEAD"]).strip() or "?"
    changed = Comparison.output([*git, "status", "--porcelain", "--", "Sources", "Package.swift"])
    return name + ("-dirty" if changed else "")


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


def load():
    """All machines' data, and this machine's, which is among them."""
    data = {"machines": []}
    if os.path.exists(DATA):
        with open(DATA) as file:
            data = json.load(file)
    here = machine()
    for own in data["machines"]:
        if own["machine"] == here:
            return data, own
    own = {"machine": here, "rows": {}, "settings": {}}
    data["machines"].append(own)
    return data, own


def measure(row, own, comparison):
    """Measures a row on this machine, whose data `own` is."""
    options = comparison.options
    print(f"{row.name}: {row.title}", flush=True)
    entry = own["rows"].get(row.name) if options.add else None
    setting = own["settings"].get(row.settings_key)
    if setting is None or options.retry:
        setting = comparison.best_setting(row)
        own["settings"][row.settings_key] = setting
    pairs = list(entry["pairs"]) if entry else []
    for _ in range(options.pairs):
        pair = comparison.pair(row, setting)
        pairs.append(pair)
        print(
            f"  ours {pair['ours']:.4g}, {row.rival_with(setting)} {pair['peer']:.4g} {row.unit}: "
            f"{pair['ratio']:.2f}",
            flush=True,
        )
    if pairs:
        date = datetime.date.today().isoformat()
        own["rows"][row.name] = {
            "pairs": pairs,
            "setting": setting,
            "date": date,
            "commit": commit(),
            "versions": comparison.versions(),
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
    data, own = load()
    for row in comparison.rows:
        measure(row, own, comparison)
        write(data)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench-peers: {failure}")
