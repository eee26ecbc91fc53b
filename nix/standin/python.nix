# Python, and packages for it from the wheels that make.py has fetched.
{
  pkgs,
  lib,
  debian,
  python,
  wheels,
}:
let
  site = "lib/python${python}/site-packages";
  interpreter = "${debian}/bin/python3";

  # a package and all that it imports
  closure = packages: lib.unique (lib.flatten (map (package: [ package (closure package.requires) ]) packages));
  paths = packages: map (package: "${package}/${site}") (closure packages);

  installed =
    {
      pname,
      version,
      wheel,
      requires,
      imports ? [ ],
      meta ? { },
    }:
    pkgs.stdenv.mkDerivation {
      inherit pname version meta;
      nativeBuildInputs = [ debian ];
      buildCommand = ''
        python3 -B ${./wheel.py} install ${wheel} $out ${interpreter} ${site} ${toString (paths requires)}
        export PYTHONPATH=$out/${site}:${lib.concatMapStringsSep ":" toString (paths requires)}
        for module in ${toString imports}; do python3 -B -c "import $module"; done
      '';
      passthru = { inherit requires; };
    };

  found = builtins.mapAttrs (
    pname: wheel:
    installed {
      inherit pname;
      inherit (wheel) version;
      wheel = ./wheels + "/${wheel.file}";
      requires = map (name: found.${name}) wheel.requires;
    }
  ) wheels;

  built =
    {
      pname,
      version,
      src,
      build-system,
      ...
    }:
    pkgs.stdenv.mkDerivation {
      name = "${pname}-${version}-wheel";
      inherit src;
      nativeBuildInputs = [ debian ];
      buildPhase = "python3 -B ${./wheel.py} build $out ${toString (paths build-system)}";
    };

  packages = found // {
    inherit (pkgs) callPackage;
    python = debian;
    buildPythonApplication =
      arguments@{
        pname,
        version,
        dependencies,
        pythonImportsCheck,
        meta,
        ...
      }:
      installed {
        inherit pname version meta;
        wheel = "${built arguments}/*.whl";
        requires = dependencies;
        imports = pythonImportsCheck;
      };
  };
in
debian
// {
  pkgs = packages;
  pythonVersion = python;
  sitePackages = site;
  inherit interpreter;
  withPackages =
    choose:
    pkgs.runCommand "python3-${python}-env" { } ''
      ${interpreter} -m venv --without-pip $out
      echo "${lib.concatMapStringsSep "\n" toString (paths (choose packages))}" > $out/${site}/packages.pth
    '';
}
