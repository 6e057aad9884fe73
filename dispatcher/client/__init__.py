"""What consoles and operators do with the topics, without a consumer group and without committing anything.

publisher   calls in, each acknowledged
reader      committed records out, by range of offsets or time, or following
ask         one call in, its decision and its orders out
trace       one call's or case's whole way
letters     the dead letters, and sending them again
intake      the valve of the intake: look, close, open
units       a unit by its code, an alias or its Chinese name
asyncapi    topics.yaml and the models as an AsyncAPI 3 document
health      what ``dispatcher check`` looks at
"""
