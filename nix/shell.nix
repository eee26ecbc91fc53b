# What batou's developers need; `nix develop` opens it.
{ pkgs, batou }:
pkgs.mkShell {
  packages = with pkgs; [
    batou
    (python3.withPackages (import ./dependencies.nix))
    age
    docker-client
    git
    gnupg
    mypy
    openssh
    ruff
  ];
  shellHook = ''
    echo "batou's development shell:"
    echo "  ./dev test       the tests, in an environment made from the lock"
    echo "  ./dev nix        what the flake promises, checked"
    echo "  batou --help     batou as the flake builds it"
    echo "  python3, ruff, mypy, age, gpg, git, ssh and docker are on the path"
  '';
}
