"""What the embedded broker is told: server.properties and the set-up of its log. Each choice has its reason beside it."""

from __future__ import annotations

HOST = "127.0.0.1"

# All paths are relative: Java runs with the data folder as its working folder, so no name of a folder (a space, a comma,
# Chinese) ever has to survive the syntax of a properties file.
_SERVER = """\
# Written by dispatcher at each start; edits are lost.
process.roles=broker,controller
node.id=1
# Reached from this machine only: there is no password.
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
# A static quorum: the controller's port may then change from one start to the next.
controller.quorum.voters=1@{host}:{controller_port}
log.dirs=log

# Topics are made by `dispatcher topics`, never by a typing error.
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
transaction.partition.verification.enable=true

# Nothing is forgotten by default: a topic says itself how long it keeps. Committed offsets live for ten years, because a
# group that was stopped for eight days and finds its offsets gone would send every work order again.
log.retention.ms=-1
offsets.retention.minutes=5256000
# A record of 10 MB passes, so that bad input reaches the program's own limits.
message.max.bytes=12582912
replica.fetch.max.bytes=12582912

# One user on a small machine: quick rebalances, few threads, small buffers.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=2
log.cleaner.dedupe.buffer.size=4194304
log.index.size.max.bytes=2097152
# After a kill -9 Kafka lets the broker in again only when its former self has timed out: 4 s instead of 9.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
"""

# Rotated by the broker itself, so that it stays bounded however long the broker runs: at most 4 files of 10 MB.
_LOG = """\
# Written by dispatcher at each start; edits are lost.
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {name}
appender.file.filePattern = {name}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}} %-5p %c{{1}} %m%n
appender.file.policy.type = SizeBasedTriggeringPolicy
appender.file.policy.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
# It would list all of its 300 settings at each start.
logger.config.name = org.apache.kafka.common.config
logger.config.level = warn
"""


def server_properties(*, port: int, controller_port: int) -> str:
    """The text of server.properties for these two ports."""
    return _SERVER.format(host=HOST, port=port, controller_port=controller_port)


def log_properties(name: str) -> str:
    """The text of log4j2.properties that writes to the file `name` in the working folder."""
    return _LOG.format(name=name)
