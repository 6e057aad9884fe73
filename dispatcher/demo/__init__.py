"""The demonstration: a city's hour on the line, 182 authored calls, told in a minute and a half.

story.jsonl   the calls; `at` is the second of the hour, `expect` what a person would decide
story         the file as calls
progress      how far it has been told, kept beside the data
publisher     the telling
"""
