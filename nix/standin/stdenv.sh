# What a derivation's builder, and `nix develop`, begin with.
PATH=
for input in ${nativeBuildInputs-} ${buildInputs-}; do
    [ ! -d "$input/bin" ] || PATH=$PATH${PATH:+:}$input/bin
done
export PATH=$PATH${PATH:+:}$initialPath
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800} HOME=/homeless-shelter

unpackPhase() {
    cp -r "$src" source
    chmod -R u+w source
    cd source
}
buildPhase() { :; }
installPhase() { :; }

build() {
    if [ -n "${buildCommandPath-}" ]; then
        source "$buildCommandPath"
        return
    elif [ -n "${buildCommand-}" ]; then
        eval "$buildCommand"
        return
    fi
    local phase
    for phase in unpackPhase buildPhase installPhase; do
        if [ -n "${!phase-}" ]; then eval "${!phase}"; else $phase; fi
    done
}
