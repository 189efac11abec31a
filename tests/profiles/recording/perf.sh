#!/bin/bash
# A `perf` for tests: it answers as the real one does, and fails in the ways that FAKE_PERF names.
#
# It records nothing: `script` prints a sample and a wait that never happened.  What is tested with it is what is made
# of a perf that is old, forbidden, overrun or broken; what a real one records is tested with a real one.

is() { [[ " $FAKE_PERF " == *" $1 "* ]]; }

record() {
  local data control="" all="$*"
  while [ $# -gt 0 ]; do
    case "$1" in
      -o) data=$2 ;;
      --control=fd:*) control=${1#--control=fd:} ;;
    esac
    shift
  done
  local name
  name=$(basename "$data" .data)
  if is "misses-$name" && [ ! -e "$data.missed" ]; then
    touch "$data.missed"
    echo "Couldn't create thread/CPU maps: No such process" >&2
    exit 255
  fi
  if is "refuses-$name"; then
    printf 'Error:\nAccess to performance monitoring and observability operations is limited.\n' >&2
    exit 255
  fi
  if [ -z "$control" ]; then
    echo "$all" > "$data"
    exec sleep 30
  fi
  read -r -u "${control%,*}" word && [ "$word" = enable ] || exit 9
  echo "$all" > "$data"
  printf 'ack\n\0' >&"${control#*,}"
  if is "full-$name"; then
    truncate -s 70M "$data"
    exit 0
  fi
  if is "dies-$name"; then
    echo "failed to write perf data, error: No space left on device" >&2
    exit 1
  fi
  read -r -u "${control%,*}"  # until SIGINT
}

script() {
  if is slow; then exec sleep 30; fi
  if is unreadable; then
    echo "incompatible file format" >&2
    exit 1
  fi
  if ! is nothing && [[ $2 == */samples.data ]]; then
    printf 'prog 7 [000] 1.000000000: 1000000 cpu-clock: \n'
    printf '\t  401000 spin+0x10 (/bin/prog)\n\t  402000 main+0x1 (/bin/prog)\n\n'
  elif ! is nothing && [[ $2 == */sleeps.data ]]; then
    printf 'prog 8 [001] 1.150000000: syscalls:sys_enter_futex: uaddr: 0x7f01, op: 0x00000080, val: 0x2\n'
    printf '\t   86000 __lll_lock_wait+0x1 (/lib/libc.so.6)\n\t   87000 pthread_mutex_lock+0x1 (/lib/libc.so.6)\n'
    printf '\t  403000 deposit+0x1 (/bin/prog)\n\n'
    printf 'prog 8 [001] 1.152000000: syscalls:sys_exit_futex: 0x0\n'
  elif ! is nothing; then
    printf 'prog 7 [000] 1.100000000: lock:contention_begin: 0xff00 (flags=WRITE)\n'
    printf '\tffffffff81000001 rwsem_down_write_slowpath+0x1 ([kernel.kallsyms])\n'
    printf '\tffffffff81000002 down_write+0x2 ([kernel.kallsyms])\n'
    printf '\tffffffff81000003 lock_rename+0x3 ([kernel.kallsyms])\n\n'
    printf 'prog 7 [000] 1.100250000: lock:contention_end: 0xff00 (ret=0) ffffffff81000001 x+0x1 ([kernel.kallsyms])\n'
  fi
  if is overrun; then
    echo "prog 7 [000] 1.200000000: PERF_RECORD_LOST lost 1234"
    echo "prog 7 [000] 1.200000000: PERF_RECORD_LOST_SAMPLES lost 6"
  fi
}

case "$1" in
  --version)
    if is wrapper; then
      echo "WARNING: perf not found for kernel 6.8.0-31" >&2
      exit 2
    fi
    if is old; then echo "perf version 5.4.1"; else echo "perf version 6.1.187"; fi
    ;;
  version)
    echo "                  zstd: [ on  ]  # HAVE_ZSTD_SUPPORT"
    echo "         bpf_skeletons: [ on  ]  # HAVE_BPF_SKEL"
    if ! is frames; then echo "    libdw-dwarf-unwind: [ on  ]  # HAVE_DWARF_SUPPORT"; fi
    ;;
  stat) if is counters; then echo "12345,,cycles:u" >&2; else echo "<not supported>,,cycles:u" >&2; fi ;;
  record) record "${@:2}" ;;
  script) script "${@:2}" ;;
esac
