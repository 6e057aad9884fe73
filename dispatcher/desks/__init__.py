"""The two 24-hour desks. So far: matching of lost against found reports, both ways, without Kafka."""
