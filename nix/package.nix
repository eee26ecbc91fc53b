# batou as an application: what pyproject.toml asks for, from nixpkgs.
{
  lib,
  python3Packages,
  src,
}:
let
  inherit (lib.importTOML (src + "/pyproject.toml")) project;
in
python3Packages.buildPythonApplication {
  pname = project.name;
  inherit (project) version;
  inherit src;
  pyproject = true;
  build-system = [ python3Packages.setuptools ];
  dependencies = import ./dependencies.nix python3Packages;
  doCheck = false; # ./dev test does, in CI
  pythonImportsCheck = [
    "batou.cli"
    "batou.agent.serve"
  ];
  meta = {
    inherit (project) description;
    mainProgram = "batou";
    license = lib.licenses.bsd2;
    platforms = lib.platforms.unix;
  };
}
