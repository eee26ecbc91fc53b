# Builder: some packages of Debian become one store path that needs nothing outside the store.
set -euo pipefail
export PATH=$tools

mkdir unpacked
for deb in $debs; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C unpacked --no-same-owner --no-same-permissions
done

# /usr becomes the root of the path, /bin and /lib are in it
mkdir -p "$out"
[ ! -d unpacked/usr ] || cp -a unpacked/usr/. "$out/"
for part in bin sbin lib; do
    [ ! -d "unpacked/$part" ] || { mkdir -p "$out/$part" && cp -a "unpacked/$part/." "$out/$part/"; }
done
[ ! -d unpacked/etc ] || cp -a unpacked/etc "$out/etc"
cd "$out"
rm -rf share/{doc,man,info,locale,lintian,bug,bash-completion,zsh,fish,perl5,gitweb} lib/systemd lib/udev \
    etc/{init.d,default,pam.d,init,logrotate.d} etc/cron*
if [ -d sbin ]; then
    mkdir -p bin
    find sbin -mindepth 1 -maxdepth 1 -exec mv -t bin {} +
    rmdir sbin
fi
eval "${afterUnpacking-}"
find . -mindepth 1 -type d -empty -delete

# absolute links lead into the path, or go
find . -type l | while read -r link; do
    target=$(readlink "$link")
    case $target in
    /*)
        inside=$out/${target#/}
        inside=${inside/#$out\/usr\//$out/}
        if [ -e "$inside" ]; then ln -sfn "$inside" "$link"; else rm "$link"; fi
        ;;
    esac
done

libraries=$out/lib/x86_64-linux-gnu
runpath=$libraries:$libraries/systemd:$out/lib/nix
for path in $linked; do
    runpath=$runpath:$path/lib/x86_64-linux-gnu
done
is_elf() { [ "$(head -c 4 "$1" | tr -d '\0')" = $'\x7fELF' ]; }

if [ -n "$glibc" ]; then
    find . -type f -print0 | while IFS= read -r -d '' file; do
        is_elf "$file" || continue
        chmod u+w "$file"
        if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
            patchelf --set-interpreter "$glibc/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$file"
        fi
        patchelf --force-rpath --set-rpath "$runpath" "$file" 2>/dev/null || echo "static: $file"
    done
fi
if [ -n "$shell" ]; then
    find . -type f -perm /111 -print0 | while IFS= read -r -d '' file; do
        case $(head -c 30 "$file" | tr -d '\0' | head -n 1) in
        '#!/bin/sh'* | '#! /bin/sh'* | '#!/bin/bash'*) sed -i "1s|^#! */bin/[a-z]*|#!$shell/bin/bash|" "$file" ;;
        esac
    done
fi
chmod -R u+w,a-s "$out"
eval "${afterPatching-}"
