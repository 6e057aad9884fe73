"""Event-driven triage and dispatch of non-police calls to China's 110 line, on Kafka, exactly once."""

__version__ = "0.1.0"
