# What `nix flake check` builds.
{
  pkgs,
  lib,
  batou,
}:
{
  inherit batou;
  module = import ./module-test.nix { inherit pkgs lib; };
  starts = pkgs.runCommand "batou-starts" { nativeBuildInputs = [ batou ]; } ''
    batou --version > $out
  '';
}
// lib.optionalAttrs (pkgs ? testers) {
  vm = import ./vm-test.nix { inherit pkgs batou; };
}
