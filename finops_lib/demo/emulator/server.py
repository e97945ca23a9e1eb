"""The server: moto behind a door that injects faults, adds services and refuses in words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from threading import Thread
from types import TracebackType
from typing import Any

# Before moto is imported, or 1,301 snapshots of images that nobody owns would be in every account.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

import pandas as pd
from freezegun import freeze_time
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from finops_lib.demo.emulator.answers import error
from finops_lib.demo.emulator.faults import FaultInjector, Faults
from finops_lib.demo.emulator.more_services import State, answer
from finops_lib.demo.emulator.patches import patch_cloudwatch, stores
from finops_lib.demo.emulator.requests import Asked, asked

HOST = "127.0.0.1"


class Door:
    """The WSGI application that a client talks to."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.injector = FaultInjector()
        self.calls: list[Asked] = []
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request: a fault, a service of ours, or moto."""
        request = asked(environ)
        self.calls.append(request)
        ours = self.injector.answer(request) or answer(self.state, request)
        if ours:
            return ours.send(start_response)
        return self._ask_moto(request, environ, start_response)

    def _ask_moto(
        self, request: Asked, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Moto's answer; an operation that it lacks is a refusal with its name, not a page of HTML."""
        sent: list[tuple[str, Any]] = []

        def remember(status: str, headers: Any, exc_info: Any = None) -> Any:
            sent.append((status, headers))
            return lambda data: None

        try:
            body = self._moto(environ, remember)
        except NotImplementedError:
            name = f"{request.service}:{request.operation} is not emulated"
            return error(request, "NotImplemented", name, 400).send(start_response)
        start_response(*sent[0])
        return body


class Emulator:
    """A running server; use it as a context manager, or stop() it."""

    def __init__(self, server: BaseWSGIServer, door: Door) -> None:
        self._server = server
        self._door = door
        self._thread = Thread(target=server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def endpoint_url(self) -> str:
        """Where clients find it."""
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def state(self) -> State:
        """What is planted beside moto's own backends."""
        return self._door.state

    @property
    def faults(self) -> Faults:
        """What goes wrong at the moment; may be set at any time."""
        return self._door.injector.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._door.injector.faults = faults

    @property
    def calls(self) -> list[Asked]:
        """Every request so far, refused ones included."""
        return self._door.calls

    def environment(self) -> dict[str, str]:
        """The standard AWS variables under which boto3 finds this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "AKIADEMODEMODEMODEMO",
            "AWS_SECRET_ACCESS_KEY": "synthetic",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def put_metric(
        self,
        account: str,
        region: str,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        times: Iterable[Any],
        **values: Any,
    ) -> None:
        """Add a metric's data; see MetricStore.put."""
        stores[account, region].put(namespace, metric, dimensions, times, **values)

    def put_costs(self, costs: pd.DataFrame, today: date) -> None:
        """Let Cost Explorer answer from these daily costs."""
        self.state.cost_explorer.put(costs, today)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(port: int = 0, *, seed: int = 42, faults: Faults | None = None) -> Emulator:
    """Start an empty account on 127.0.0.1; port 0 takes any free one, `seed` makes ids repeat.

    The accounts live in this process: one emulator at a time, and a new start forgets the last one.
    """
    moto_api_backend.reset()
    mock_random.seed(seed)
    stores.clear()
    patch_cloudwatch()
    door = Door(State())
    door.injector.faults = faults or Faults()
    server = make_server(HOST, port, door, threaded=True, request_handler=MotoRequestHandler)
    server.RequestHandlerClass.log_request = lambda *args, **kwargs: None  # type: ignore[method-assign]
    return Emulator(server, door)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Freeze the server's clock at `moment` (naive UTC) while something is planted."""
    with freeze_time(moment):
        yield
