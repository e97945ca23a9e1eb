"""What SageMaker does beside moto: an endpoint serves from another configuration, a training job stops; both at once."""

from __future__ import annotations

from typing import Any

from moto.sagemaker.models import sagemaker_backends

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]


def update_endpoint(state: State, request: Asked, body: Body) -> Body:
    """Serve from the configuration that is named; what does not exist is refused in SageMaker's words."""
    held = sagemaker_backends[request.account][request.region]
    name, config = body["EndpointName"], body["EndpointConfigName"]
    if name not in held.endpoints:
        raise RefusedError("ValidationException", f'Could not find endpoint "{name}".')
    if config not in held.endpoint_configs:
        words = f'Could not find endpoint configuration "{config}".'
        raise RefusedError("ValidationException", words)
    held.endpoints[name].endpoint_config_name = config
    return {"EndpointArn": held.endpoints[name].arn}


def stop_training_job(state: State, request: Asked, body: Body) -> Body:
    """Stop a job that runs; another one is refused."""
    jobs = sagemaker_backends[request.account][request.region].training_jobs
    job = jobs.get(body["TrainingJobName"])
    if job is None or job.training_job_status != "InProgress":
        raise RefusedError("ValidationException", "The job is not there, or it does not run.")
    job.training_job_status = "Stopped"
    return {}


OPERATIONS = {"StopTrainingJob": stop_training_job, "UpdateEndpoint": update_endpoint}
