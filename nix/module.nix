# A NixOS host that receives deployments.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.batou;
in
{
  options.services.batou = {
    enable = lib.mkEnableOption "deployments by batou to this host";
    user = lib.mkOption {
      type = lib.types.str;
      default = "deploy";
      description = "The service user that deployments run as.";
    };
    home = lib.mkOption {
      type = lib.types.str;
      default = "/home/${cfg.user}";
      description = "Its home directory; deployments lie in `deployment` below it.";
    };
    authorizedKeys = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "SSH keys that may log in as the service user.";
    };
    operators = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Users that may become the service user by sudo, without a password.";
    };
    python = lib.mkOption {
      type = lib.types.package;
      default = pkgs.python3;
      description = "The Python that batou runs in on this host: 3.10 or newer.";
    };
    trustedPublicKeys = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Keys of controllers whose closures the service user may import.";
    };
    linger = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether the service user's units run while nobody is logged in.";
    };
  };

  config = lib.mkIf cfg.enable {
    users.users.${cfg.user} = {
      isNormalUser = true;
      inherit (cfg) home linger;
      openssh.authorizedKeys.keys = cfg.authorizedKeys;
    };
    security.sudo.extraRules = lib.mkIf (cfg.operators != [ ]) [
      {
        users = cfg.operators;
        runAs = cfg.user;
        commands = [
          {
            command = "ALL";
            options = [ "NOPASSWD" ];
          }
        ];
      }
    ];
    services.openssh.enable = lib.mkDefault true;
    environment.systemPackages = [ cfg.python ];
    nix.settings.trusted-public-keys = cfg.trustedPublicKeys;
  };
}
