import Networks
import Testing
import Training

/// What is chosen for the number of photos.
struct FewPhotosTests {
    private func settings(
        _ recipe: Recipe = .fineTune,
        _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) -> TrainingConfiguration {
        var settings = recipe.configuration
        settings.slices = 1
        change(&settings)
        return settings
    }

    @Test func epochsAreRaisedToTheLeastNumberOfSteps() throws {
        var settings = settings()
        let usual = settings.epochs
        let choices = settings.suitCourse(to: 341, given: [])
        #expect(settings.batch == 32)
        // 341 photos are 10 batches of 32 and a rest.
        #expect(settings.epochs == 30)
        #expect(try Course(settings, photos: 341).totalSteps == 300)
        #expect(settings.evaluateEvery == 30 / usual)
        #expect(settings.warmupEpochs == 30 / Double(usual))
        #expect(choices.count == 2)
        #expect(choices[0].contains("batch 32 instead of 64"))
        #expect(choices[1].contains("30 epochs instead of \(usual), for at least 300 steps"))
    }

    @Test func whatWasChosenIsNotChosenAgain() {
        var once = settings()
        _ = once.suitCourse(to: 341, given: [])
        var twice = once
        #expect(twice.suitCourse(to: 341, given: []) == [])
        #expect(twice == once)
    }

    @Test func manyPhotosChangeNothing() {
        for recipe in [Recipe.fineTune, .landmark] {
            let before = settings(recipe)
            var after = before
            #expect(after.suitCourse(to: 100_000, given: []) == [])
            #expect(after == before)
        }
    }

    @Test func fromScratchThereAreMoreSteps() throws {
        var settings = settings(.landmark)
        _ = settings.suitCourse(to: 341, given: [])
        #expect(try Course(settings, photos: 341).totalSteps == 1_500)
    }

    @Test(arguments: [Recipe.demo, .tutorial])
    func otherRecipesStay(_ recipe: Recipe) {
        let before = settings(recipe)
        var after = before
        #expect(after.suitCourse(to: 20, given: []) == [])
        #expect(after == before)
    }

    @Test func whatIsGivenStays() throws {
        var settings = settings {
            $0.epochs = 3
            $0.batch = 16
        }
        settings.respectCourse(["epochs", "batch"])
        #expect(settings.minimumSteps == nil)
        #expect(settings.suitCourse(to: 64, given: ["epochs", "batch"]) == [])
        #expect(settings.epochs == 3 && settings.batch == 16)
        var long = self.settings { $0.steps = 7 }
        long.respectCourse(["steps"])
        #expect(long.suitCourse(to: 64, given: ["steps"]) == [])
        #expect(try Course(long, photos: 64).totalSteps == 7)
    }

    /// Who gives both means both.
    @Test func aLeastNumberOfStepsThatIsGivenRaisesGivenEpochs() throws {
        var settings = settings {
            $0.epochs = 3
            $0.minimumSteps = 50
        }
        settings.respectCourse(["epochs", "min_steps"])
        let choices = settings.suitCourse(to: 320, given: ["epochs", "min_steps"])
        #expect(try Course(settings, photos: 320).totalSteps == 50)
        #expect(choices.last?.contains("5 epochs instead of 3") == true)
    }

    /// A batch that the slices do not divide is no choice.
    @Test func theBatchCanBeCut() throws {
        var settings = settings { $0.slices = 64 }
        _ = settings.suitCourse(to: 341, given: [])
        #expect(settings.batch == 64)
        try settings.check(ranks: 1)
    }

    @Test func whatIsChosenIsAConfigurationFile() throws {
        var settings = settings { $0.mean = ChannelValues(0.5, 0.4, 0.3) }
        _ = settings.suitCourse(to: 341, given: [])
        let text = String(decoding: try settings.json(), as: UTF8.self)
        #expect(try TrainingConfiguration.parse(text) == settings)
    }

    // MARK: What the recipe makes of a frozen trunk

    @Test func aHeadAloneHasItsOwnRateAndSeesPhotosAsTheyAre() throws {
        let whole = Recipe.fineTune.configuration { $0.weights = "w" }
        let head = Recipe.fineTune.configuration {
            $0.weights = "w"
            $0.freeze = .trunk
        }
        #expect(whole.trunkRate == 0.1 && whole.flip > 0 && whole.minimumScale < 1)
        #expect(head.learningRate < whole.learningRate)
        #expect(head.augmentation == .none && head.freezing == .trunk)
        try head.check(ranks: 1)
        // Several views are of changed photos.
        let views = Recipe.fineTune.configuration {
            $0.freeze = .trunk
            $0.views = 4
        }
        #expect(views.augmentation == whole.augmentation)
        // What is asked for comes last, and other recipes know no trunk.
        let asked = Recipe.fineTune.configuration {
            $0.freeze = .trunk
            $0.learningRate = 7
            $0.flip = 0.5
        }
        #expect(asked.learningRate == 7 && asked.flip == 0.5)
        let other = Recipe.landmark.configuration { $0.freeze = .trunk }
        #expect(other.learningRate == Recipe.landmark.configuration.learningRate)
    }

    @Test func aFileThatFreezesTheTrunkStartsFromTheSame() throws {
        let head = Recipe.fineTune.configuration { $0.freeze = .trunk }
        let text = #"{"recipe": "fine-tune", "freeze": "trunk"}"#
        #expect(try TrainingConfiguration.parse(text) == head)
        let whole = String(decoding: try head.json(), as: UTF8.self)
        #expect(try TrainingConfiguration.parse(whole) == head)
    }
}
