"""The first thing that an interpreter on a host reads: execnet's far side and ours, compressed.

execnet sends its source first, waits, and then sends ours: two round trips and 80
KiB. Here both go at once, without comments and docstrings.
"""

import ast
import hashlib
import os
import threading
import zlib
from functools import lru_cache

READ = (
    "import zlib;f=open(0,'rb',2,None,None,None,False);"
    "exec(zlib.decompress(f.read(int(f.read(8)))))"
)
"""What the interpreter is started with: 8 bytes say how many follow.

A buffer of two bytes, and an even number of them, so that nothing is read that is
meant for execnet.
"""

START = "import __main__; exec(compile(__main__.far_side, '<batou>', 'exec'))"
"""What execnet is asked to run: the source that has come along."""


_guard = threading.Lock()


def bootstrap(far_side: str, execmodel: str, cache: str | None = None) -> bytes:
    """What the interpreter reads to serve execnet, and to have the source *far_side* ready.

    *cache* is a directory in which the result is kept for the next run.
    """
    with _guard:  # many hosts are connected at once, and all of them want the same
        return _made(far_side, execmodel, cache)


@lru_cache
def _made(far_side: str, execmodel: str, cache: str | None) -> bytes:
    import inspect

    from execnet import gateway_base

    source = inspect.getsource(gateway_base)
    key = hashlib.sha256("\0".join((source, far_side, execmodel)).encode()).hexdigest()
    path = os.path.join(cache, f"bootstrap-{key[:16]}") if cache else None
    if path:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            pass
    made = _framed(
        f"{without_words(source)}\nfar_side = {without_words(far_side)!r}\n"
        f"execmodel = get_execmodel({execmodel!r})\n"
        "io = init_popen_io(execmodel)\nio.write(b'1')\nserve(io, id='batou')\n"
    )
    if path:
        _keep(path, made)
    return made


def _framed(source: str) -> bytes:
    while len(packed := zlib.compress(source.encode(), 9)) % 2:
        source += "\n"
    return b"%07d\n" % len(packed) + packed


def _keep(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, path)


def without_words(source: str) -> str:
    """*source* without docstrings and lines of comment; the other lines keep their numbers."""
    tree = ast.parse(source)
    docstrings: set[int] = set()
    strings: set[int] = set()
    lines = source.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.update(range(node.lineno + 1, (node.end_lineno or 0) + 1))
    for node in ast.walk(tree):
        if docstring := _docstring(node):
            docstrings.update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
            lines[docstring.lineno - 1] = " " * docstring.col_offset + '""'
            docstrings.discard(docstring.lineno)
    for number, line in enumerate(lines, 1):
        is_comment = line.lstrip().startswith("#") and number not in strings
        if number in docstrings or is_comment:
            lines[number - 1] = ""
    return "\n".join(lines)


def _docstring(node: ast.AST) -> ast.Expr | None:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            return first if isinstance(first, ast.Expr) else None
    return None
