"""From sample records to a proposed spec."""
