/* Ticket lock: N threads, K acquisitions each; an await is a blocking guard. */
byte next, owner, inside;

active [N] proctype T()
{
  byte ticket, k;
  do
  :: k < K ->
     atomic { ticket = next; next++ }
     owner == ticket;
     inside++; assert(inside == 1); inside--;
     owner = owner + 1;
     k++
  :: else -> break
  od
}
