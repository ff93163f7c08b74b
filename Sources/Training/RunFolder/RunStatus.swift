import Files
public import Foundation

/// How a run was launched, how each launch ended, and what else is to be known about it:
/// `status.json` of a run folder.
///
/// It is for people and for the report page. Nothing that a run computes depends on it, and no
/// checkpoint carries it.
public struct RunStatus: Codable, Sendable, Equatable {
    /// How a launch ended.
    public enum Outcome: String, Codable, Sendable {
        /// It goes on, or ended without a word.
        case running
        /// It came to the last step.
        case finished
        /// A stop request came, and a checkpoint was written.
        case stopped
        /// It could not go on.
        case failed
    }

    /// The first start of a run, or one that went on with it.
    public struct Launch: Codable, Sendable, Equatable {
        /// The program and its arguments, as rank 0 was given them.
        public var command: [String]
        /// Version of the program.
        public var version: String
        /// Ranks.
        public var ranks: Int
        /// Threads of rank 0.
        public var threads: Int
        /// Names of the nodes, rank 0's first.
        public var nodes: [String]
        /// When it began to train.
        public var started: Date
        /// Steps that were done when it began.
        public var firstStep: Int
        /// Steps of the whole run.
        public var totalSteps: Int
        /// How it ended.
        public var status = Outcome.running
        /// When it ended; nil = not yet, or without a word.
        public var ended: Date?
        /// Steps that were done when it ended.
        public var lastStep: Int?
        /// Why it ended before the last step, such as a signal's name or an error.
        public var reason: String?

        /// Describes a launch that begins.
        public init(
            command: [String],
            version: String,
            ranks: Int,
            threads: Int,
            nodes: [String],
            started: Date = Date(),
            firstStep: Int,
            totalSteps: Int
        ) {
            self.command = command
            self.version = version
            self.ranks = ranks
            self.threads = threads
            self.nodes = nodes
            self.started = started
            self.firstStep = firstStep
            self.totalSteps = totalSteps
        }

        private enum CodingKeys: String, CodingKey {
            case command, version, ranks, threads, nodes, started
            case firstStep = "first_step"
            case totalSteps = "total_steps"
            case status, ended
            case lastStep = "last_step"
            case reason
        }
    }

    /// Launches in their order.
    public var launches: [Launch]
    /// What else is to be known about the run, each once; see ``RunFolder/note(_:)``.
    public var notes: [String]

    /// Makes a status of its parts.
    public init(launches: [Launch] = [], notes: [String] = []) {
        self.launches = launches
        self.notes = notes
    }

    /// The launch that was begun last.
    public var latest: Launch? { launches.last }
}

extension RunFolder {
    /// How the run was launched and ended.
    public var status: String { path + "/status.json" }

    /// What `status.json` says; nil where there is none.
    ///
    /// Throws `FileError` where it cannot be read, and `TrainingError.data` where it holds something
    /// else.
    public func readStatus() throws -> RunStatus? {
        guard let text = try contents(of: status) else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(RunStatus.self, from: text)
        } catch {
            throw TrainingError.data("\(status) is no status of a run; remove it and try again")
        }
    }

    /// Writes down that a launch begins; rank 0 alone does this, in a folder that is there.
    public func begin(_ launch: RunStatus.Launch) throws {
        try change { $0.launches.append(launch) }
    }

    /// Writes down how the launch at hand ended.
    ///
    /// - Parameters:
    ///   - step: steps done by then.
    ///   - reason: why it ended before the last step.
    public func end(_ outcome: RunStatus.Outcome, step: Int, reason: String? = nil) throws {
        try change { status in
            guard var launch = status.launches.popLast() else { return }
            launch.status = outcome
            launch.ended = Date()
            launch.lastStep = step
            launch.reason = reason
            status.launches.append(launch)
        }
    }

    /// Adds a sentence that the report page is to show; one that is there already stays once.
    ///
    /// Rank 0 alone does this, in a folder that is there.
    public func note(_ text: String) throws {
        try change { if !$0.notes.contains(text) { $0.notes.append(text) } }
    }

    private func change(_ body: (inout RunStatus) -> Void) throws {
        var status: RunStatus
        do {
            status = try readStatus() ?? RunStatus()
        } catch TrainingError.data {
            // A damaged account of the past is no reason to train no further.
            status = RunStatus(notes: ["status.json was damaged; earlier launches are not known."])
        }
        body(&status)
        let file = try DurableFile(self.status)
        try (status.jsonPage() + Data("\n".utf8)).withUnsafeBytes { try file.write($0) }
        try file.finish()
    }
}
