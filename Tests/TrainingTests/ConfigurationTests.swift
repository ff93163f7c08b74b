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
}
