{
  description = "A stand-in for nixpkgs, made of Debian's packages; see README.md";

  outputs =
    { self }:
    {
      lib = import ./lib;
      legacyPackages.x86_64-linux = import ./packages.nix { system = "x86_64-linux"; };
    };
}
