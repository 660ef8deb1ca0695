"""A worker with one task, which is still busy when its supervisor is killed."""

import os
import time
from pathlib import Path

from celery import Celery

from consult.runtime.addresses import celery_broker_url

app = Celery("small", broker=celery_broker_url(os.environ["REDIS_URL"]))
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_soft_shutdown_timeout=20)


@app.task(name="busy")
def busy(mark: str) -> None:
    Path(mark).touch()
    time.sleep(60)  # longer than the test: being cut short is what is tested
