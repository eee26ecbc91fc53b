# The packages that make.py found, and the functions of nixpkgs that batou's files use.
{ system }:
let
  lib = import ./lib;
  lock = builtins.fromJSON (builtins.readFile ./packages.json);
  tools = "/usr/bin:/bin:/usr/sbin:/sbin"; # Debian's; deb.sh alone uses them

  special = {
    bash.afterUnpacking = "ln -sf bash bin/sh";
    gawk.afterUnpacking = "ln -sf mawk bin/awk";
    glibc.afterUnpacking = "rm -rf lib64";
    cacert.afterUnpacking = ''
      mkdir -p etc/ssl/certs
      cat share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-bundle.crt
      rm -rf share bin
    '';
    # compiled now: whoever imports it later must not write into the store
    python3.afterPatching = ''
      $out/bin/python3 -I -B -m compileall -f -q --invalidation-mode unchecked-hash $out/lib/python* || true
    '';
  };

  debian = builtins.mapAttrs (
    name: package:
    derivation (
      {
        inherit system tools;
        name = "${name}-${package.version}";
        builder = "/bin/bash";
        args = [ ./deb.sh ];
        debs = map (
          deb:
          builtins.path {
            path = ./debs + "/${deb.file}";
            name = deb.file;
            recursive = false;
            inherit (deb) sha256;
          }
        ) package.debs;
        linked = map (other: debian.${other}) package.links;
        glibc = lib.optionalString (name != "glibc") debian.glibc;
        shell = lib.optionalString (
          !(builtins.elem name [
            "bash"
            "glibc"
            "libtinfo6"
          ])
        ) debian.bash;
      }
      // special.${name} or { }
    )
    // {
      pname = name;
      inherit (package) version;
      meta.mainProgram = name;
    }
  ) lock.packages;

  pkgs =
    debian
    // import ./builders.nix { inherit pkgs lib; }
    // {
      inherit lib system;
      stdenv = import ./stdenv.nix { inherit pkgs lib system; };
      python3 = import ./python.nix {
        inherit pkgs lib;
        inherit (lock) python wheels;
        debian = debian.python3;
      };
      python3Packages = pkgs.python3.pkgs;
      inherit (pkgs.python3Packages) mypy ruff;
      bashInteractive = debian.bash;
      dockerTools = import ./docker.nix { inherit pkgs lib; };
      nixfmt-rfc-style = pkgs.writeShellScriptBin "nixfmt" "echo 'the stand-in has no nixfmt' >&2; exit 1";
      callPackage =
        function: given:
        let
          f = if builtins.isFunction function then function else import function;
        in
        f (builtins.intersectAttrs (builtins.functionArgs f) pkgs // given);
    };
in
pkgs
