# What batou imports, as pyproject.toml lists it; tests/nix compares the two.
python3Packages:
with python3Packages;
[
  click
  configupdater
  execnet
  jinja2
  packaging
  pip-tools
  (python3Packages.pyrage or (callPackage ./pyrage.nix { }))
  pyyaml
  remote-pdb
  rich
]
