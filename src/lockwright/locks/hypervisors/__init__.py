"""What a paravirtual lock asks of the hypervisor below it: note who waits, stop this CPU, wake another."""
