# The names of nixpkgs' lib that batou's Nix files use, with their meaning there.
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    getAttr
    isAttrs
    isList
    length
    listToAttrs
    map
    match
    replaceStrings
    stringLength
    substring
    ;

  lib = rec {
    inherit (builtins)
      attrValues
      concatMap
      concatStringsSep
      elem
      filter
      head
      isAttrs
      isFunction
      isList
      isString
      length
      listToAttrs
      mapAttrs
      readFile
      replaceStrings
      toJSON
      ;

    nameValuePair = name: value: { inherit name value; };
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
    filterAttrs =
      keep: set:
      listToAttrs (
        concatMap (name: optional (keep name set.${name}) (nameValuePair name set.${name})) (attrNames set)
      );
    recursiveUpdate =
      a: b:
      if isAttrs a && isAttrs b then
        a // builtins.mapAttrs (name: value: if a ? ${name} then recursiveUpdate a.${name} value else value) b
      else
        b;

    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    optionalString = condition: text: if condition then text else "";

    imap0 = f: values: genList (index: f index (elemAt values index)) (length values);
    flatten = value: if isList value then concatMap flatten value else [ value ];
    unique = foldl' (found: value: if elem value found then found else found ++ [ value ]) [ ];
    concatMapStringsSep = separator: f: values: builtins.concatStringsSep separator (map f values);
    concatMapStrings = concatMapStringsSep "";
    concatLines = values: builtins.concatStringsSep "" (map (line: line + "\n") values);

    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        rest = stringLength text - stringLength suffix;
      in
      rest >= 0 && substring rest (stringLength suffix) text == suffix;
    removeSuffix =
      suffix: text:
      if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
    escapeShellArg = value: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString value)}'";

    importTOML = path: builtins.fromTOML (builtins.readFile path);
    makeBinPath = packages: concatMapStringsSep ":" (package: "${package}/bin") packages;
    getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname}";
    cleanSourceWith = { src, filter, ... }: builtins.path {
      inherit filter;
      path = src;
      name = "source";
    };

    platforms = {
      linux = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      unix = platforms.linux;
    };
    licenses.bsd2 = {
      spdxId = "BSD-2-Clause";
      free = true;
    };

    inherit
      (import ./modules.nix { inherit lib; })
      evalModules
      literalExpression
      mkDefault
      mkEnableOption
      mkForce
      mkIf
      mkMerge
      mkOption
      mkOverride
      types
      ;
  };
in
lib
