"""Agents at their time: schedules with time zones, and a queue with limits, retries and dead letters."""
