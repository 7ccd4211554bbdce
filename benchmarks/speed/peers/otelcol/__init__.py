"""The OpenTelemetry Collector as a peer of the speed benchmark."""
