"""Airflow: the month's reports on its second day; a run that ends with an error is tried once more."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

HOME = "/opt/ml-finops-workbook"
REPORT = ".venv/bin/finops report --params params/acme.yaml --outputs s3://my-reports/finops"

with DAG(
    "finops_report",
    schedule="0 6 2 * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
) as dag:
    BashOperator(
        task_id="report",
        bash_command=REPORT,
        cwd=HOME,
        retries=1,
        retry_delay=timedelta(minutes=10),
    )
