"""A monitor for people: what runs, tools and plugins do, line by line on standard error."""
