"""Lambda functions run for real: the deployed zip, its handler, a Python process of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from typing import Any

RUN = """
import importlib, json, sys, types
sys.path.insert(0, ".")
module, _, name = sys.argv[1].rpartition(".")
context = types.SimpleNamespace(function_name=sys.argv[2], aws_request_id="emulated",
                                get_remaining_time_in_millis=lambda: 1000)
result = getattr(importlib.import_module(module.replace("/", ".")), name)(json.load(sys.stdin), context)
with open(sys.argv[3], "w") as answer:
    json.dump(result, answer)
"""
"""What Lambda's runtime does: import the handler, call it with event and context, keep its answer."""

PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG")


def invoker(variables: dict[str, str]) -> Any:
    """The method that invokes a function of moto's, with the account's variables around it."""

    def invoke(
        self: Any, body: str, request_headers: Any, response_headers: dict[str, str]
    ) -> str | bytes:
        code, answer, logs = _run(self, body or "{}", variables)
        if code:
            response_headers["x-amz-function-error"] = "Unhandled"
            lines = logs.strip().splitlines() or ["the process ended without a word"]
            answer = json.dumps({"errorMessage": lines[-1], "errorType": "Exception"})
        log = base64.b64encode(logs[-4096:].encode()).decode()
        response_headers["x-amz-log-result"] = log
        return answer.encode()

    return invoke


def _run(function: Any, event: str, variables: dict[str, str]) -> tuple[int, str, str]:
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("r") as answer:
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(folder)
        try:
            done = subprocess.run(
                [sys.executable, "-c", RUN, function.handler, function.function_name, answer.name],
                cwd=folder, input=event, capture_output=True, text=True, check=False,
                timeout=function.timeout, env=_environment(function, variables),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return 1, "", f"Task timed out after {function.timeout:.2f} seconds"
        return done.returncode, answer.read(), done.stdout + done.stderr


def _environment(function: Any, variables: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    own = {"AWS_LAMBDA_FUNCTION_NAME": function.function_name, "AWS_REGION": function.region,
           "AWS_DEFAULT_REGION": function.region}  # fmt: skip
    return kept | variables | own | dict(function.environment_vars)
