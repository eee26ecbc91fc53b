"""An explanation for a terminal."""

from collections.abc import Iterable, Iterator

from batou.deploy.explain.explanation import Explained, Explanation, Fact

LONGEST = 100


def as_text(explanation: Explanation) -> str:
    """Facts, then each attribute with the steps that led to its value."""
    where = f"{explanation.component!r} on host {explanation.host!r}"
    lines = [f"component {where} of environment {explanation.environment!r}"]
    lines.extend(_fact_lines(explanation.facts))
    overridable = [a for a in explanation.attributes if a.is_overridable]
    further = [a for a in explanation.attributes if not a.is_overridable]
    lines.extend(_group("attributes", overridable))
    lines.extend(_group("further values, which the environment cannot override", further))
    if explanation.notes:
        lines += ["", *explanation.notes]
    return "\n".join(lines) + "\n"


def shortened(text: str, length: int = LONGEST) -> str:
    """*text*, with its middle left out if it is longer than *length*.

    >>> shortened("'" + "x" * 30 + "'", 20)
    "'xxxxxxxxxx … xxxxx'"
    """
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 3]} … {text[-tail:]}"


def _fact_lines(facts: Iterable[Fact]) -> Iterator[str]:
    facts = list(facts)
    width = max((len(fact.name) for fact in facts), default=0)
    for fact in facts:
        where = ", ".join(str(part) for part in (fact.place, fact.note) if part)
        value = shortened(fact.value)
        yield f"  {fact.name:{width}}  {value}{f' ({where})' if where else ''}"


def _group(title: str, attributes: Iterable[Explained]) -> Iterator[str]:
    for number, attribute in enumerate(attributes):
        if number == 0:
            yield from ("", title)
        yield f"  {attribute.name} = {shortened(attribute.value)}"
        for place, step in enumerate(attribute.steps):
            yield f"    {'→ ' if place else '  '}{shortened(str(step), 160)}"
