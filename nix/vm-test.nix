# A controller deploys to two machines, one of which reaches nothing but the controller.
# It needs NixOS and virtual machines, so only CI with a real nixpkgs runs it.
{ pkgs, batou }:
let
  inherit (import (pkgs.path + "/nixos/tests/ssh-keys.nix") pkgs) snakeOilPrivateKey snakeOilPublicKey;
  target = {
    imports = [ ./module.nix ];
    services.batou = {
      enable = true;
      authorizedKeys = [ snakeOilPublicKey ];
    };
  };
  project = pkgs.runCommand "batou-vm-project" { } ''
    mkdir -p $out/components/hello $out/environments/two
    cat > $out/components/hello/component.py <<'PY'
    from batou.component import Component
    from batou.lib.file import File


    class Hello(Component):
        def configure(self):
            self += File("hello.txt", content="Hello from {{host.name}}!\n")
    PY
    cat > $out/environments/two/environment.cfg <<'CFG'
    [environment]
    service_user = deploy

    [hosts]
    near = hello
    isolated = hello
    CFG
    cat > $out/ssh_config <<'SSH'
    Host *
        User deploy
        IdentityFile /root/key
        StrictHostKeyChecking no
        UserKnownHostsFile /dev/null
    SSH
    sed -i 's/^    //' $out/components/hello/component.py $out/environments/two/environment.cfg $out/ssh_config
  '';
in
pkgs.testers.runNixOSTest {
  name = "batou";
  nodes = {
    controller = {
      virtualisation.vlans = [
        1
        2
      ];
      environment.systemPackages = [ batou ];
    };
    near = {
      imports = [ target ];
      virtualisation.vlans = [ 1 ];
    };
    isolated = {
      imports = [ target ];
      virtualisation.vlans = [ 2 ];
      networking.defaultGateway = null;
      networking.nameservers = [ ];
    };
  };
  testScript = ''
    start_all()
    for machine in (near, isolated):
        machine.wait_for_unit("sshd.service")
    controller.wait_for_unit("network-online.target")
    controller.succeed(
        "install -m 600 ${snakeOilPrivateKey} /root/key",
        "cp -r --no-preserve=mode ${project} /root/project",
    )
    first = controller.succeed("cd /root/project && batou deploy two")
    assert "1 updated" in first, first
    again = controller.succeed("cd /root/project && batou deploy two")
    assert "updated" not in again, again
    for machine in (near, isolated):
        machine.succeed("grep Hello /home/deploy/deployment/work/hello/hello.txt")
  '';
}
