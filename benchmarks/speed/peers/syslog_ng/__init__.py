"""syslog-ng as a peer."""
