"""Launches work: `celery_app` the Celery application, `relay` the only publisher, `schedule` what happens by the clock, `tasks` thin tasks.

A task is ids in and one service call; its transaction commits once, in `jobs.outbox_task`.
"""
