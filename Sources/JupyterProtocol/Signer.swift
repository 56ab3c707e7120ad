// Messages are signed so that nobody else on the machine can have code run. The signature covers the four JSON frames
// as bytes, exactly as they travel; nothing is parsed before it has been checked.

import COpenSSL

/// Signs and verifies frames with one key.
public struct Signer: Sendable {
  /// The hash function inside the HMAC.
  public enum Digest: Sendable, Equatable {
    /// `hmac-sha256`, what every front end uses.
    case sha256
    /// `hmac-sha512`.
    case sha512

    /// The digest of a connection file's `signature_scheme`; nil for an unknown one.
    public init?(scheme: String) {
      switch scheme {
      case "hmac-sha256": self = .sha256
      case "hmac-sha512": self = .sha512
      default: return nil
      }
    }
  }

  private let key: [UInt8]
  private let digest: Digest

  /// A signer; an empty key signs nothing and accepts everything, as the protocol has it.
  public init(key: [UInt8], digest: Digest = .sha256) {
    self.key = key
    self.digest = digest
  }

  /// The library that computes the digests, with its version.
  public static var library: String { unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)) }

  /// Whether signatures are used at all.
  public var isSigning: Bool { !key.isEmpty }

  /// The signature of some frames, one after the other: lower-case hexadecimal digits; empty without a key.
  public func signature(of frames: [[UInt8]]) -> [UInt8] {
    guard isSigning else { return [] }
    var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    let text = Array(frames.joined())
    let function = unsafe digest == .sha256 ? EVP_sha256() : EVP_sha512()
    let made = unsafe HMAC(function, key, Int32(key.count), text, text.count, &code, &length)
    precondition(unsafe made != nil, "OpenSSL computes every HMAC it was given memory for")
    return Self.hexadecimal(code.prefix(Int(length)))
  }

  /// Whether `signature` is that of the frames; takes as long for a wrong one as for the right one.
  public func accepts(_ signature: [UInt8], of frames: [[UInt8]]) -> Bool {
    guard isSigning else { return true }
    let expected = self.signature(of: frames)
    return unsafe expected.count == signature.count && CRYPTO_memcmp(expected, signature, expected.count) == 0
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }
}
