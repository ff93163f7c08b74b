// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// For the innermost loops alone: they work on raw floats, whose extents Tensors checks before it calls them.
let unchecked: [SwiftSetting] =
    strict + [
        .unsafeFlags(
            ["-Ounchecked", "-enforce-exclusivity=unchecked"],
            .when(configuration: .release)
        )
    ]

/// The inner loops, built once for each instruction set from the same sources (the directories of the
/// wider ones are links to the baseline's); Tensors chooses when the program starts.
let instructionSets: [(name: String, flags: [String])] = {
    #if arch(x86_64)
        [
            ("Baseline", []),
            ("AVX2", ["-Xcc", "-march=x86-64-v3", "-DFUSED_MULTIPLY_ADD"]),
            ("AVX512", ["-Xcc", "-march=x86-64-v4", "-DFUSED_MULTIPLY_ADD", "-DWIDE_REGISTERS"]),
        ]
    #else
        [("Baseline", ["-DFUSED_MULTIPLY_ADD"])]
    #endif
}()

let kernels: [Target] = instructionSets.map { set in
    .target(
        name: "Kernels\(set.name)",
        dependencies: ["KernelTable", "CVectorShim"],
        swiftSettings: unchecked + [.unsafeFlags(set.flags, .when(configuration: .release))]
    )
}

let package = Package(
    name: "landmark-train",
    products: [
        .executable(name: "landmark-train", targets: ["landmark-train"]),
        .executable(name: "distributed-check", targets: ["distributed-check"]),
        .executable(name: "onnx-check", targets: ["onnx-check"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        // Ground: C libraries and the thin shims that make them callable.
        .systemLibrary(
            name: "COpenMPI",
            pkgConfig: "ompi-c",
            providers: [.apt(["libopenmpi-dev"])]
        ),
        .systemLibrary(
            name: "CLibJPEG",
            pkgConfig: "libjpeg",
            providers: [.apt(["libjpeg-dev"])]
        ),
        .target(name: "CMPIShim", dependencies: ["COpenMPI"]),
        .target(
            name: "CJPEGShim",
            dependencies: ["CLibJPEG"],
            cSettings: [.unsafeFlags(["-O3"], .when(configuration: .release))]
        ),

        // Photos of these kinds are rare: the libraries are opened when one comes, not linked.
        .target(name: "CPhotoShim"),

        // Finds the system's CBLAS, which is opened at run time too.
        .target(name: "CBLASShim"),

        .target(name: "CMemoryShim"),
        .target(name: "CProcessShim"),
        .target(name: "CThreadShim"),
        .target(name: "CVectorShim"),

        // Floor 1.
        .target(name: "Files", swiftSettings: strict),
        .target(name: "KernelTable", swiftSettings: strict),
        .target(
            name: "Tensors",
            dependencies: ["KernelTable", "CBLASShim", "CThreadShim", "CVectorShim"]
                + instructionSets.map { .target(name: "Kernels\($0.name)") },
            swiftSettings: strict
        ),

        // Floor 2: these four never see one another.
        .target(name: "Networks", dependencies: ["Tensors"], swiftSettings: strict),
        .target(
            name: "Images",
            dependencies: ["Files", "Tensors", "CJPEGShim", "CPhotoShim"],
            swiftSettings: strict
        ),
        .target(
            name: "Distributed",
            dependencies: ["Tensors", "CMPIShim", "CMemoryShim"],
            swiftSettings: strict
        ),

        .target(name: "TensorFiles", dependencies: ["Files"], swiftSettings: strict),

        // Landmarks drawn by code: seen by the roof and tests alone.
        .target(name: "BuiltIn", dependencies: ["Files", "Tensors"], swiftSettings: strict),

        // Floors 3 and 4.
        .target(
            name: "Training",
            dependencies: ["Networks", "Images", "Distributed", "TensorFiles", "Files", "Tensors"],
            swiftSettings: strict
        ),
        .target(
            name: "Reporting",
            dependencies: [
                "Training", "Images", "Files",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict
        ),

        // Roof.
        .executableTarget(
            name: "landmark-train",
            dependencies: [
                "CProcessShim", "Files", "Tensors", "TensorFiles", "Networks", "Images",
                "BuiltIn", "Distributed", "Training", "Reporting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "distributed-check",
            dependencies: [
                "Tensors", "Networks", "Images", "Distributed", "Training", "TestSupport",
            ],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "onnx-check",
            dependencies: [
                "Files", "Tensors", "TensorFiles", "Networks", "Images", "Training", "TestSupport",
            ],
            swiftSettings: strict
        ),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["Networks", "Distributed", "Tensors"],
            swiftSettings: strict
        ),
        .testTarget(name: "FilesTests", dependencies: ["Files"], swiftSettings: strict),
        .testTarget(
            name: "TensorsTests",
            dependencies: ["Tensors", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NetworksTests",
            dependencies: ["Networks", "Tensors", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ImagesTests",
            dependencies: ["Images", "Files", "Tensors", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BuiltInTests",
            dependencies: ["BuiltIn"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DistributedTests",
            dependencies: ["Distributed", "Tensors", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "Networks", "Images", "Distributed", "TensorFiles", "Files", "Tensors",
                "BuiltIn", "TestSupport",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Reporting", "Training", "Files"],
            swiftSettings: strict
        ),
    ] + kernels,
    swiftLanguageModes: [.v6]
)
