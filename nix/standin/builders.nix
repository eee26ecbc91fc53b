# runCommand, writers, environments and shells.
{ pkgs, lib }:
let
  inherit (pkgs) bash stdenv;
in
rec {
  runCommand =
    name: environment: script:
    stdenv.mkDerivation (
      environment
      // {
        inherit name;
        buildCommand = script;
        passAsFile = [ "buildCommand" ] ++ environment.passAsFile or [ ];
      }
    );
  runCommandLocal = runCommand;

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
    }:
    runCommand name
      {
        inherit text;
        passAsFile = [ "text" ];
      }
      ''
        target=$out${destination}
        mkdir -p "$(dirname "$target")"
        cp "$textPath" "$target"
        ${lib.optionalString executable "chmod +x $target"}
      '';
  writeText = name: text: writeTextFile { inherit name text; };
  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = "#!${bash}/bin/bash\n${text}\n";
    };
  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = "#!${bash}/bin/bash\n${text}\n";
    };

  buildEnv =
    {
      name,
      paths,
      pathsToLink ? [ "/" ],
      ...
    }:
    runCommand name { inherit paths pathsToLink; } ''
      mkdir -p $out
      for path in $paths; do
        for part in $pathsToLink; do
          [ -d "$path$part" ] || continue
          mkdir -p "$out$part"
          cp -rsf "$path$part/." "$out$part/"
          chmod -R u+w "$out$part"
        done
      done
    '';

  mkShell =
    {
      packages ? [ ],
      shellHook ? "",
      ...
    }:
    stdenv.mkDerivation {
      name = "nix-shell";
      inherit shellHook;
      nativeBuildInputs = packages;
      buildCommand = "echo $nativeBuildInputs > $out";
    };

  closureInfo =
    { rootPaths }:
    derivation {
      name = "closure-info";
      inherit (stdenv) system;
      builder = "${bash}/bin/bash";
      PATH = lib.makeBinPath [
        pkgs.coreutils
        pkgs.python3
      ];
      exportReferencesGraph = lib.flatten (
        lib.imap0 (number: path: [
          "graph-${toString number}"
          path
        ]) rootPaths
      );
      args = [
        "-ec"
        "mkdir $out; cat graph-* > graphs; python3 ${./closure.py} graphs $out"
      ];
    };
}
