import Tensors

/// Names of places that do not exist.
enum BuiltInNames {
    private static let adjectives = [
        "Amber", "Old", "Silent", "Golden", "Crooked", "Lucky", "Winter", "Seven-Bell", "Merry",
        "Lost", "Sleeping", "Singing", "Queen's", "Fishers'", "Long", "White", "Copper", "Evening",
        "Swan", "Clover", "Weavers'", "Moonlit", "Thunder", "Honey",
    ]
    private static let beginnings = [
        "Il", "Or", "Ka", "Bel", "Tú", "Mar", "Sel", "Łu", "Vé", "Nym", "Ash", "Dor", "Fen", "Qua",
        "Rü", "Zan", "Ø", "Há", "Pel", "Çe", "Wyn", "Go", "Tre", "Lis",
    ]
    private static let endings = [
        "mar", "vella", "rin", "sta", "thos", "delle", "nova", "gård", "lune", "brac", "via",
        "zena", "mond", "quil", "ros", "tamé",
    ]

    /// The name of landmark `number`: no two of the first 384 of a seed stand in the same place.
    static func name(_ noun: String, number: Int, seed: UInt64) -> String {
        var random = Random(seed: seed, .rendering, UInt64.max, 0)
        var places = beginnings.flatMap { start in endings.map { start + $0 } }
        var adjectives = adjectives
        random.shuffle(&places)
        random.shuffle(&adjectives)
        let round = number / places.count
        let place = places[number % places.count] + (round > 0 ? " \(round + 1)" : "")
        return "\(adjectives[(number + round) % adjectives.count]) \(noun) of \(place)"
    }
}
