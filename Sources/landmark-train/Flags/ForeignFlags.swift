/// Flags of other training programs that have no counterpart here, and what to do instead.
enum ForeignFlags {
    private static let advice: [(flags: [String], words: String)] = [
        (
            ["--device", "--gpu", "--gpus", "--no-cuda"],
            "there is no device to choose, as it trains on CPUs; choose how many by --threads for each rank "
                + "and by mpirun -np"
        ),
        (
            ["--workers", "--num-workers", "-j"],
            "each rank's threads decode photos besides computing; choose how many by --threads"
        ),
        (
            [
                "--amp", "--fp16", "--bf16", "--amp-dtype", "--amp-impl", "--native-amp",
                "--apex-amp",
            ],
            "it computes in single precision, and --convolution fast, the default, is the fastest; leave it "
                + "out"
        ),
        (
            ["--pretrained", "--pretrained-path"],
            "give a file of published weights by --weights FILE; docs/weights.md says where they are"
        ),
        (
            ["--num-classes"],
            "the classes are those of the photos in --data, and the last layer is made for them; leave it out"
        ),
        (
            [
                "--dist-url", "--dist-backend", "--world-size", "--rank", "--local-rank",
                "--local_rank", "--multiprocessing-distributed", "--nproc-per-node",
                "--nproc_per_node", "--nnodes",
            ],
            "ranks are started by MPI: mpirun -np N landmark-train, with --hostfile for several nodes"
        ),
        (
            ["--grad-accum-steps", "--accumulation-steps"],
            "give the whole batch as --batch; a rank computes it in as many passes as memory asks for"
        ),
        (
            ["--model-ema", "--model-ema-steps"],
            "the decay alone turns the average on: --ema 0.9998, or --model-ema-decay"
        ),
        (["--scale"], "give the smallest share of a photo alone: --min-scale 0.35"),
        (["--opt-betas"], "give them apart: --beta1 0.9 --beta2 0.999"),
        (
            ["--sync-bn", "--split-bn", "--dist-bn"],
            "batch norm takes its statistics of each slice of the batch, on any number of ranks; --slices "
                + "says how many there are"
        ),
        (
            ["--channels-last", "--pin-mem", "--torchcompile", "--compile"],
            "it is not needed here; leave it out"
        ),
    ]

    /// What to do instead of the first such flag among `arguments`; nil where there is none.
    static func words(_ arguments: [String]) -> String? {
        for argument in arguments.prefix(while: { $0 != "--" }) {
            let flag = String(argument.prefix { $0 != "=" })
            if let found = advice.first(where: { $0.flags.contains(flag) }) {
                return "\(flag): \(found.words)"
            }
        }
        return nil
    }
}
