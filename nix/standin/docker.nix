# dockerTools.buildLayeredImage, with the arguments that nix/images.nix gives.
{ pkgs, lib }:
{
  buildLayeredImage =
    {
      name,
      tag ? "latest",
      config ? { },
      extraCommands ? "",
      includeNixDB ? false,
    }:
    let
      root = pkgs.runCommand "${name}-root" { inherit extraCommands; } ''
        mkdir $out
        cd $out
        eval "$extraCommands"
      '';
      settings = pkgs.runCommand "${name}-config" {
        text = builtins.toJSON config;
        passAsFile = [ "text" ];
      } "cp $textPath $out";
      closure = pkgs.closureInfo {
        rootPaths = [
          root
          settings
        ];
      };
    in
    pkgs.runCommand "${name}.tar.gz" {
      nativeBuildInputs = [ pkgs.python3 ];
    } ''
      python3 -B ${./image.py} ${root} ${settings} ${closure} ${name}:${tag} ${
        lib.optionalString includeNixDB "--with-database"
      } $out
    '';
}
