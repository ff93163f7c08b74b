#!/usr/bin/env python3
"""Makes the fixtures that the tests compare this program's networks with, using PyTorch.

  pip install torch torchvision timm numpy
  scripts/parity/make_fixtures.py [--out Tests/NetworksTests/Fixtures] [--photos N] [NAME…]

torchvision_parameters.txt: names and shapes of all parameters and running statistics of each model.
MODEL.json: for weights and photos by the formula of shared_values.py, in double precision: logits in evaluation
and training, the loss and its gradients, without dropout and stochastic depth; for vgg11_bn and resnet18 five losses
with SGD and with RMSprop too.
losses.json: cross-entropy with label smoothing and class weights.
published.json, with --weights FOLDER alone: logits of EfficientNet-Lite0 with its published weights, from
tf_efficientnet_lite0-imagenet.safetensors in that folder.
Without names, all are made.
"""
import argparse
import json
import os

import numpy as np
import torch
import timm
import torchvision

import shared_values

MODELS = [f"vgg{n}{s}" for n in (11, 13, 16, 19) for s in ("", "_bn")]
MODELS += [f"resnet{n}" for n in (18, 34, 50, 101, 152)]
MODELS += ["resnext50_32x4d", "resnet18d", "resnet50d", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"]
MODELS += [f"efficientnet_lite{n}" for n in (0, 1, 2)] + ["convnext_tiny"]
# Networks that are timm's, by their names there.
TIMM = {name: name for name in ("resnet18d", "resnet50d")}
TIMM |= {f"efficientnet_lite{n}": f"tf_efficientnet_lite{n}" for n in (0, 1, 2)}
CLASSES = 10
# Side, number and name of each network's photos. If the input of a ReLU is almost zero, or the two largest pixels of a pooling
# window are almost equal, rounding decides where a gradient goes. With photos that had such a tie of 4e-7, PyTorch's own
# fp32 gradients differed from double precision by 0.5 % of the largest entry, and weights changed by 1e-6 moved them by
# up to 7 %. `--photos` found these photos, whose closest ties are far larger than rounding.
PHOTOS = {
    "vgg11_bn": (32, 4, "photos 78"),
    "resnet18": (64, 4, "photos 46"),
    "mobilenet_v2": (48, 2, "photos 2"),
    "mobilenet_v3_large": (48, 2, "photos 57"),
    "efficientnet_b0": (64, 2, "photos 1"),
    "efficientnet_lite0": (48, 2, "photos 35"),
    "efficientnet_lite1": (33, 2, "photos 3"),
    "efficientnet_lite2": (48, 2, "photos 1"),
    "convnext_tiny": (64, 2, "photos 1"),
    "resnet152": (33, 2, "photos 8"),
    "resnext50_32x4d": (48, 2, "photos 1"),
    "resnet18d": (48, 2, "photos 19"),
    "resnet50d": (48, 2, "photos 6"),
}
# With the branches of `shared_values.ends_branch` rounding stays far smaller, but the networks are deep: none of some
# dozen sets of photos keeps 5e-6 away.
CLOSEST_TIE = 2e-6
CLOSEST_TIES = {"resnet152": 8e-7}
# Those with five losses of optimizers, and with more entries of each gradient.
COURSES = ("vgg11_bn", "resnet18")
SGD_RATE = 1e-4


def make(name, classes):
    """A model as torchvision or timm makes it."""
    if name in TIMM:
        return timm.create_model(TIMM[name], num_classes=classes)
    return getattr(torchvision.models, name)(weights=None, num_classes=classes)


def parameter_list():
    lines = []
    for name in MODELS:
        with torch.device("meta"):
            model = make(name, 1000)
        count = sum(p.numel() for p in model.parameters())
        lines.append(f"model {name} {count}")
        for key, tensor in model.state_dict().items():
            lines.append(key + " " + "x".join(map(str, tensor.shape)))
    return "\n".join(lines) + "\n"


def fresh(name):
    model = make(name, CLASSES)
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return shared_values.load(model).double()


def gradient_summary(name, tensor, samples):
    """The largest entry, the sum of squares, a projection of all entries, and a few entries."""
    g = tensor.detach().double().contiguous().numpy().reshape(-1)
    places = [k * (len(g) - 1) // (samples - 1) for k in range(samples)] if len(g) > samples else range(len(g))
    return {
        "norm": float(np.sqrt((g * g).sum())),
        "largest": float(np.abs(g).max()),
        "projection": float((g * shared_values.uniform("projection " + name, len(g))).sum()),
        "entries": [float(g[k]) for k in places],
    }


# Where the slope of an activation jumps.
KINKS = {
    torch.nn.ReLU: (0,),
    torch.nn.ReLU6: (0, 6),
    torch.nn.Hardswish: (-3, 3),
    torch.nn.Hardsigmoid: (-3, 3),
}


def closest_tie(model, photos):
    """The closest tie of an activation's kink or of max pooling in training, in standard deviations of its map."""
    ties = [np.inf]

    def activation(kinks):
        def hook(module, inputs):
            x = inputs[0].detach()
            ties.extend(((x - kink).abs().min() / x.std()).item() for kink in kinks)

        return hook

    def pool(module, inputs):
        x, k, p = inputs[0].detach(), module.kernel_size, module.padding
        padded = torch.nn.functional.pad(x, (p, p, p, p), value=-1e9)
        windows = padded.unfold(2, k, module.stride).unfold(3, k, module.stride).flatten(-2)
        best = windows.topk(2).values
        # Ties between zeros that a ReLU left do not matter: no gradient passes through it.
        gaps = (best[..., 0] - best[..., 1])[best[..., 0] > 0]
        ties.append((gaps.min() / x.std()).item())

    hooks = []
    for module in model.modules():
        if type(module) in KINKS:
            hooks.append(module.register_forward_pre_hook(activation(KINKS[type(module)])))
        if isinstance(module, torch.nn.MaxPool2d):
            hooks.append(module.register_forward_pre_hook(pool))
    with torch.no_grad():
        model(photos)
    for hook in hooks:
        hook.remove()
    return min(ties)


def batch(name, photos_name=None):
    """The photos of a network, and their labels."""
    size, count, chosen = PHOTOS[name]
    photos = torch.from_numpy(shared_values.photos(count, size, photos_name or chosen)).double()
    return photos, torch.tensor([(3 * n + 1) % CLASSES for n in range(count)])


def gradients(name, photos, labels, samples, dtype=torch.float64, layout=torch.contiguous_format):
    """What training computes: the model, the logits, the loss and a summary of each gradient."""
    model = fresh(name).to(dtype).to(memory_format=layout).train()
    logits = model(photos.to(dtype).contiguous(memory_format=layout))
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    summaries = {key: gradient_summary(key, p.grad, samples) for key, p in model.named_parameters()}
    return model, logits.detach(), loss.item(), summaries


def strain(name, photos, labels):
    """How much of the test's tolerance PyTorch's gradients in single precision take, at the worst place.

    The worst of three ways to compute them, which round differently.
    """
    exact = gradients(name, photos, labels, 5)[3]
    floor = 1e-6 * max(g["norm"] for g in exact.values())
    worst = 0
    for layout, onednn in ((torch.contiguous_format, True), (torch.channels_last, True), (torch.channels_last, False)):
        with torch.backends.mkldnn.flags(enabled=onednn):
            single = gradients(name, photos, labels, 5, torch.float32, layout)[3]
        for key, g in exact.items():
            own = single[key]
            for field in ("norm", "projection"):
                worst = max(worst, abs(own[field] - g[field]) / (1e-3 * g["norm"] + floor))
            for a, b in zip(own["entries"], g["entries"]):
                worst = max(worst, abs(a - b) / (1e-3 * g["largest"] + floor))
    return worst


def search_photos(name, count):
    """Searches `count` sets of photos and prints those that single precision serves best."""
    least = np.inf
    for k in range(1, count + 1):
        candidate = f"photos {k}"
        photos, labels = batch(name, candidate)
        tie = closest_tie(fresh(name).train(), photos)
        if tie < CLOSEST_TIES.get(name, CLOSEST_TIE):
            continue
        taken = strain(name, photos, labels)
        if taken < least:
            least = taken
            print(f"{name}: {candidate}, closest tie {tie:.1e}, fp32 takes {taken:.2f} of the tolerance", flush=True)
        if tie == np.inf:
            break


def five_losses(name, photos, labels, make):
    model = fresh(name).train()
    decays = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = make([{"params": decays, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}])
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(photos), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def network(name):
    size, _, photos_name = PHOTOS[name]
    photos, labels = batch(name)
    tie = closest_tie(fresh(name).train(), photos)
    assert tie >= CLOSEST_TIES.get(name, CLOSEST_TIE), f"{name}: choose other photos, of {tie}"
    with torch.no_grad():
        evaluation = fresh(name).eval()(photos)
    model, logits, loss, summaries = gradients(name, photos, labels, 12 if name in COURSES else 5)
    statistics = {
        key: [float(v) for v in tensor.reshape(-1)[: 4 if name in COURSES else 2]]
        for key, tensor in model.state_dict().items()
        if "running" in key
    }
    versions = [("torch", torch), ("timm", timm) if name in TIMM else ("torchvision", torchvision)]
    fixture = {
        "made_by": ", ".join(f"{library} {module.__version__.split('+')[0]}" for library, module in versions),
        "classes": CLASSES,
        "photos": photos_name,
        "image_size": size,
        "labels": labels.tolist(),
        "evaluation_logits": evaluation.reshape(-1).tolist(),
        "training_logits": logits.reshape(-1).tolist(),
        "loss": loss,
        "gradients": summaries,
        "statistics_after_one_step": statistics,
    }
    if name not in COURSES:
        return fixture
    fixture["sgd"] = {
        "learning_rate": SGD_RATE, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4,
        "losses": five_losses(
            name, photos, labels, lambda g: torch.optim.SGD(g, lr=SGD_RATE, momentum=0.9, nesterov=True)
        ),
    }
    fixture["rmsprop"] = {
        "learning_rate": 3e-7, "alpha": 0.9, "epsilon": 1e-7, "momentum": 0.09, "weight_decay": 5e-4,
        "losses": five_losses(
            name, photos, labels,
            lambda g: torch.optim.RMSprop(g, lr=3e-7, alpha=0.9, eps=1e-7, momentum=0.09),
        ),
    }
    return fixture


def losses():
    cases = []
    C = 5
    for smoothing in (0.0, 0.1):
        for weighted in (False, True):
            z = torch.from_numpy(3 * shared_values.uniform("logits", 4 * C).reshape(4, C)).requires_grad_()
            labels = torch.tensor([0, 3, 4, 3])
            weight = torch.tensor([0.5, 1.0, 2.0, 0.25, 1.5], dtype=torch.float64) if weighted else None
            each = torch.nn.functional.cross_entropy(
                z, labels, weight=weight, label_smoothing=smoothing, reduction="none"
            )
            mean = torch.nn.functional.cross_entropy(z, labels, weight=weight, label_smoothing=smoothing)
            mean.backward()
            cases.append({
                "smoothing": smoothing,
                "class_weights": weight.tolist() if weighted else None,
                "labels": labels.tolist(),
                "losses": each.tolist(),
                "mean": mean.item(),
                "gradient_of_mean": z.grad.reshape(-1).tolist(),
            })
    return cases


def published(folder):
    import safetensors.torch

    file, size, photos_name = "tf_efficientnet_lite0-imagenet.safetensors", 224, "photos published"
    model = timm.create_model("tf_efficientnet_lite0")
    state = safetensors.torch.load_file(os.path.join(folder, file))
    missing, surplus = model.load_state_dict(state, strict=False)
    assert not surplus and all(name.endswith("num_batches_tracked") for name in missing)
    photos = torch.from_numpy(shared_values.photos(1, size, photos_name)).double()
    with torch.no_grad():
        logits = model.double().eval()(photos)
    return {
        "made_by": f"torch {torch.__version__.split('+')[0]}, timm {timm.__version__}",
        "model": "efficientnet_lite0", "file": file, "photos": photos_name, "image_size": size,
        "logits": logits.reshape(-1).tolist(),
    }


def rounded(value, digits):
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {k: rounded(v, digits) for k, v in value.items()}
    return [rounded(v, digits) for v in value] if isinstance(value, list) else value


def lines(fixture):
    """JSON with a line for each gradient and each statistic."""
    def entry(key, value):
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            return f" {json.dumps(key)}: {{\n{inner}\n }}"
        return f" {json.dumps(key)}: {json.dumps(value)}"

    return "{\n" + ",\n".join(entry(key, value) for key, value in fixture.items()) + "\n}\n"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(here, "../../Tests/NetworksTests/Fixtures"))
    parser.add_argument("--photos", type=int, metavar="N", help="search N sets of photos instead")
    parser.add_argument("--weights", metavar="FOLDER", help="make published.json from the weights there instead")
    parser.add_argument("names", nargs="*", metavar="NAME", help="losses, parameters or a network; default: all")
    arguments = parser.parse_args()
    chosen = set(arguments.names)
    unknown = chosen - {"losses", "parameters", *PHOTOS}
    if unknown:
        parser.error(f"there is no fixture {', '.join(sorted(unknown))}")
    names = [name for name in PHOTOS if name in chosen or not chosen]
    if arguments.photos:
        for name in names:
            search_photos(name, arguments.photos)
        return
    out = arguments.out
    if arguments.weights:
        with open(os.path.join(out, "published.json"), "w") as file:
            file.write(lines(rounded(published(arguments.weights), 7)))
        return
    if not chosen or "parameters" in chosen:
        with open(os.path.join(out, "torchvision_parameters.txt"), "w") as file:
            file.write(parameter_list())
    if not chosen or "losses" in chosen:
        with open(os.path.join(out, "losses.json"), "w") as file:
            json.dump(rounded(losses(), 9), file, indent=1)
            file.write("\n")
    for name in names:
        with open(os.path.join(out, name + ".json"), "w") as file:
            if name in COURSES:
                json.dump(rounded(network(name), 9), file, indent=1)
                file.write("\n")
            else:
                file.write(lines(rounded(network(name), 7)))


if __name__ == "__main__":
    main()
