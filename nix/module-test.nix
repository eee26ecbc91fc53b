# What the module makes of its options, without NixOS: the options that it sets are declared here.
{ pkgs, lib }:
let
  free = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = { };
  };
  around.options = {
    users.users = free;
    nix.settings = free;
    services.openssh = free;
    security.sudo.extraRules = lib.mkOption {
      type = lib.types.listOf lib.types.anything;
      default = [ ];
    };
    environment.systemPackages = lib.mkOption {
      type = lib.types.listOf lib.types.package;
      default = [ ];
    };
  };
  of =
    settings:
    (lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        ./module.nix
        around
        { services.batou = settings; }
      ];
    }).config;

  off = of { };
  on = of {
    enable = true;
    user = "shop";
    authorizedKeys = [ "ssh-ed25519 AAAA ada" ];
    operators = [ "ada" ];
    trustedPublicKeys = [ "controller:AAAA" ];
    linger = true;
  };
  alone = of { enable = true; };
in
assert off.users.users == { };
assert off.environment.systemPackages == [ ];
assert on.users.users.shop.openssh.authorizedKeys.keys == [ "ssh-ed25519 AAAA ada" ];
assert on.users.users.shop.home == "/home/shop";
assert on.users.users.shop.linger;
assert (builtins.head on.security.sudo.extraRules).runAs == "shop";
assert (builtins.head on.security.sudo.extraRules).users == [ "ada" ];
assert on.nix.settings.trusted-public-keys == [ "controller:AAAA" ];
assert on.services.openssh.enable;
assert on.environment.systemPackages == [ pkgs.python3 ];
assert alone.users.users ? deploy;
assert alone.security.sudo.extraRules == [ ];
pkgs.runCommand "batou-module-test" { } "touch $out"
