{
  description = "batou: a reproducible deployer";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      wanted = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      systems = builtins.filter (system: nixpkgs.legacyPackages ? ${system}) wanted;
      forAll = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      batouOf = pkgs: pkgs.callPackage ./nix/package.nix { src = self; };
    in
    {
      packages = forAll (
        pkgs:
        {
          batou = batouOf pkgs;
          default = batouOf pkgs;
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
          image-nixos = import ./nix/images.nix { inherit pkgs lib; };
        }
      );
      devShells = forAll (pkgs: {
        default = import ./nix/shell.nix {
          inherit pkgs;
          batou = batouOf pkgs;
        };
      });
      checks = forAll (
        pkgs:
        import ./nix/checks.nix {
          inherit pkgs lib;
          batou = batouOf pkgs;
        }
      );
      formatter = forAll (pkgs: pkgs.nixfmt-rfc-style);
      overlays.default = final: _: { batou = batouOf final; };
      nixosModules.default = {
        imports = [ ./nix/module.nix ];
      };
      templates.default = {
        path = ./nix/template;
        description = "A deployment project whose shell has batou";
      };
    };
}
