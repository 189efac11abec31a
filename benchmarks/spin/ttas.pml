/* Test and test-and-set lock: N threads, K acquisitions each. */
bit held;
byte inside;

active [N] proctype T()
{
  byte k;
  bit before;
  do
  :: k < K ->
     do
     :: held == 0 ->
        atomic { before = held; held = 1 }
        if
        :: before == 0 -> break
        :: else
        fi
     od;
     inside++; assert(inside == 1); inside--;
     held = 0;
     k++
  :: else -> break
  od
}
