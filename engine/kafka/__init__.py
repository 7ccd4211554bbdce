"""Kafka: settings, the source, the producer, and a broker inside this process for demos and
tests. The only room that knows ``confluent_kafka``."""
