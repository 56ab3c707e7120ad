// What concerns the kernel as a whole: what it is, how it is stopped, who talks to it.

public import JSONValues

/// What a kernel's language looks like from outside; front ends choose highlighting and file names by it.
public struct LanguageInfo: Sendable, Equatable {
  /// The language's name.
  public var name: String
  /// Its version.
  public var version: String
  /// The media type of its source text.
  public var mimeType: String
  /// The end of its file names, with the dot.
  public var fileExtension: String
  /// The Pygments lexer, for printed notebooks.
  public var pygmentsLexer: String
  /// The CodeMirror mode, for editors.
  public var codeMirrorMode: String

  /// A language from its parts.
  public init(
    name: String, version: String, mimeType: String, fileExtension: String, pygmentsLexer: String,
    codeMirrorMode: String
  ) {
    self.name = name
    self.version = version
    self.mimeType = mimeType
    self.fileExtension = fileExtension
    self.pygmentsLexer = pygmentsLexer
    self.codeMirrorMode = codeMirrorMode
  }

  var json: JSON {
    [
      "name": .string(name), "version": .string(version), "mimetype": .string(mimeType),
      "file_extension": .string(fileExtension), "pygments_lexer": .string(pygmentsLexer),
      "codemirror_mode": .string(codeMirrorMode), "nbconvert_exporter": "script",
    ]
  }
}

/// A page to read about a kernel.
public struct HelpLink: Sendable, Equatable {
  /// What the menu says.
  public var text: String
  /// Where it leads.
  public var url: String

  /// A link.
  public init(text: String, url: String) {
    self.text = text
    self.url = url
  }
}

/// `kernel_info_reply`: what this kernel is.
public struct KernelInfoReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "kernel_info_reply"

  /// The kernel's name.
  public let implementation: String
  /// The kernel's version.
  public let implementationVersion: String
  /// The language of its cells.
  public let language: LanguageInfo
  /// What a console prints at its start.
  public let banner: String
  /// Pages to read about it.
  public let helpLinks: [HelpLink]
  /// The optional parts of the protocol that it speaks, by the protocol's names.
  public let features: [String]

  /// A reply from its parts.
  public init(
    implementation: String, implementationVersion: String, language: LanguageInfo, banner: String,
    helpLinks: [HelpLink], features: [String] = []
  ) {
    self.implementation = implementation
    self.implementationVersion = implementationVersion
    self.language = language
    self.banner = banner
    self.helpLinks = helpLinks
    self.features = features
  }

  /// The members of the content.
  public var json: [String: JSON] {
    [
      "status": "ok", "protocol_version": .string(protocolVersion), "implementation": .string(implementation),
      "implementation_version": .string(implementationVersion), "language_info": language.json,
      "banner": .string(banner), "debugger": false, "supported_features": .array(features.map(JSON.string)),
      "help_links": .array(helpLinks.map { ["text": .string($0.text), "url": .string($0.url)] }),
    ]
  }
}

/// `shutdown_request`: stop, perhaps to be started again.
public struct ShutdownRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "shutdown_request"

  /// Whether another kernel takes this one's place.
  public let restarts: Bool

  /// Reads the content.
  public init(_ content: JSON) throws {
    restarts = try ContentReader(content: content, messageType: Self.messageType)
      .optional("restart", \.bool, else: false)
  }
}

/// `shutdown_reply`: the kernel is about to stop; sent to the requester and to everyone.
public struct ShutdownReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "shutdown_reply"

  /// Whether another kernel takes its place.
  public let restarts: Bool

  /// A farewell.
  public init(restarts: Bool) { self.restarts = restarts }

  /// The members of the content.
  public var json: [String: JSON] { ["status": "ok", "restart": .bool(restarts)] }
}

/// `interrupt_reply`: the running cell has been told to stop.
public struct InterruptReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "interrupt_reply"

  /// The reply; it says nothing more.
  public init() {}

  /// The members of the content.
  public var json: [String: JSON] { ["status": "ok"] }
}

/// `connect_reply`: the ports, as the connection file has them.
public struct ConnectReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "connect_reply"

  /// The port of each channel.
  public let ports: [Channel: Int]

  /// A reply with these ports.
  public init(ports: [Channel: Int]) { self.ports = ports }

  /// The members of the content.
  public var json: [String: JSON] {
    var members: [String: JSON] = ["status": "ok"]
    for (channel, port) in ports { members["\(channel.rawValue)_port"] = .int(port) }
    return members
  }
}
