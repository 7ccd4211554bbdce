"""What people look at: each view reads a store (``engine.ports.StoreReader``) and nothing else."""
