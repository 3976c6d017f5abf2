"""Requests made up from the schema, wrong ones too: each answer is one that the schema promises.

`python benchmarks/fuzz.py` does the same for thousands of requests.
"""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

QUICK = list(HealthCheck)
schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture
def api(app_of):
    app = app_of(hosts=("testserver",))
    app.state.context.warm()
    app.state.context.ready.wait(20)
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_answer_is_promised(api):
    checks = [
        schemathesis.checks.not_a_server_error,
        schemathesis.checks.status_code_conformance,
        schemathesis.checks.content_type_conformance,
        schemathesis.checks.response_schema_conformance,
    ]
    for operation in api.get_all_operations():
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            cases = operation.ok().as_strategy(generation_mode=mode)

            @given(case=cases)
            @settings(
                max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            )
            def ask(case):
                case.call_and_validate(checks=checks)

            with suppress(Unsatisfiable):  # what takes nothing can't be asked wrongly
                ask()
