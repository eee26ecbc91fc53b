"""Order, cycles, and what is reachable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.graph import (
    CycleError,
    cycle,
    ensure_complete,
    order,
    reachable,
    revert,
    trim,
)

nodes = st.integers(0, 8)
graphs = st.dictionaries(nodes, st.sets(nodes, max_size=4), max_size=8)


def test_what_is_depended_on_comes_first():
    assert order({"app": ["db", "cache"], "db": ["disk"]}) == ["cache", "disk", "db", "app"]


def test_free_nodes_keep_the_wished_order():
    graph = {"a": [], "b": [], "c": ["a"]}

    assert order(graph, wish=["c", "b", "a"]) == ["b", "a", "c"]
    assert order(graph, wish=["b"]) == ["b", "a", "c"]


def test_the_order_is_the_same_whatever_the_order_of_edges():
    assert order({"x": ["a", "b", "c"], "a": [], "b": [], "c": []}) == order(
        {"x": ["c", "b", "a"], "a": [], "b": [], "c": []}
    )


def test_a_cycle_is_an_error_with_the_part_that_cannot_be_ordered():
    with pytest.raises(CycleError) as caught:
        order({"a": ["b"], "b": ["a"], "c": [], "d": ["a"]})

    assert caught.value.args[0] == {"a": {"b"}, "b": {"a"}, "d": {"a"}}
    assert isinstance(caught.value, ValueError)


def test_a_node_that_depends_on_itself_is_a_cycle():
    assert cycle({"a": ["a"]}) == ["a"]
    with pytest.raises(CycleError):
        order({"a": ["a"]})


def test_a_cycle_is_shown_in_order_of_dependency():
    assert cycle({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"], "y": []}) == ["a", "b", "c"]
    assert cycle({"a": ["b"], "b": []}) == []


def test_trimming_leaves_what_leads_to_a_cycle():
    assert trim({"x": ["a"], "a": ["a"], "b": ["c"]}) == {"x": {"a"}, "a": {"a"}}
    assert trim({"a": ["b"], "b": ["c"]}) == {}


def test_reverting_turns_the_edges():
    assert revert({"app": ["db", "cache"], "cron": ["db"]}) == {
        "db": {"app", "cron"},
        "cache": {"app"},
    }


def test_completing_adds_nodes_that_are_only_depended_on():
    assert ensure_complete({"a": ["b"]}) == {"a": {"b"}, "b": set()}


def test_reachable_follows_dependencies():
    assert reachable({"a": ["b"], "b": ["c"], "d": []}, ["a"]) == {"a", "b", "c"}


def test_the_names_of_2x_are_these_functions():
    from batou import utils

    assert utils.topological_sort({"app": ["db"]}) == ["db", "app"]
    assert utils.revert_graph({"a": ["b"]}) == {"b": {"a"}}
    assert utils.ensure_graph_data({"a": ["b"]}) == {"a": {"b"}, "b": set()}
    assert utils.remove_nodes_without_outgoing_edges({"a": ["b"]}) == {}
    assert utils.CycleError is CycleError


@given(graphs)
def test_either_everything_is_ordered_or_there_is_a_cycle(graph):
    try:
        ordered = order(graph)
    except CycleError:
        path = cycle(graph)
        assert all(b in graph[a] for a, b in zip(path, [*path[1:], path[0]], strict=True))
        return
    place = {node: number for number, node in enumerate(ordered)}
    assert len(place) == len(ordered) == len(ensure_complete(graph))
    assert all(place[need] < place[node] for node, needs in graph.items() for need in needs)
    assert cycle(graph) == []
