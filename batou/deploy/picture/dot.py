"""A picture in the DOT language of Graphviz."""

from collections.abc import Iterator

from batou.deploy.picture.model import Edge, HostBox, Picture, Root
from batou.deploy.picture.text import titled, tree_lines
from batou.deploy.schedule import Task

HEAD = """\
  graph [rankdir=LR, newrank=true, fontname="Helvetica", labelloc=t, ranksep=1, nodesep=0.2]
  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11]
  edge [fontname="Helvetica", fontsize=9, color="#555555"]"""


def as_dot(picture: Picture) -> str:
    """The picture for ``dot -Tsvg`` and its relatives: a cluster for each host."""
    lines = [f"digraph {quoted(picture.environment)} {{", HEAD]
    lines.append(f"  label={quoted(f'environment {picture.environment!r}: {picture.summary}')}")
    for number, host in enumerate(picture.hosts):
        lines.extend(_cluster(picture, number, host))
    lines.extend(f"  {_edge(edge)}" for edge in picture.edges)
    return "\n".join([*lines, "}", ""])


def quoted(text: str) -> str:
    r"""*text* as a string of the DOT language, to be read literally.

    >>> print(quoted('say "hi" \\ bye'))
    "say \"hi\" \\ bye"
    """
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\r", ""), ("\n", "\\n"), ("\0", "")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _cluster(picture: Picture, number: int, host: HostBox) -> Iterator[str]:
    yield f"  subgraph cluster_{number} {{"
    style = "rounded,dashed" if host.is_ignored else "rounded,filled"
    yield f'    label={quoted(str(host))} style="{style}" fillcolor="#f3f4f6" color="#9ca3af"'
    for root in picture.roots:
        if root.host == host.name:
            yield f"    {_node(root)}"
    yield "  }"


def _name(task: Task) -> str:
    host, name = task
    return quoted(f"{host}: {name}")


def _node(root: Root) -> str:
    label = quoted(f"{root.number}. {titled(root)}")
    if root.branches:
        below = "".join(f"{quoted(line)[1:-1]}\\l" for line in tree_lines(root.branches))
        label = f'{label[:-1]}\\l{below}"'
    options = [f"label={label}"]
    if root.missing:
        tooltip = ", ".join(f"nobody provides {key!r}" for key in root.missing)
        options += ['color="#dc2626"', f"tooltip={quoted(tooltip)}"]
    if root.ignored or root.is_near:
        options += ['style="rounded,dashed"', 'fontcolor="#6b7280"']
    return f"{_name(root.task)} [{', '.join(options)}]"


def _edge(edge: Edge) -> str:
    options = [f"label={quoted(', '.join(map(edge.label, edge.keys)))}"]
    if edge.is_cyclic:
        options += ['color="#dc2626"', "style=dashed"]
    return f"{_name(edge.first)} -> {_name(edge.after)} [{', '.join(options)}]"
