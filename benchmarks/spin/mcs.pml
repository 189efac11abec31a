/* MCS queue lock: N threads, K acquisitions each; node i + 1 belongs to thread i, 0 is null. */
byte tail, inside;
byte following[N + 1];
bit waiting[N + 1];

active [N] proctype T()
{
  byte k, before, after;
  do
  :: k < K ->
     following[_pid + 1] = 0;
     waiting[_pid + 1] = 1;
     atomic { before = tail; tail = _pid + 1 }
     if
     :: before -> following[before] = _pid + 1; !waiting[_pid + 1]
     :: else
     fi;
     inside++; assert(inside == 1); inside--;
     after = following[_pid + 1];
     if
     :: after == 0 ->
        atomic {
          if
          :: tail == _pid + 1 -> tail = 0; after = 255
          :: else
          fi
        }
        if
        :: after == 255
        :: else -> following[_pid + 1] != 0; after = following[_pid + 1]
        fi
     :: else
     fi;
     if
     :: after != 255 -> waiting[after] = 0
     :: else
     fi;
     before = 0; after = 0; k++
  :: else -> break
  od
}
