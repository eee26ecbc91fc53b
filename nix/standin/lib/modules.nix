# Options and their definitions: as much of nixpkgs' module system as one small module needs.
#
# A definition is { when; priority; value; }: where mkIf, mkMerge and mkOverride were around a
# value, they have been taken off and noted. `when` is asked as late as possible, because
# conditions look at the configuration that is being made.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    filter
    foldl'
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isPath
    isString
    length
    map
    tail
    ;
  inherit (lib) genAttrs optional optionals unique;

  defaultPriority = 100;
  marked = kind: value: isAttrs value && (value._type or null) == kind;
  shown = builtins.concatStringsSep ".";

  plain = value: {
    when = true;
    priority = defaultPriority;
    inherit value;
  };

  # definition → definitions without wrappers
  unwrap =
    definition:
    let
      inherit (definition) value;
    in
    if marked "if" value then
      unwrap (
        definition
        // {
          when = definition.when && value.condition;
          value = value.content;
        }
      )
    else if marked "merge" value then
      concatMap (content: unwrap (definition // { value = content; })) value.contents
    else if marked "override" value then
      unwrap (
        definition
        // {
          inherit (value) priority;
          value = value.content;
        }
      )
    else
      [ definition ];

  # the definitions that count: conditions hold, and none has been overridden
  effective =
    definitions:
    let
      held = filter (definition: definition.when) (concatMap unwrap definitions);
      best = foldl' (a: b: if b.priority < a then b.priority else a) 1000000 held;
    in
    filter (definition: definition.priority == best) held;

  # definitions of a set → { name = definitions of that attribute; }
  split =
    definitions:
    let
      sets = concatMap unwrap definitions;
      names = unique (concatMap (definition: attrNames definition.value) sets);
    in
    genAttrs names (
      name:
      concatMap (
        definition:
        optional (definition.value ? ${name}) (definition // { value = definition.value.${name}; })
      ) sets
    );

  # Types: { name; merge = place: definitions: value; }

  single =
    name: check: {
      inherit name;
      merge =
        place: definitions:
        let
          values = map (definition: definition.value) (effective definitions);
          value = head values;
        in
        if values == [ ] then
          throw "The option `${shown place}' is used but not defined."
        else if !(all check values) then
          throw "A definition for option `${shown place}' is not of type `${name}'."
        else if !(all (other: other == value) (tail values)) then
          throw "The option `${shown place}' has conflicting definition values."
        else
          value;
    };

  isText = value: isString value || isPath value || (isAttrs value && value ? outPath);

  types = rec {
    bool = single "boolean" isBool;
    int = single "signed integer" isInt;
    port = single "16 bit unsigned integer" (value: isInt value && value >= 0 && value <= 65535);
    str = single "string" isString;
    nonEmptyStr = single "non-empty string" (value: isString value && value != "");
    path = single "absolute path" isText;
    package = single "package" (value: isAttrs value && value ? outPath || isPath value || isString value);
    raw = single "raw value" (_: true);
    enum = values: single "one of ${builtins.toJSON values}" (value: builtins.elem value values);
    lines = {
      name = "strings concatenated with \"\\n\"";
      merge =
        place: definitions:
        builtins.concatStringsSep "\n" (map (definition: definition.value) (effective definitions));
    };
    nullOr = type: {
      name = "null or ${type.name}";
      merge =
        place: definitions:
        if all (definition: definition.value == null) (effective definitions) then
          null
        else
          type.merge place definitions;
    };
    listOf = type: {
      name = "list of ${type.name}";
      merge =
        place: definitions:
        concatMap (
          definition:
          if !(isList definition.value) then
            throw "A definition for option `${shown place}' is not of type `list of ${type.name}'."
          else
            concatMap (
              value:
              let
                given = effective [ (plain value) ];
              in
              optionals (given != [ ]) [ (type.merge place given) ]
            ) definition.value
        ) (effective definitions);
    };
    attrsOf = type: {
      name = "attribute set of ${type.name}";
      merge =
        place: definitions:
        let
          parts = split (effective definitions);
          kept = lib.filterAttrs (_: part: effective part != [ ]) parts;
        in
        builtins.mapAttrs (name: type.merge (place ++ [ name ])) kept;
    };
    anything = {
      name = "anything";
      merge =
        place: definitions:
        let
          values = map (definition: definition.value) (effective definitions);
        in
        if values != [ ] && all (value: isAttrs value && !(value ? outPath)) values then
          (attrsOf anything).merge place definitions
        else if values != [ ] && all isList values then
          concatLists values
        else
          raw.merge place definitions;
    };
    submodule = module: {
      name = "submodule";
      merge =
        place: definitions:
        (evaluate place {
          modules = [ module ] ++ map (definition: { config = definition.value; }) (effective definitions);
        }).config;
    };
  };

  # Modules

  structured =
    module:
    if module ? options || module ? config || module ? imports then
      {
        imports = module.imports or [ ];
        options = module.options or { };
        config = module.config or { };
      }
    else
      {
        imports = [ ];
        options = { };
        config = module;
      };

  load =
    arguments: module:
    let
      opened = if isPath module || isString module then import module else module;
      called = if isFunction opened then opened arguments else opened;
      this = structured called;
    in
    concatMap (load arguments) this.imports ++ [ this ];

  declare =
    place: a: b:
    if marked "option" a || marked "option" b then
      throw "The option `${shown place}' is declared twice."
    else
      a
      // builtins.mapAttrs (
        name: value: if a ? ${name} then declare (place ++ [ name ]) a.${name} value else value
      ) b;

  # options and definitions → values
  fill =
    place: options: definitions:
    let
      parts = split definitions;
      unknown = filter (name: !(options ? ${name})) (attrNames parts);
    in
    if unknown != [ ] then
      throw "The option `${shown (place ++ [ (head unknown) ])}' does not exist."
    else
      builtins.mapAttrs (
        name: option:
        let
          here = place ++ [ name ];
          given = parts.${name} or [ ];
          fallback = optional (option ? default) {
            when = true;
            priority = 1500;
            value = option.default;
          };
        in
        if marked "option" option then option.type.merge here (given ++ fallback) else fill here option given
      ) options;

  evaluate =
    place:
    {
      modules,
      specialArgs ? { },
    }:
    let
      arguments = {
        inherit lib config options;
      }
      // specialArgs;
      loaded = concatMap (load arguments) modules;
      options = foldl' (declare place) { } (map (module: module.options) loaded);
      config = fill place options (map (module: plain module.config) loaded);
    in
    {
      inherit config options;
    };
in
{
  inherit types;
  evalModules = evaluate [ ];
  mkOption = option: option // { _type = "option"; };
  mkEnableOption =
    what:
    {
      _type = "option";
      type = types.bool;
      default = false;
      description = "Whether to enable ${what}.";
    };
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkDefault = content: {
    _type = "override";
    priority = 1000;
    inherit content;
  };
  mkForce = content: {
    _type = "override";
    priority = 50;
    inherit content;
  };
  literalExpression = text: { _type = "literalExpression"; inherit text; };
}
