"""What a city edits: one YAML file per subject, each number with its reason. Read by ``dispatcher.catalog``."""
