{
  description = "What batou deploys";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  inputs.batou.url = "path:../batou"; # where you have batou from
  inputs.batou.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    { nixpkgs, batou, ... }:
    let
      inherit (nixpkgs) lib;
      systems = builtins.attrNames batou.packages;
    in
    {
      devShells = lib.genAttrs systems (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        {
          default = pkgs.mkShell {
            packages = [
              batou.packages.${system}.default
              pkgs.age
              pkgs.python3Packages.pip-tools
            ];
          };
        }
      );
    };
}
