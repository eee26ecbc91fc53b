# stdenv.mkDerivation with the phases that building from source, or one command, needs.
{
  pkgs,
  lib,
  system,
}:
let
  platform = {
    inherit system;
    isLinux = true;
    isDarwin = false;
  };
  setup = derivation {
    name = "stdenv";
    inherit system;
    builder = "${pkgs.bash}/bin/bash";
    PATH = lib.makeBinPath [ pkgs.coreutils ];
    initialPath = lib.makeBinPath (
      with pkgs;
      [
        bash
        coreutils
        findutils
        gnugrep
        gnused
        gawk
        gnutar
        gzip
        diffutils
      ]
    );
    script = ./stdenv.sh;
    args = [
      "-ec"
      ''
        mkdir $out
        { echo "initialPath=$initialPath"; echo "SHELL=${pkgs.bash}/bin/bash"; cat $script; } > $out/setup
      ''
    ];
  };
in
setup
// {
  inherit system;
  shell = "${pkgs.bash}/bin/bash";
  hostPlatform = platform;
  buildPlatform = platform;
  mkDerivation =
    attributes:
    let
      named = lib.optionalAttrs (attributes ? pname) { inherit (attributes) pname version; };
    in
    derivation (
      removeAttrs attributes [
        "meta"
        "passthru"
      ]
      // {
        inherit system;
        name = attributes.name or "${attributes.pname}-${attributes.version}";
        builder = "${pkgs.bash}/bin/bash";
        args = [
          "-ec"
          "source $stdenv/setup; build"
        ];
        stdenv = setup;
        outputs = attributes.outputs or [ "out" ]; # `nix develop` asks for it
        nativeBuildInputs = attributes.nativeBuildInputs or [ ];
        buildInputs = attributes.buildInputs or [ ];
      }
    )
    // named
    // {
      meta = attributes.meta or { };
    }
    // attributes.passthru or { };
}
