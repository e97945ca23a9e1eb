"""Start and stop: moto's server on 127.0.0.1, in a thread of this process so that it can be planted."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
# moto reads it when it is imported; else 1,301 snapshots of other people appear in the account.

import numpy as np
import numpy.typing as npt
import pandas as pd
from freezegun import freeze_time
from moto.backends import list_of_moto_modules
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from finops_lib.demo.emulator import iam, patches, reservations
from finops_lib.demo.emulator.answers import RefusedError, error, ok
from finops_lib.demo.emulator.daily_costs import daily
from finops_lib.demo.emulator.faults import FaultInjector, Faults
from finops_lib.demo.emulator.operations import OPERATIONS
from finops_lib.demo.emulator.requests import asked
from finops_lib.demo.emulator.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"
MODULES = frozenset(list_of_moto_modules())


class QuietHandler(MotoRequestHandler):
    """moto's handler without a line on stderr for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class UnknownServiceError(Exception):
    """moto has nothing of the service."""


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which says what it does not know instead of failing on it."""

    def get_backend_for_host(self, host: str | None) -> Any:
        """The backend of a host name; None asks to look further."""
        hosts = (pattern for _, pattern in self.backend_url_patterns)
        is_known = host in MODULES or any(known.match(f"http://{host}") for known in hosts)
        if host is not None and not is_known and host != "moto_api":
            raise UnknownServiceError(host)
        return super().get_backend_for_host(host)


class Emulator:
    """The running account: its address, its faults, and what can be planted in bulk.

    moto keeps its state in the process, so one emulator runs in a process at a time.
    """

    def __init__(self, port: int, seed: int, faults: Faults) -> None:
        moto_api_backend.reset()
        mock_random.seed(seed)
        self.state = State()
        self.enforce_iam = False
        patches.apply(self.state)
        reservations.serve(self.state)
        self._injector = FaultInjector(faults, seed)
        self._moto: WSGIApplication = Dispatcher(create_backend_app)
        self._server = make_server(LOOPBACK, port, self._serve, True, request_handler=QuietHandler)
        patches.run_functions(self.environment())
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def endpoint_url(self) -> str:
        """Where the account answers."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    @property
    def faults(self) -> Faults:
        """What goes wrong; may be set while the server runs."""
        return self._injector.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._injector.faults = faults

    def environment(self) -> dict[str, str]:
        """The environment variables with which any AWS client reaches this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def put_metric(
        self, account: str, region: str, namespace: str, metric: str, dimensions: Mapping[str, str],
        times: npt.NDArray[np.datetime64], values: npt.NDArray[np.float64], period_s: int,
    ) -> None:  # fmt: skip
        """Plant one metric: `values[i]` is the datum of the `period_s` seconds from `times[i]` on."""
        store = self.state.metrics[(account, region)]
        store.put(namespace, metric, dimensions, times, values=values)

    def put_costs(self, costs: pd.DataFrame, activated: Collection[str] | None = None) -> None:
        """Give Cost Explorer its bill: line items in COSTS columns, kept by the day.

        `activated` are the cost allocation tags that it knows; all keys but Name where None.
        """
        self.state.costs = daily(costs, activated)

    def put_anomalies(self, anomalies: Iterable[dict[str, Any]]) -> None:
        """What GetAnomalies finds, as it answers."""
        self.state.anomalies += anomalies

    def put_savings_plans(self, account: str, plans: Iterable[dict[str, Any]]) -> None:
        """The account's Savings Plans, as DescribeSavingsPlans answers."""
        self.state.savings_plans[account] += plans

    def put_savings_plan_rates(self, rates: Iterable[dict[str, Any]]) -> None:
        """What Savings Plans cost, as DescribeSavingsPlansOfferingRates answers."""
        self.state.savings_plan_rates += rates

    def put_reservations(
        self, service: str, account: str, region: str, held: Iterable[dict[str, Any]]
    ) -> None:
        """Reservations of ec2, rds or elasticache, as the service describes them."""
        self.state.reservations[service, account, region] += held

    def put_reserved_offerings(
        self, service: str, region: str, offers: Iterable[dict[str, Any]]
    ) -> None:
        """What ec2, rds or elasticache offers to reserve, as the service describes it."""
        self.state.reserved_offerings[service, region] += offers

    def put_events(self, account: str, region: str, events: Iterable[dict[str, Any]]) -> None:
        """CloudTrail's events, as LookupEvents answers (EventTime an aware datetime)."""
        self.state.events[(account, region)] += events

    def put_apps(self, account: str, region: str, apps: Iterable[dict[str, Any]]) -> None:
        """SageMaker Studio's apps, as DescribeApp answers."""
        self.state.apps[(account, region)] += apps

    def put_advice(self, account: str, advice: Mapping[str, list[dict[str, Any]]]) -> None:
        """Opt the account in to AWS's advisors, with what each of their operations lists."""
        held = self.state.advice.setdefault(account, {})
        for operation, records in advice.items():
            held[operation] = [*held.get(operation, []), *records]

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            return self._moto(environ, start_response)
        request = asked(environ)
        if fault := self._injector.answer(request):
            return fault.send(start_response)
        if self.enforce_iam and (refusal := iam.denial(request)):
            return refusal.send(start_response)
        own = OPERATIONS.get((request.service, request.operation))
        try:
            if own:
                body = json.loads(request.body or b"{}")
                return ok(own(self.state, request, body)).send(start_response)
            return self._moto(environ, start_response)
        except RefusedError as refused:
            answer = error(request, refused.code, str(refused), refused.status)
        except (NotImplementedError, UnknownServiceError):
            words = f"The emulated account does not know {request.permission}."
            answer = error(request, "NotImplemented", words, 400)
        return answer.send(start_response)


def start(port: int = 0, *, seed: int = 42, faults: Faults | None = None) -> Emulator:
    """Start an empty account on 127.0.0.1; port 0 takes a free one. Use it as a context manager."""
    return Emulator(port, seed, faults or Faults())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The server's clock stands at `moment` (naive UTC) while planting, so that things are as old as told."""
    with freeze_time(moment, ignore=["werkzeug", "socketserver", "botocore", "urllib3"]):
        yield
