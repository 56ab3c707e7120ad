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
    let read: @Sendable (Value) throws -> Value

    /// A member of any value.
    package init(
      _ name: String, type: String, summary: String, value: @escaping @Sendable (Value) throws -> Value
    ) {
      self.name = name
      self.type = type
      self.summary = summary
      read = value
    }

    /// A member of an object of the host.
    package init<Object: CellObject>(
      _ name: String, type: String, summary: String, of: Object.Type,
      value: @escaping @Sendable (Object) throws -> Value
    ) {
      self.init(name, type: type, summary: summary) { receiver in
        guard case .object(let object) = receiver, let object = object as? Object else { return .null }
        return try value(object)
      }
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
  private let memberIndex: [String: Int]
  private let methodIndex: [String: Int]

  /// A type.
  package init(
    _ name: String, summary: String, element: String? = nil, members: [Member] = [], methods: [Command] = []
  ) {
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

/// All commands and types that cells know.
package struct Vocabulary: Sendable {
  /// The commands in the order in which help lists them.
  package let commands: [Command]
  /// The types in the order in which help lists them.
  package let types: [TypeDeclaration]
  /// Every enumeration that a parameter accepts, each once, in the order of first use.
  package let enumerations: [Enumeration]
  private let commandIndex: [String: Int]
  private let typeIndex: [String: Int]

  /// The language's own commands and types, followed by those of a host; a host's replace those of the same name.
  package init(commands: [Command] = [], types: [TypeDeclaration] = []) {
    let names = Set(commands.map(\.name))
    let typeNames = Set(types.map(\.name))
    self.commands = Builtins.commands.filter { !names.contains($0.name) } + commands
    self.types = Builtins.types.filter { !typeNames.contains($0.name) } + types
    commandIndex = Dictionary(
      self.commands.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    typeIndex = Dictionary(self.types.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    enumerations = Vocabulary.enumerations(in: self.commands + self.types.flatMap(\.methods))
  }

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
