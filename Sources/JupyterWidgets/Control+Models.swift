// Controls as the widgets of ipywidgets 8: every widget is a model with a state, every state names the classes that draw
// it. The names, versions and defaults are those of its schema (jupyterwidgetmodels, protocol version 2.1.0); nothing of
// Python is needed to speak it.

import JSONValues

/// One model of the front end: the name under which both sides know it, and everything that it is.
struct WidgetModel: Sendable, Equatable {
  /// The name of the comm on which it is spoken of.
  let id: String
  /// Members by the names of the schema.
  var state: [String: JSON]

  /// How states refer to it.
  var reference: JSON { .string("IPY_MODEL_\(id)") }

  /// What a front end needs to make it anew.
  var description: JSON {
    [
      "model_name": state["_model_name"] ?? .null, "model_module": state["_model_module"] ?? .null,
      "model_module_version": state["_model_module_version"] ?? .null, "state": .object(state),
    ]
  }

  static func layout(id: String) -> WidgetModel {
    WidgetModel(id: id, state: classes("Layout", of: .base, drawnBy: .base))
  }

  static func column(id: String, _ children: [WidgetModel], layout: WidgetModel) -> WidgetModel {
    var state = classes("VBox", of: .controls, drawnBy: .controls)
    state.merge(
      [
        "_dom_classes": [], "box_style": "", "children": .array(children.map(\.reference)), "layout": layout.reference,
        "tabbable": .null, "tooltip": .null,
      ], uniquingKeysWith: { $1 })
    return WidgetModel(id: id, state: state)
  }

  fileprivate enum Module: String {
    case base = "@jupyter-widgets/base"
    case controls = "@jupyter-widgets/controls"
  }

  /// The classes of a model and of its view, which mostly share their name.
  fileprivate static func classes(_ name: String, view: String? = nil, of module: Module, drawnBy views: Module)
    -> [String: JSON]
  {
    [
      "_model_name": .string("\(name)Model"), "_model_module": .string(module.rawValue),
      "_model_module_version": "2.0.0", "_view_name": .string("\(view ?? name)View"),
      "_view_module": .string(views.rawValue), "_view_module_version": "2.0.0", "_view_count": .null,
    ]
  }
}

extension Control {
  /// The models that draw it, the control itself last; all names start with `id`.
  func models(id: String) -> [WidgetModel] {
    let layout = WidgetModel.layout(id: "\(id)-layout")
    var style = WidgetModel.classes(names.style, view: "Style", of: .controls, drawnBy: .base)
    // As wide as the label is.
    style["description_width"] = "initial"
    if case .slider = kind { style["handle_color"] = .null }
    if case .toggle = kind { style["background"] = .null }
    let styling = WidgetModel(id: "\(id)-style", state: style)
    var state = WidgetModel.classes(names.model, of: .controls, drawnBy: .controls)
    state.merge(
      [
        "_dom_classes": [], "description": .string(label), "description_allow_html": false, "disabled": false,
        "layout": layout.reference, "style": styling.reference, "tabbable": .null, "tooltip": .null,
      ], uniquingKeysWith: { $1 })
    state.merge(own, uniquingKeysWith: { $1 })
    return [layout, styling, WidgetModel(id: id, state: state)]
  }

  /// The member that a reader changes.
  var member: String { if case .selector = kind { "index" } else { "value" } }

  /// A position as a member of the state.
  func json(_ position: Position) -> JSON {
    switch (kind, position) {
    case (.slider(_, _, _, isWhole: true), .number(let value)): .int(Int(value))
    case (_, .number(let value)): .double(value)
    case (_, .choice(let index)): .int(index)
    case (_, .flag(let isOn)): .bool(isOn)
    }
  }

  /// The position that a member of the state means; nil for one that this control does not allow.
  func position(_ json: JSON) -> Position? {
    let position: Position? =
      switch kind {
      case .slider: json.double.map { .number($0) }
      case .selector: json.int.map { .choice($0) }
      case .toggle: json.bool.map { .flag($0) }
      }
    return position.flatMap { allows($0) ? $0 : nil }
  }

  private var names: (model: String, style: String) {
    switch kind {
    case .slider(_, _, _, let isWhole): (isWhole ? "IntSlider" : "FloatSlider", "SliderStyle")
    case .selector: ("Dropdown", "DescriptionStyle")
    case .toggle: ("Checkbox", "CheckboxStyle")
    }
  }

  /// What only this kind of widget has.
  private var own: [String: JSON] {
    switch kind {
    case .slider(let least, let most, let step, let isWhole):
      [
        "min": number(least, isWhole), "max": number(most, isWhole), "step": number(step, isWhole),
        "value": json(start), "orientation": "horizontal", "readout": true, "continuous_update": true,
        "behavior": "drag-tap", "readout_format": .string(isWhole ? "d" : ".\(Self.places(step))f"),
      ]
    case .selector(let options):
      ["_options_labels": .array(options.map { .string($0) }), "index": json(start)]
    case .toggle: ["value": json(start), "indent": false]
    }
  }

  private func number(_ value: Double, _ isWhole: Bool) -> JSON { isWhole ? .int(Int(value)) : .double(value) }

  /// The decimal places that a step needs, at most six.
  private static func places(_ step: Double) -> Int {
    var (scaled, places) = (step, 0)
    while places < 6, (scaled - scaled.rounded()).magnitude > 1e-9 * max(1, scaled.magnitude) {
      scaled *= 10
      places += 1
    }
    return places
  }
}
