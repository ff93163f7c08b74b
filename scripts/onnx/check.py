#!/usr/bin/env python3
"""Compares exported models with what landmark-train computes: see scripts/check-onnx.sh.

    check.py [--openvino] [--all] FOLDER [NETWORK…]      the folder of landmark-train and onnx-check
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "weights"))

import photos as photo_files  # noqa: E402
import safetensors_file  # noqa: E402

# Largest difference of a logit; of the largest logit where that is above 1.
TOLERANCE = 1e-4
# Sides of the photos where 64 pixels would leave something out: windows that hang over the edge, TensorFlow's
# padding of odd maps, and the three ways of averages over 7×7 windows.
SIZES = {
    "resnet18d": 75, "resnet50d": 100, "efficientnet_lite1": 97, "vgg11": 448, "vgg13": 224, "vgg11_bn": 96,
}
PUBLISHED = {
    "tf_efficientnet_lite0-imagenet.safetensors": "efficientnet_lite0",
    "mobilenet_v2-imagenet-trunk.safetensors": "mobilenet_v2",
}
# Networks that are compared once: those without batch norms are the same either way.
ONCE = {"vgg11", "vgg13", "vgg16", "vgg19", "convnext_tiny"}
# Networks of 550 MB and more that have nothing that vgg11 and vgg11_bn lack: with --all alone.
LARGE = {"vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"}

failures = []
checks = 0


def expect(what, truth):
    global checks
    checks += 1
    if not truth:
        failures.append(what)
        print(f"FAILED: {what}")


def run(*command):
    """What a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tensors(path):
    """The arrays of a file that onnx-check wrote."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    return {
        name: numpy.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def runtime(path):
    """A function from photos to ONNX Runtime's logits."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda photos: session.run(["logits"], {"photos": photos})[0]


def openvino_runtime(path):
    """A function from photos to OpenVINO's logits, in single precision as asked."""
    import openvino

    core = openvino.Core()
    model = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda photos: model({"photos": photos})["logits"]


def check_form(path, name):
    """What the format asks of a model, and what users expect of ours."""
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path, load_external_data=False)
    expect(f"{name}: operator set 17", [o.version for o in model.opset_import] == [17])
    if os.path.getsize(path) < 1 << 28:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        known = {value.name for value in [*inferred.graph.value_info, *inferred.graph.output]}
        produced = {output for node in model.graph.node for output in node.output}
        expect(f"{name}: all shapes are inferred", produced <= known)
    (given,), (got,) = model.graph.input, model.graph.output
    expect(f"{name}: input and output", (given.name, got.name) == ("photos", "logits"))
    for port in (given, got):
        expect(f"{name}: any batch", port.type.tensor_type.shape.dim[0].dim_param == "N")
    return model


def compare(name, path, reference, runtimes):
    """The largest differences of the logits of all photos at once and one by one, by runtime."""
    images, expected = reference["photos"], reference["logits"]
    largest = float(numpy.abs(expected).max())
    spread = float(numpy.ptp(expected, axis=0).max())
    expect(f"{name}: logits of photos differ by {spread:.2g}, enough to compare", spread > 0.01 * largest > 1e-3)
    largest = max(1.0, largest)
    differences = []
    for title, make in runtimes:
        logits = make(path)
        once = numpy.array(logits(images))
        single = numpy.concatenate([numpy.array(logits(images[n:n + 1])) for n in range(len(images))])
        expect(f"{name}: the extents of {title}'s logits", once.shape == single.shape == expected.shape)
        off = max(float(numpy.abs(own - expected).max()) for own in (once, single))
        expect(f"{name}: {title} is off by {off:.2g} of {largest:.3g}", off <= TOLERANCE * largest)
        differences.append(off)
    return differences, largest


def check_networks(tool, work, paths, runtimes, weights, networks):
    """Some networks, and published weights where there are any."""
    cases = [(name, SIZES.get(name, 64), "-") for name in networks]
    for file, name in PUBLISHED.items():
        path = os.path.join(weights, file) if weights else ""
        if name in networks and os.path.exists(path):
            cases.append((name, 224, path))
    furthest = 0.0
    for name, size, file in cases:
        line = [f"{name:18} {size:3} px{'' if file == '-' else ', published weights'}:"]
        for norms in ["folded"] if name in ONCE else ["folded", "kept"]:
            run(tool, work, name, str(size), norms, file, *paths)
            path = os.path.join(work, name + ".onnx")
            model = check_form(path, name)
            kinds = {node.op_type for node in model.graph.node}
            if norms == "folded":
                # The tutorial's norm stands before all convolutions.
                expect(f"{name}: norms are folded", name == "tutorial" or "BatchNormalization" not in kinds)
            reference = tensors(os.path.join(work, name + ".safetensors"))
            differences, largest = compare(f"{name}, norms {norms}", path, reference, runtimes)
            line.append(f"{norms} " + " and ".join(f"{d:.1e}" for d in differences))
            furthest = max([furthest] + [d / largest for d in differences])
            os.remove(path)
        print(*line, f"(largest logit {numpy.abs(reference['logits']).max():.3g})", flush=True)
    return furthest, len(cases)


def check_program(program, work, photos):
    """A trained network as its user exports it: files, metadata, and the same answers by the metadata alone."""
    where = lambda *names: os.path.join(work, *names)  # noqa: E731
    run(program, "--data", where("landmarks"), "--model", "small", "--image-size", "40", "--batch", "12",
        "--epochs", "6", "--output", where("run"))
    run(program, "export", where("run"), "--onnx", where("plain.onnx"), "--torch", where("plain.safetensors"))
    printed = run(program, "export", where("run"), "--onnx", where("two.onnx"), "--external-data",
                  "--keep-batch-norms")
    expect("both files are told", printed.split() == [where("two.onnx"), where("two.onnx.data")])
    model = check_form(where("plain.onnx"), "plain")
    two = check_form(where("two.onnx"), "two")
    large = [t for t in two.graph.initializer if numpy.prod(t.dims) >= 256]
    expect("large tensors lie beside", large and all(t.data_location == 1 for t in large))
    kept = sum(node.op_type == "BatchNormalization" for node in two.graph.node)
    expect("norms are kept", kept == 10)
    texts = {entry.key: entry.value for entry in model.metadata_props}
    expect("the metadata of both", texts == {entry.key: entry.value for entry in two.metadata_props})
    other = safetensors_file.read_header(where("plain.safetensors"))[0]
    shared = {key: value for key, value in other.items() if key not in ("format", "landmark_train_export")}
    expect("the metadata of both formats", shared.items() <= texts.items())
    more = {"channel_order": "RGB", "layout": "NCHW", "value_range": "[0, 1]", "crop_pct": "0.875"}
    expect("how photos lie", texts.keys() - shared.keys() == more.keys() and more.items() <= texts.items())
    names = json.loads(texts["classes"])
    answers = json.loads(run(program, "predict", where("run"), *photos, "--json", "--top", "4"))
    for path, answer in zip(photos, answers):
        image = photo_files.prepared(path, texts)
        expected = [0.0] * len(names)
        for guess in answer["predictions"]:
            expected[names.index(guess["name"])] = guess["confidence"]
        for file in ("plain.onnx", "two.onnx"):
            own = photo_files.probabilities(runtime(where(file))(image)[0])
            off = float(numpy.abs(own - expected).max())
            # Two decoders of JPEG, and pixels in whole numbers on Pillow's way.
            expect(f"{file}: confidences of {os.path.basename(path)} are off by {off:.3f}", off < 0.03)


def folder_in_memory():
    """Where 550 MB are on the disk at once, since there is none; None where there is no room for them."""
    shared = "/dev/shm"
    has_room = os.path.isdir(shared) and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 3 << 30
    return shared if has_room else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--openvino", action="store_true")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    program, tool = (os.path.join(arguments.folder, name) for name in ("landmark-train", "onnx-check"))
    begin = time.monotonic()
    runtimes = [("ONNX Runtime", runtime)]
    if arguments.openvino:
        runtimes.append(("OpenVINO", openvino_runtime))
    with tempfile.TemporaryDirectory(dir=folder_in_memory()) as work:
        run(program, "dataset", "synthesize", os.path.join(work, "landmarks"), "--landmarks", "4", "--photos",
            "96", "--test-photos", "12", "--image-size", "64")
        drawn = sorted(glob.glob(os.path.join(work, "landmarks", "test", "**", "*.jpg"), recursive=True))
        folder = os.environ.get("LANDMARK_TRAIN_PHOTOS")
        found = sorted(glob.glob(os.path.join(folder, "**", "*.jpg"), recursive=True)) if folder else []
        if folder and not found:
            print(f"no .jpg in {folder} (LANDMARK_TRAIN_PHOTOS): built-in landmarks are taken")
        paths = [found[0], found[len(found) // 2]] if found else drawn[:2]
        check_program(program, work, drawn[:3])
        weights = os.environ.get("LANDMARK_TRAIN_WEIGHTS")
        networks = run(tool, "networks").split()
        wanted = arguments.networks or [name for name in networks if arguments.all or name not in LARGE]
        furthest, cases = check_networks(tool, work, paths, runtimes, weights, wanted)
    titles = " and ".join(title for title, _ in runtimes)
    if failures:
        print(f"{len(failures)} of {checks} checks of models for ONNX failed", file=sys.stderr)
        sys.exit(1)
    print(f"{cases} networks, {'real photos' if found else 'built-in landmarks'}: logits of {titles} are off by "
          f"at most {furthest:.1e} of the largest; {checks} checks, {time.monotonic() - begin:.0f} s")
    left_out = [name for name in networks if name not in wanted]
    if left_out and not arguments.networks:
        print(f"left out, since vgg11 and vgg11_bn have the same layers: {', '.join(left_out)}; --all takes them in")


if __name__ == "__main__":
    main()
