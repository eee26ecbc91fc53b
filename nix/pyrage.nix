# pyrage, which nixpkgs lacks, from the wheels that requirements.lock names.
{
  lib,
  stdenv,
  buildPythonPackage,
  fetchPypi,
  autoPatchelfHook,
}:
let
  linux = {
    platform = "manylinux_2_17_x86_64.manylinux2014_x86_64";
    hash = "sha256-f06wy8K0ruXerJhixHs4lYZt9VVBU5Ua+CLpxYHmhVg=";
  };
  wheels = {
    x86_64-linux = linux;
    aarch64-linux = {
      platform = "manylinux_2_17_aarch64.manylinux2014_aarch64";
      hash = "sha256-+GizYMzT+DYybUK1Mvrj6OuDQKiMygo5wK4Q/OaPbMU=";
    };
    x86_64-darwin = mac;
    aarch64-darwin = mac;
  };
  mac = {
    platform = "macosx_10_12_x86_64.macosx_11_0_arm64.macosx_10_12_universal2";
    hash = "sha256-vPQXeuqRqfSJUduAAcE4W6r7rmLMFdaR70Pv66q2uNs=";
  };
in
buildPythonPackage rec {
  pname = "pyrage";
  version = "1.4.0";
  format = "wheel";
  src = fetchPypi (
    {
      inherit pname version format;
      dist = "cp310";
      python = "cp310";
      abi = "abi3";
    }
    // wheels.${stdenv.hostPlatform.system}
  );
  nativeBuildInputs = lib.optionals stdenv.hostPlatform.isLinux [ autoPatchelfHook ];
  buildInputs = lib.optionals stdenv.hostPlatform.isLinux [ stdenv.cc.cc.lib ];
  pythonImportsCheck = [ "pyrage" ];
}
