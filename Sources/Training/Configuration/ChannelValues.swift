/// A number each for red, green and blue, such as the mean of photos' pixels.
///
/// On the command line it is `0.485,0.456,0.406`, or one number for all three; in JSON a list of three.
public struct ChannelValues: SettingValue {
    /// Red, green and blue.
    public let values: SIMD3<Double>

    /// Puts three numbers together.
    public init(_ red: Double, _ green: Double, _ blue: Double) {
        values = SIMD3(red, green, blue)
    }

    /// The numbers of single precision, as they are written in decimal: 0.485, not 0.4850000143.
    public init(_ values: SIMD3<Float>) {
        func plain(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
        self.init(plain(values.x), plain(values.y), plain(values.z))
    }

    /// One number or three, between commas or blanks, also in brackets; nil where there are others, or one
    /// of them is not finite.
    public init?(text: String) {
        let parts = text.split { " ,[]()".contains($0) }
        let numbers = parts.compactMap { Double($0) }.filter { Float($0).isFinite }
        guard numbers.count == parts.count, numbers.count == 1 || numbers.count == 3 else {
            return nil
        }
        self.init(numbers[0], numbers[numbers.count / 2], numbers[numbers.count - 1])
    }

    /// The numbers between commas, or one where all are equal.
    public var text: String {
        values == SIMD3(repeating: values.x)
            ? values.x.text : "\(values.x.text),\(values.y.text),\(values.z.text)"
    }

    /// What may be written, in words.
    public static var kind: String { "a number, or three for red, green and blue" }

    /// The numbers in single precision.
    public var floats: SIMD3<Float> { SIMD3<Float>(values) }

    /// Reads a list of three numbers.
    public init(from decoder: any Decoder) throws {
        let list = try [Double](from: decoder)
        guard list.count == 3 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not three numbers")
            )
        }
        self.init(list[0], list[1], list[2])
    }

    /// Writes a list of three numbers.
    public func encode(to encoder: any Encoder) throws {
        try [values.x, values.y, values.z].encode(to: encoder)
    }
}

extension Check<ChannelValues> {
    /// Numbers that all fit.
    static func each(_ advice: String, _ fits: @escaping @Sendable (Double) -> Bool) -> Check {
        Check { value in
            let (x, y, z) = (value.values.x, value.values.y, value.values.z)
            return [x, y, z].allSatisfy(fits) ? nil : "is \(value.text); give \(advice)"
        }
    }
}
