import TensorFiles
import Testing

/// What people take for a file of weights is called by its name.
struct ContentKindTests {
    private static let zeros = [UInt8](repeating: 0, count: 1000)

    private static let files: [(content: [UInt8], name: String)] = [
        ([], "empty"), (zeros, "1000 zeros"),
        (
            Array(
                "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n".utf8
            ),
            "Git LFS pointer, which stands for the file of 46830571 bytes"
        ),
        (Array("\n<!DOCTYPE html>\n<html><head></head></html>".utf8), "web page"),
        (Array("<HTML><body>Sign in</body></HTML>".utf8), "web page"),
        (Array("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>".utf8), "XML"),
        (
            Array(#"{"error": "Repository not found"}"#.utf8),
            "JSON: '{\"error\": \"Repository not found\"}'"
        ),
        (Array("Entry not found".utf8), "text: 'Entry not found'"),
        ([0xEF, 0xBB, 0xBF] + Array("Überlastet".utf8), "text: 'Überlastet'"),
        ([0x1F, 0x8B, 8] + zeros, "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "HDF5"),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0], ".npy"),
        ([0x08, 0x08, 0x12, 0x07] + Array("pytorch".utf8), "ONNX"),
        (Array("GGUF".utf8) + zeros, "GGUF"), ([0xFF, 0xD8, 0xFF, 0xE0], "JPEG"),
        ([0x89, 0x50, 0x4E, 0x47], "PNG"),
        (
            Array("sys_info".utf8) + zeros[..<249] + Array("ustar".utf8),
            "tar format that PyTorch wrote"
        ),
        (
            Array("weights.pth".utf8) + zeros[..<246] + Array("ustar".utf8),
            "tar archive that begins with 'weights"
        ),
        (Array("PK".utf8) + [3, 4] + zeros, "its end is missing"),
        (Array("PK".utf8) + [5, 6] + zeros[..<18], "it is empty"),
        ([0x80, 4, 0x4E, 0x2E], "none that torch.save wrote"),
    ]

    @Test(arguments: files.indices)
    func isCalledByItsName(_ index: Int) throws {
        let folder = try TemporaryFolder()
        let (content, name) = Self.files[index]
        let path = try folder.write("weights.pth", content)
        #expect {
            _ = try TensorFile(path: path)
        } throws: { error in
            guard let message = (error as? TensorFileError)?.description else { return false }
            #expect(message.hasPrefix(path + ": ") && message.contains(name), "\(message)")
            return !message.contains("\n")
        }
    }

    @Test func foldersAndPipesAreRefused() throws {
        let folder = try TemporaryFolder()
        #expect(throws: TensorFileError.self) { try TensorFile(path: folder.path) }
        #expect(throws: TensorFileError.self) { try TensorFile(path: "/dev/zero") }
    }
}
