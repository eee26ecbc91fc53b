echo "$0: no compiler" >&2
exit 1
