"""What a machine is: topology, latencies and their sources, one TOML file each."""
