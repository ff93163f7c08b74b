#!/usr/bin/env python3
"""Makes the fixtures that the tests compare this program's networks with, using PyTorch.

  pip install torch torchvision numpy
  scripts/parity/make_fixtures.py [--out Tests/NetworksTests/Fixtures] [--photos N]

torchvision_parameters.txt: names and shapes of all parameters and running statistics of each model.
vgg11_bn.json, resnet18.json: for weights and photos by the formula of shared_values.py, in double
precision: logits in evaluation and training, gradients, and five losses with SGD and with RMSprop.
losses.json: cross-entropy with label smoothing and class weights.
"""
import argparse
import json
import os

import numpy as np
import torch
import torchvision

import shared_values

MODELS = [f"vgg{n}{s}" for n in (11, 13, 16, 19) for s in ("", "_bn")]
MODELS += [f"resnet{n}" for n in (18, 34, 50, 101)]
CLASSES, BATCH = 10, 4
SAMPLES = 12
# Side and name of each network's photos. If the input of a ReLU is almost zero, or the two largest pixels of a pooling
# window are almost equal, rounding decides where a gradient goes. With photos that had such a tie of 4e-7, PyTorch's own
# fp32 gradients differed from double precision by 0.5 % of the largest entry, and weights changed by 1e-6 moved them by
# up to 7 %. `--photos` found these photos, whose closest ties are far larger than rounding.
PHOTOS = {"vgg11_bn": (32, "photos 78"), "resnet18": (64, "photos 46")}
CLOSEST_TIE = 5e-6
SGD_RATE = 1e-4


def parameter_list():
    lines = []
    for name in MODELS:
        with torch.device("meta"):
            model = getattr(torchvision.models, name)(weights=None)
        count = sum(p.numel() for p in model.parameters())
        lines.append(f"model {name} {count}")
        for key, tensor in model.state_dict().items():
            lines.append(key + " " + "x".join(map(str, tensor.shape)))
    return "\n".join(lines) + "\n"


def fresh(name):
    model = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return shared_values.load(model).double()


def gradient_summary(name, tensor):
    """The largest entry, the sum of squares, a projection of all entries, and a few entries."""
    g = tensor.detach().numpy().reshape(-1)
    places = [k * (len(g) - 1) // (SAMPLES - 1) for k in range(SAMPLES)] if len(g) > SAMPLES else range(len(g))
    return {
        "norm": float(np.sqrt((g * g).sum())),
        "largest": float(np.abs(g).max()),
        "projection": float((g * shared_values.uniform("projection " + name, len(g))).sum()),
        "entries": [float(g[k]) for k in places],
    }


def closest_tie(model, photos):
    """The closest tie of a ReLU or max pooling in training, in standard deviations of its map."""
    ties = []

    def relu(module, inputs, output):
        x = inputs[0].detach()
        ties.append((x.abs().min() / x.std()).item())

    def pool(module, inputs, output):
        x, k, p = inputs[0].detach(), module.kernel_size, module.padding
        padded = torch.nn.functional.pad(x, (p, p, p, p), value=-1e9)
        windows = padded.unfold(2, k, module.stride).unfold(3, k, module.stride).flatten(-2)
        best = windows.topk(2).values
        # Ties between zeros that a ReLU left do not matter: no gradient passes through it.
        gaps = (best[..., 0] - best[..., 1])[best[..., 0] > 0]
        ties.append((gaps.min() / x.std()).item())

    hooks = []
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
            hooks.append(module.register_forward_hook(relu))
        if isinstance(module, torch.nn.MaxPool2d):
            hooks.append(module.register_forward_hook(pool))
    with torch.no_grad():
        model(photos)
    for hook in hooks:
        hook.remove()
    return min(ties)


def search_photos(name, count):
    """Searches `count` sets of photos and prints those with the largest margin from a tie."""
    best = 0
    for k in range(1, count + 1):
        candidate = f"photos {k}"
        photos = torch.from_numpy(shared_values.photos(BATCH, PHOTOS[name][0], candidate)).double()
        tie = closest_tie(fresh(name).train(), photos)
        if tie > best:
            best = tie
            print(f"{name}: {candidate}, closest tie {tie:.1e}", flush=True)


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
    size, photos_name = PHOTOS[name]
    photos = torch.from_numpy(shared_values.photos(BATCH, size, photos_name)).double()
    assert closest_tie(fresh(name).train(), photos) >= CLOSEST_TIE, f"{name}: choose other photos"
    labels = torch.tensor([(3 * n + 1) % CLASSES for n in range(BATCH)])
    model = fresh(name)
    model.eval()
    with torch.no_grad():
        evaluation = model(photos)
    model.train()
    logits = model(photos)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    statistics = {
        key: [float(v) for v in tensor.reshape(-1)[:4]]
        for key, tensor in model.state_dict().items()
        if "running" in key
    }
    return {
        "made_by": f"torch {torch.__version__.split('+')[0]}, torchvision {torchvision.__version__.split('+')[0]}",
        "classes": CLASSES,
        "photos": photos_name,
        "image_size": size,
        "labels": labels.tolist(),
        "evaluation_logits": evaluation.reshape(-1).tolist(),
        "training_logits": logits.detach().reshape(-1).tolist(),
        "loss": loss.item(),
        "gradients": {key: gradient_summary(key, p.grad) for key, p in model.named_parameters()},
        "statistics_after_one_step": statistics,
        "sgd": {
            "learning_rate": SGD_RATE, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4,
            "losses": five_losses(
                name, photos, labels, lambda g: torch.optim.SGD(g, lr=SGD_RATE, momentum=0.9, nesterov=True)
            ),
        },
        "rmsprop": {
            "learning_rate": 3e-7, "alpha": 0.9, "epsilon": 1e-7, "momentum": 0.09, "weight_decay": 5e-4,
            "losses": five_losses(
                name, photos, labels,
                lambda g: torch.optim.RMSprop(g, lr=3e-7, alpha=0.9, eps=1e-7, momentum=0.09),
            ),
        },
    }


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


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(here, "../../Tests/NetworksTests/Fixtures"))
    parser.add_argument("--photos", type=int, metavar="N", help="search N sets of photos instead")
    arguments = parser.parse_args()
    if arguments.photos:
        for name in PHOTOS:
            search_photos(name, arguments.photos)
        return
    out = arguments.out
    with open(os.path.join(out, "torchvision_parameters.txt"), "w") as file:
        file.write(parameter_list())
    for name, value in [("losses", losses()), ("resnet18", network("resnet18")), ("vgg11_bn", network("vgg11_bn"))]:
        with open(os.path.join(out, name + ".json"), "w") as file:
            json.dump(rounded(value), file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
