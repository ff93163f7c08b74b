import Foundation
import Training

extension ReportPage {
    /// Landmarks of which each pair still has a cell in the confusion matrix.
    private static let matrixLandmarks = 20
    /// Pairs that are named where there are more.
    private static let namedPairs = 15
    /// Landmarks at either end that are named where not all can be.
    private static let namedLandmarks = 5

    /// Accuracy by the number of photos that landmarks were learned from.
    var sizeRows: [[String: String]] {
        let sizes = best?.result.byClassSize ?? []
        // One size has nothing to be compared with.
        guard sizes.count > 1 else { return [] }
        return sizes.map { size in
            [
                "range": size.min == size.max
                    ? Figures.grouped(size.min)
                    : "\(Figures.grouped(size.min)) – \(Figures.grouped(size.max))",
                "classes": Figures.grouped(size.classes),
                "images": Figures.grouped(size.images),
                "top1": Figures.percent(size.top1),
                "width": Figures.fixed(100 * size.top1, 1),
            ]
        }
    }

    /// Landmarks that are named wrongly most.
    var hardestRows: [[String: String]] {
        content.hardest.map { row in
            [
                "name": PageText.name(row.name),
                "trained": Figures.grouped(row.trained),
                "right": "\(Figures.grouped(row.correct)) of \(Figures.grouped(row.images))",
                "takenFor": row.takenFor.map(PageText.name) ?? "–",
            ]
        }
    }

    /// The confusion matrix, where landmarks are few.
    var matrix: [String: Any]? {
        guard let confusion = content.confusion else { return nil }
        let places = confusion.places
        guard (2...ReportPage.matrixLandmarks).contains(places.count) else { return nil }
        let rows = places.map { truth -> [String: Any] in
            let photos = confusion.photos(of: truth)
            return [
                "name": PageText.name(confusion.names[truth]),
                "photos": Figures.grouped(photos),
                "cells": places.map { answer in
                    cell(confusion, truth: truth, answer: answer, of: photos)
                },
            ]
        }
        return ["columns": places.map { PageText.name(confusion.names[$0]) }, "rows": rows]
    }

    /// A cell of the matrix, the darker the larger its share of the row.
    private func cell(
        _ confusion: Confusion,
        truth: Int,
        answer: Int,
        of photos: Int
    ) -> [String: String] {
        let count = confusion.count(truth, as: answer)
        let share = Double(count) / Double(max(photos, 1))
        let depth = count == 0 ? 0 : max(1, Int((share * 10).rounded()))
        return [
            "look": "h\(depth)\(truth == answer ? " right" : "")",
            "count": count == 0 ? "" : Figures.grouped(count),
        ]
    }

    /// The pairs confused most often, where landmarks are too many for a matrix.
    var pairRows: [[String: String]] {
        guard let confusion = content.confusion,
            confusion.places.count > ReportPage.matrixLandmarks
        else { return [] }
        return confusion.pairs(ReportPage.namedPairs).map { pair in
            [
                "truth": PageText.name(pair.truth),
                "answer": PageText.name(pair.answer),
                "count": "\(Figures.grouped(pair.count)) of \(Figures.grouped(pair.photos))",
            ]
        }
    }

    /// Right and wrong answers with their photos.
    var answerGroups: [[String: Any]] {
        guard let answers = content.answers else { return [] }
        return [("Correct", answers.right, "right"), ("Wrong", answers.wrong, "wrong")].compactMap {
            heading,
            entries,
            tone in
            guard !entries.isEmpty else { return nil }
            return [
                "heading": heading,
                "tone": tone,
                "entries": entries.map { entry -> [String: Any] in
                    let landmark = PageText.cut(entry.landmark)
                    let alt = "Photo of \(landmark), predicted \(PageText.cut(entry.answer))"
                    var fields: [String: Any] = [
                        "alt": PageText.plain(alt),
                        "landmark": PageText.name(entry.landmark),
                        "answer": PageText.name(entry.answer),
                        "confidence": Figures.percent(entry.confidence),
                        "trained": entry.trained.map { Figures.count($0, "training photo") } ?? "",
                    ]
                    if let photo = entry.photo { fields["photo"] = [photo.base64EncodedString()] }
                    return fields
                },
            ]
        }
    }

    /// Which network gave the answers that are shown.
    var answersAfter: String {
        content.answers.map { "evaluation after step \(Figures.grouped($0.step))" } ?? ""
    }

    /// How many photos each landmark was learned from: named bars, or of many a chart and the names
    /// at both ends.
    var landmarks: [String: Any]? {
        let sorted = content.landmarks.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        guard let most = sorted.first else { return nil }
        let count = Figures.count(sorted.count, "landmark")
        func rows(_ bars: some Sequence<NamedBarChart.Bar>) -> [[String: String]] {
            bars.map { bar in
                [
                    "name": PageText.name(bar.name),
                    "count": Figures.grouped(bar.count),
                    "width": Figures.fixed(100 * Double(bar.count) / Double(max(most.count, 1)), 1),
                ]
            }
        }
        if sorted.count <= NamedBarChart.most {
            let half = sorted.count > 8 ? (sorted.count + 1) / 2 : sorted.count
            let columns = [sorted[..<half], sorted[half...]].filter { !$0.isEmpty }
            return ["count": count, "tables": columns.map { ["rows": rows($0)] }]
        }
        let ends = ReportPage.namedLandmarks
        let chart = counts(sorted)
        return [
            "count": count,
            "chart": [
                [
                    "wide": chart.svg(width: 800, height: 270, showsTitle: false),
                    "narrow": chart.svg(width: 380, height: 250, showsTitle: false),
                ]
            ],
            "tables": [
                ["heading": ["Most photos"], "rows": rows(sorted.prefix(ends))],
                ["heading": ["Fewest photos"], "rows": rows(sorted.suffix(ends).reversed())],
            ] as [[String: Any]],
        ]
    }

    private func counts(_ sorted: [NamedBarChart.Bar]) -> BarChart {
        BarChart(
            title: "Training photos per landmark",
            xLabel: "landmarks, by number of photos",
            yLabel: "photos",
            bars: sorted.enumerated().map { place, bar in
                .init(
                    lower: Double(place),
                    upper: Double(place + 1),
                    value: Double(bar.count),
                    note: "\(PageText.cut(bar.name)): \(Figures.count(bar.count, "photo"))"
                )
            }
        )
    }
}
