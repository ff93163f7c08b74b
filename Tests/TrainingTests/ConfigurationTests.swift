import Foundation
import Testing
import Training

struct ConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String, over recipe: Recipe = .landmark) throws
        -> TrainingConfiguration
    {
        try TrainingConfiguration.read(
            folder.write("config.json", text),
            over: recipe.configuration
        )
    }

    private func fails(_ text: String, _ reason: String) {
        #expect {
            try read(text)
        } throws: { error in
            guard case TrainingError.configuration(let message) = error else { return false }
            #expect(message.contains(reason), "\(message)")
            return message.contains("config.json") && !message.contains("\n")
        }
    }

    @Test(arguments: Recipe.allCases)
    func recipesPassAndComeBack(_ recipe: Recipe) throws {
        let configuration = recipe.configuration
        try configuration.check(ranks: 2)
        #expect(configuration.recipe == recipe)
        let text = String(decoding: try configuration.json(), as: UTF8.self)
        #expect(try TrainingConfiguration.parse(text) == configuration)
    }

    @Test func allSettingsComeBack() throws {
        var configuration = Recipe.demo.configuration
        configuration.data = "/some/päth"
        configuration.dropout = 0.25
        configuration.weights = "w.safetensors"
        configuration.clip = 1.5
        configuration.ema = 0.99
        configuration.slices = 8
        configuration.steps = 77
        configuration.output = "runs/x"
        configuration.checkpointEvery = 5
        configuration.balance = .weights
        configuration.seed = .max
        configuration.augmentation.erasing = 0.3
        let text = String(decoding: try configuration.json(), as: UTF8.self)
        #expect(text.contains("\"checkpoint_every\" : 5"))
        #expect(text.contains("\"maximum_bad_photos\""))
        #expect(try read(text, over: .tutorial) == configuration)
    }

    @Test func nothingOverridesARecipeToo() throws {
        var configuration = Recipe.demo.configuration
        configuration.referenceBatch = nil
        let text = String(decoding: try configuration.json(), as: UTF8.self)
        #expect(text.contains("\"reference_batch\" : null"))
        #expect(try read(text) == configuration)
    }

    @Test func partsOverrideARecipe() throws {
        let configuration = try read(
            #"{"learning_rate": 0.5, "slices": 4, "augmentation": {"flip": 0}}"#
        )
        var expected = Recipe.landmark.configuration
        expected.learningRate = 0.5
        expected.slices = 4
        expected.augmentation.flip = 0
        #expect(configuration == expected)
    }

    @Test func namedRecipeIsTheStart() throws {
        let configuration = try read(#"{"recipe": "tutorial", "batch": 8}"#)
        var expected = Recipe.tutorial.configuration
        expected.batch = 8
        #expect(configuration == expected)
    }

    @Test func mistakesAreNamed() {
        fails(#"{"learning_rat": 0.5}"#, "'learning_rat'")
        fails(#"{"augmentation": {"flop": 0.5}}"#, "'flop'")
        fails(#"{"batch": "many"}"#, "batch")
        fails(#"{"model": "vgg12"}"#, "model")
        fails(#"{"recipe": "best"}"#, "recipe")
        fails(#"{"batch": 8"#, "not valid JSON")
        fails("[1]", "no JSON object")
        #expect(throws: TrainingError.self) {
            try TrainingConfiguration.read("/nowhere/c.json", over: Recipe.demo.configuration)
        }
    }

    @Test func checkpointsAreToldNoPlaces() {
        var configuration = TrainingConfiguration.quick()
        let plain = configuration.withoutPlaces
        configuration.data = "/data"
        configuration.output = "/out"
        configuration.weights = "/weights"
        configuration.keep = 9
        configuration.checkpointEvery = 4
        #expect(configuration.withoutPlaces == plain)
    }

    // MARK: The definitions

    private static let settings = TrainingConfiguration.settings
    private static let tries = ["0.25", "0.5", "3", "96", "some/path", "true", "false"]

    /// A text that changes the setting to another value that any run may have.
    private func otherText(
        _ setting: any AnySetting,
        than configuration: TrainingConfiguration
    ) -> String? {
        (type(of: setting).choices + Self.tries).first { text in
            guard let change = setting.change(text) else { return false }
            var changed = configuration
            change(&changed)
            return !setting.isEqual(changed, configuration)
                && (try? setting.check(changed)) != nil
        }
    }

    @Test func namesOfSettingsAreUnlike() {
        let flags = Self.settings.flatMap { [$0.flag] + $0.aliases }
        #expect(Set(flags).count == flags.count)
        #expect(Set(Self.settings.map(\.key)).count == Self.settings.count)
    }

    @Test(arguments: settings.indices)
    func aSettingIsReadWrittenAndChecked(_ index: Int) throws {
        let setting = Self.settings[index]
        let start = Recipe.demo.configuration
        let text = try #require(otherText(setting, than: start), "\(setting.key)")
        let change = try #require(setting.change(text))
        var changed = start
        change(&changed)
        // This one alone changes, to what was written.
        #expect(["true": "on", "false": "off"][text] ?? text == setting.text(in: changed))
        for other in Self.settings where other.key != setting.key {
            #expect(other.isEqual(start, changed), "\(other.key)")
        }
        #expect(changed != start)
        // config.json has it under its key, and so have checkpoints.
        let json = try changed.json()
        let object = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        let keys = setting.key.split(separator: ".").map(String.init)
        let holder = keys.count > 1 ? object?[keys[0]] as? [String: Any] : object
        #expect(holder?[keys[keys.count - 1]] != nil)
        #expect(try read(String(decoding: json, as: UTF8.self)) == changed)
        let plain = try JSONEncoder().encode(changed)
        #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: plain) == changed)
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        encoder.keyEncodingStrategy = .convertToSnakeCase
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let snake = try encoder.encode(changed)
        #expect(try decoder.decode(TrainingConfiguration.self, from: snake) == changed)
        // What no run can have is refused under the name of the flag.
        let isText = setting.change("some/path") != nil
        for text in isText ? [""] : ["-1", "nan"] {
            guard let change = setting.change(text) else { continue }
            var wrong = start
            change(&wrong)
            #expect {
                try setting.check(wrong)
            } throws: {
                "\($0)".hasPrefix("--\(setting.flag) is ")
            }
        }
    }

    @Test func resumeRulesAreThose() {
        let start = Recipe.demo.configuration
        let fixed = Self.settings.filter { setting in
            var changed = start
            for text in ["0", otherText(setting, than: start) ?? ""] {
                setting.change(text)?(&changed)
                guard (try? setting.check(changed, resuming: start)) != nil else { return true }
            }
            return false
        }
        #expect(
            Set(fixed.map(\.flag)) == [
                "model", "image-size", "preprocessing", "batch", "slices", "seed", "hold-out",
                "drop-last", "balance", "optimizer", "momentum", "ema", "mean", "std",
                "crop-fraction", "freeze", "views",
            ]
        )
    }

    /// The keys of files that are there, in `config.json` and in checkpoints.
    @Test func keysStay() throws {
        let json = try JSONSerialization.jsonObject(with: Recipe.landmark.configuration.json())
        let object = try #require(json as? [String: Any])
        #expect(
            object.keys.sorted().joined(separator: " ") == """
                augmentation balance batch beta1 beta2 blas checkpoint_every checkpoint_minutes clip \
                convolution crop_fraction data drop_last dropout ema epochs epsilon evaluate_at_most \
                evaluate_every freeze freeze_batch_norm hold_out ignore_surplus image_size inspect_at_most \
                inverse_time_decay keep label_smoothing learning_rate maximum_bad_photos mean \
                min_steps model momentum nesterov optimizer output preprocessing recipe reference_batch rho \
                schedule seed slices std step_epochs step_factor steps stochastic_depth \
                trunk_learning_rate_factor views warmup_epochs weight_decay weights
                """
        )
        let inner = object["augmentation"] as? [String: Any]
        #expect(inner?.keys.sorted() == ["colour_jitter", "erasing", "flip", "minimum_scale"])
    }

    /// Settings that a checkpoint of an earlier version lacks are those of its recipe.
    @Test func missingSettingsAreTheRecipes() throws {
        let text = #"{"recipe": "tutorial", "batch": 8, "augmentation": {"flip": 0.25}}"#
        let read = try JSONDecoder().decode(TrainingConfiguration.self, from: Data(text.utf8))
        var expected = Recipe.tutorial.configuration
        expected.batch = 8
        expected.augmentation.flip = 0.25
        #expect(read == expected)
    }
}

extension AnySetting {
    fileprivate static var choices: [String] { Value.choices }
}
