"""Which roots may start: values in, values out."""

from hypothesis import given
from hypothesis import strategies as st

from batou import graph
from batou.deploy.schedule import Schedule, Task

DB, APP, CRON = ("db", "pg"), ("web", "app"), ("web", "cron")


def test_roots_without_needs_start_at_once_on_every_host():
    schedule = Schedule.of([DB, CRON], {})

    assert schedule.next_batches(jobs=9) == {"db": ["pg"], "web": ["cron"]}


def test_a_root_may_follow_its_provider_in_one_batch_of_the_same_host():
    schedule = Schedule.of([CRON, APP], {APP: [CRON]})

    assert schedule.next_batches(jobs=9) == {"web": ["cron", "app"]}


def test_a_root_waits_for_its_provider_on_another_host():
    schedule = Schedule.of([DB, APP], {APP: [DB]})

    first = schedule.next_batches(jobs=9)
    schedule.finish(DB)
    schedule.idle("db")
    second = schedule.next_batches(jobs=9)

    assert first == {"db": ["pg"]}
    assert second == {"web": ["app"]}


def test_what_needs_the_last_root_of_a_running_batch_starts_as_soon_as_it_is_done():
    schedule = Schedule.of([DB, ("db", "dump"), APP], {APP: [DB]})
    schedule.next_batches(jobs=9)

    schedule.finish(DB)  # the batch still runs: "dump" is in hand

    assert schedule.next_batches(jobs=9) == {"web": ["app"]}


def test_jobs_bounds_the_hosts_that_are_busy():
    schedule = Schedule.of([(f"web{n}", "app") for n in range(5)], {})

    assert list(schedule.next_batches(jobs=2)) == ["web0", "web1"]
    assert schedule.next_batches(jobs=2) == {}


def test_a_failed_root_stops_its_host_and_what_needs_it_but_not_the_others():
    schedule = Schedule.of([DB, ("db", "dump"), APP, CRON], {APP: [DB]})
    schedule.next_batches(jobs=9)

    schedule.fail(DB)
    schedule.idle("db")
    schedule.finish(CRON)
    schedule.idle("web")

    assert schedule.next_batches(jobs=9) == {}
    assert schedule.is_over
    assert schedule.not_reached() == [("db", "dump"), APP]


def test_what_is_skipped_counts_as_done():
    schedule = Schedule.of([DB, APP], {APP: [DB]}, skipped=[DB])

    assert schedule.next_batches(jobs=9) == {"web": ["app"]}


def test_a_lost_host_leaves_the_root_in_hand_unknown_and_the_rest_not_reached():
    schedule = Schedule.of([DB, ("db", "dump")], {})
    schedule.next_batches(jobs=9)

    assert schedule.lose("db") == [DB]
    assert schedule.not_reached() == [("db", "dump")]


TASKS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz")), unique=True, min_size=1
)


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[list[Task], dict[Task, set[Task]]]:
    """Tasks in an order, each needing some of those before it."""
    order = draw(TASKS)
    needs = {
        task: set(draw(st.lists(st.sampled_from(order[:place]), max_size=3)) if place else [])
        for place, task in enumerate(order)
    }
    return order, needs


@given(acyclic(), st.integers(1, 3))
def test_every_task_runs_once_and_after_what_it_needs(model, jobs):
    order, needs = model
    schedule, ran = Schedule.of(order, needs), []

    while batches := schedule.next_batches(jobs):
        assert len(schedule.running) <= jobs
        for other, others in batches.items():
            for root in others:
                assert needs[other, root] <= {*ran, *((other, name) for name in others)}
                ran.append((other, root))
                schedule.finish((other, root))
            schedule.idle(other)

    assert sorted(ran) == sorted(order)
    assert schedule.not_reached() == []
    assert graph.reachable(needs, order) == set(order)


def webs(count, root="app"):
    return [(f"web{number}", root) for number in range(count)]


def test_a_limited_component_is_in_hand_on_so_many_hosts_only():
    schedule = Schedule.of(webs(4), {}, limits={"app": 2})

    first = schedule.next_batches(jobs=9)
    schedule.finish(("web0", "app"))
    schedule.idle("web0")
    second = schedule.next_batches(jobs=9)

    assert list(first) == ["web0", "web1"]
    assert list(second) == ["web2"]


def test_a_limit_holds_up_nothing_else_on_the_host():
    schedule = Schedule.of([*webs(2), *webs(2, "cron")], {}, limits={"app": 1})

    assert schedule.next_batches(jobs=9) == {"web0": ["app", "cron"], "web1": ["cron"]}


def test_what_a_limited_component_has_finished_leaves_room_before_its_batch_ends():
    schedule = Schedule.of([*webs(2), ("web0", "cron")], {}, limits={"app": 1})
    schedule.next_batches(jobs=9)

    schedule.finish(("web0", "app"))

    assert schedule.next_batches(jobs=9) == {"web1": ["app"]}


def test_a_limited_component_that_fails_is_begun_on_no_further_host():
    schedule = Schedule.of([*webs(3), ("web2", "cron")], {}, limits={"app": 1})
    schedule.next_batches(jobs=9)

    schedule.fail(("web0", "app"))
    schedule.idle("web0")
    schedule.finish(("web2", "cron"))
    schedule.idle("web2")

    assert schedule.next_batches(jobs=9) == {}
    assert schedule.not_reached() == [("web1", "app"), ("web2", "app")]


def test_nothing_begins_on_a_skipped_host():
    schedule = Schedule.of([DB, APP, CRON], {APP: [DB]})

    schedule.skip("db")

    assert schedule.next_batches(jobs=9) == {"web": ["cron"]}
    schedule.finish(CRON)
    schedule.idle("web")
    assert schedule.next_batches(jobs=9) == {}
    assert schedule.not_reached() == [DB, APP]
