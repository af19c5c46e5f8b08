"""Many requests from one program: answers in order, few of them ahead, all work ended."""

from __future__ import annotations

import threading

import pytest

from doodle.pipelines.steps import Call
from doodle.registry import Registry
from doodle.services.asking import asking, in_order, usable_cores
from doodle.services.executor import LocalExecutor


class Count:
    """A request; its answer is its number."""

    def __init__(self, number: int) -> None:
        self.number = number


def counted(request: Count):
    yield (yield Call(lambda: request.number))


def test_answers_come_in_order_and_few_are_ahead():
    asked = []

    def requests():
        for number in range(40):
            asked.append(number)
            yield Count(number)

    executor = LocalExecutor(None, {Count: counted}, threads=3, most_waiting=None)
    answers = []
    for job in in_order(executor, requests(), ahead=5):
        answers.append(job.result())
        assert len(asked) - len(answers) <= 5
    assert answers == list(range(40))
    executor.close()


def test_the_work_ends_with_the_block(tiny_checkpoints):
    before = threading.active_count()
    with asking(Registry(tiny_checkpoints, "cpu")) as executor:
        from doodle.requests import Draw

        requests = [Draw("cat", n=4, seed=seed) for seed in range(20)]
        for job in in_order(executor, requests):
            assert len(job.result().endings) == 4
            break
    assert threading.active_count() == before


def test_a_device_that_is_not_there_is_named_before_anything_is_asked(tiny_checkpoints):
    with (
        pytest.raises(ValueError, match="Try auto or cpu"),
        asking(Registry(tiny_checkpoints, "x")),
    ):
        pytest.fail("entered")


def test_usable_cores_are_some_and_not_too_many():
    assert usable_cores(1) == 1 and 1 <= usable_cores() <= 4
