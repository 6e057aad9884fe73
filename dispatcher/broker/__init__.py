"""The embedded broker: a real Apache Kafka of one node, fetched, started and stopped by this program.

    EmbeddedBroker   start | attach | stop | status, for one data folder
    cache            the folder that all clones share, and a lock for it
    jars, fetch      Kafka's own files, fetched once and pinned by SHA-256
    runtime          the Java that runs them
    archive          what makes that Java start fast
    config           server.properties and the log's set-up
    launch           from a folder and a port to a broker that answers, or the reason why not
    process          the broker's process: its record on disk, its end
    probe            is it ready? one question in Kafka's own protocol

Nothing here knows what the topics hold. To use a Kafka of your own, set KAFKA_BOOTSTRAP_SERVERS; then none of this runs.
"""

from dispatcher.broker.embedded import BrokerStatus, EmbeddedBroker, free_port

__all__ = ["BrokerStatus", "EmbeddedBroker", "free_port"]
