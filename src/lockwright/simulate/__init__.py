"""Programs on a modelled machine: a discrete-event simulation at the level of memory accesses (`docs/coherence.md`)."""
