# A container image with the shape of NixOS, without systemd: what a deployment can tell from Debian.
# Only names that nixpkgs has, too. Images of ubuntu and debian are made of their own packages, by
# `batou images build`: there is nothing in nixpkgs to make them of.
{ pkgs, lib }:
let
  path = "/run/current-system/sw/bin";
  system-path = pkgs.buildEnv {
    name = "system-path";
    pathsToLink = [
      "/bin"
      "/etc/ssl"
    ];
    paths = with pkgs; [
      bash
      cacert
      coreutils
      diffutils
      findutils
      gawk
      gnugrep
      gnused
      gnutar
      gzip
      hostname
      nix
      openssh
      procps
      python3
    ];
  };
  etc = pkgs.runCommand "etc" { } ''
    mkdir -p $out/nix $out/ssl
    cat > $out/os-release <<END
    ID=nixos
    NAME=NixOS
    PRETTY_NAME="NixOS-shaped image for tests"
    END
    cat > $out/nix/nix.conf <<END
    build-users-group =
    builders =
    experimental-features = nix-command flakes
    sandbox = false
    substituters =
    END
    ln -s ${pkgs.cacert}/etc/ssl/certs $out/ssl/certs
  '';
  activate = pkgs.writeShellScript "activate" ''
    export PATH=${path}
    if [ -f /nix/var/nix/registration ]; then
      nix-store --load-db < /nix/var/nix/registration
      rm /nix/var/nix/registration
    fi
    exec sleep infinity
  '';
  system = pkgs.runCommand "nixos-system" { } ''
    mkdir $out
    ln -s ${system-path} $out/sw
    ln -s ${etc} $out/etc
    ln -s ${activate} $out/init
  '';
in
pkgs.dockerTools.buildLayeredImage {
  name = "batou-nixos";
  tag = "latest";
  includeNixDB = true;
  extraCommands = ''
    mkdir -p bin usr/bin etc/ssh root tmp var/tmp var/empty run home
    mkdir -p nix/var/nix/gcroots nix/var/nix/profiles nix/var/nix/db
    ln -s ${pkgs.bash}/bin/sh bin/sh
    ln -s ${pkgs.coreutils}/bin/env usr/bin/env
    ln -s ${system} run/current-system
    ln -s ${system} nix/var/nix/profiles/system
    ln -s /run/current-system nix/var/nix/gcroots/current-system
    touch etc/NIXOS
    ln -s ${etc} etc/static
    ln -s /etc/static/os-release etc/os-release
    ln -s /etc/static/nix etc/nix
    ln -s /etc/static/ssl etc/ssl
    echo "root:x:0:0:root:/root:${path}/bash" > etc/passwd
    echo "deploy:x:1000:100:deploy:/home/deploy:${path}/bash" >> etc/passwd
    echo "nobody:x:65534:65534:nobody:/var/empty:${path}/nologin" >> etc/passwd
    printf '%s\n' root:x:0: users:x:100: nogroup:x:65534: > etc/group
    echo "hosts: files dns" > etc/nsswitch.conf
  '';
  config = {
    Cmd = [ "${activate}" ];
    Env = [
      "PATH=${path}"
      "HOME=/root"
      "USER=root"
    ];
  };
}
