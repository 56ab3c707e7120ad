// The table that everything reads: commands, types, and through their parameters the enumerations.

/// A type's members and methods.
package struct TypeDeclaration: Sendable {
  /// A member that is read with a dot.
  package struct Member: Sendable {
    /// The name after the dot.
    package let name: String
    /// The type of its value, such as `Vector` or `[Problem]`.
    package let type: String
    /// One line.
    package let summary: String
    /// Reading it of a value takes long enough to be felt, so it is read only where a cell asks for it.
    let isCostly: @Sendable (Value) -> Bool
    let read: @Sendable (Value) throws -> Value

    /// A member of any value.
    package init(
      _ name: String, type: String, summary: String, isCostly: @escaping @Sendable (Value) -> Bool = { _ in false },
      value: @escaping @Sendable (Value) throws -> Value
    ) {
      self.name = name
      self.type = type
      self.summary = summary
      self.isCostly = isCostly
      read = value
    }

    /// A member of an object of the host.
    package init<Object: CellObject>(
      _ name: String, type: String, summary: String, isCostly: Bool = false, of: Object.Type,
      value: @escaping @Sendable (Object) throws -> Value
    ) {
      self.init(name, type: type, summary: summary, isCostly: { _ in isCostly }) { receiver in
        guard case .object(let object) = receiver, let object = object as? Object else { return .null }
        return try value(object)
      }
    }

    /// Its value, where reading it costs next to nothing.
    func cheapValue(of receiver: Value) -> Value? {
      guard !isCostly(receiver), let value = try? read(receiver) else { return nil }
      if case .void = value { return nil }
      return value
    }
  }

  /// The type's name, as `typeName` of its values gives it.
  package let name: String
  /// One line.
  package let summary: String
  /// The type of its elements, for values that can be subscripted.
  package let element: String?
  /// What can be read with a dot.
  package let members: [Member]
  /// What can be called with a dot.
  package let methods: [Command]
  /// A value of it is made to be looked at: on a line of its own it is shown, also in the middle of a cell.
  package let showsItself: Bool
  private let memberIndex: [String: Int]
  private let methodIndex: [String: Int]

  /// A type.
  package init(
    _ name: String, summary: String, element: String? = nil, showsItself: Bool = false, members: [Member] = [],
    methods: [Command] = []
  ) {
    self.showsItself = showsItself
    self.name = name
    self.summary = summary
    self.element = element
    self.members = members
    self.methods = methods
    memberIndex = Dictionary(members.indices.map { (members[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    methodIndex = Dictionary(methods.indices.map { (methods[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The member of a name.
  package func member(_ name: String) -> Member? { memberIndex[name].map { members[$0] } }

  /// The method of a name.
  package func method(_ name: String) -> Command? { methodIndex[name].map { methods[$0] } }

  /// Every name that may follow the dot.
  package var names: [String] { members.map(\.name) + methods.map(\.name) }
}

/// What belongs together: the commands and types about one thing, under which help and the reference list them.
package struct Subject: Sendable {
  /// A word or two, such as `Training`.
  package let name: String
  /// One line.
  package let summary: String
  /// Its commands, in the order in which help lists them.
  package let commands: [Command]
  /// The types of their results.
  package let types: [TypeDeclaration]
  /// A page in markdown on what commands and types do not say; empty where they say it all.
  package let guide: String

  /// A subject.
  package init(
    _ name: String, summary: String, commands: [Command] = [], types: [TypeDeclaration] = [], guide: String = ""
  ) {
    self.name = name
    self.summary = summary
    self.commands = commands
    self.types = types
    self.guide = guide
  }
}

/// All commands and types that cells know.
package struct Vocabulary: Sendable {
  /// What the commands and types are about; the language itself comes last.
  package let subjects: [Subject]
  /// The commands in the order in which help lists them.
  package let commands: [Command]
  /// The types in the order in which help lists them.
  package let types: [TypeDeclaration]
  /// Every enumeration that a parameter accepts, each once, in the order of first use.
  package let enumerations: [Enumeration]
  private let commandIndex: [String: Int]
  private let typeIndex: [String: Int]

  /// The language's own commands and types, and those of a host's subjects; a host's replace those of the same name.
  package init(_ subjects: [Subject] = []) {
    let commands = subjects.flatMap(\.commands)
    let types = subjects.flatMap(\.types)
    let names = Set(commands.map(\.name))
    let typeNames = Set(types.map(\.name))
    let language = Subject(
      Builtins.subject.name, summary: Builtins.subject.summary,
      commands: Builtins.subject.commands.filter { !names.contains($0.name) },
      types: Builtins.subject.types.filter { !typeNames.contains($0.name) }, guide: Builtins.subject.guide)
    self.subjects = subjects + [language]
    self.commands = language.commands + commands
    self.types = language.types + types
    commandIndex = Dictionary(
      self.commands.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    typeIndex = Dictionary(self.types.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    enumerations = Vocabulary.enumerations(in: self.commands + self.types.flatMap(\.methods))
  }

  /// The subject of a name, in whatever letters.
  package func subject(_ name: String) -> Subject? { subjects.first { $0.name.lowercased() == name.lowercased() } }

  /// The command of a name.
  package func command(_ name: String) -> Command? { commandIndex[name].map { commands[$0] } }

  /// The type of a name.
  package func type(_ name: String) -> TypeDeclaration? { typeIndex[name].map { types[$0] } }

  /// The enumeration of a name.
  package func enumeration(_ name: String) -> Enumeration? { enumerations.first { $0.name == name } }

  /// The cases of a name, of whichever enumerations; those that say the same, once.
  package func cases(named name: String) -> [Enumeration.Case] {
    var known: Set<String> = []
    return enumerations.flatMap(\.cases).filter {
      $0.name == name && known.insert($0.signature + $0.summary).inserted
    }
  }

  /// Every enumeration that the commands' parameters accept, those of the cases' own parameters included.
  static func enumerations(in commands: [Command]) -> [Enumeration] {
    var found: [Enumeration] = []
    var names: Set<String> = []
    var waiting = commands.flatMap(\.parameters)[...]
    while let parameter = waiting.popFirst() {
      for enumeration in parameter.type.enumerations where names.insert(enumeration.name).inserted {
        found.append(enumeration)
        waiting += enumeration.cases.flatMap(\.parameters)
      }
    }
    return found
  }
}
