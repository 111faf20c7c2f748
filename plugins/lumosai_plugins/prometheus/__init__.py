"""Metrics of runs, models, tools and plugins for Prometheus to scrape."""
