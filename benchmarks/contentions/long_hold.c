// Threads hold one pthread mutex for about twenty microseconds and think for as long: a user lock that sleeps much.
//
// glibc, nptl/pthread_mutex_lock.c and lowlevellock.c: who finds the word taken waits in futex(FUTEX_WAIT).  The holder
// works in commit(), under `log_lock`; prepare() needs no lock.  append() takes it.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread long_hold.c -o long_hold && ./long_hold [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile long written;

static __attribute__((noinline)) void prepare(void)
{
    for (volatile int i = 0; i < 8000; i++)
        ;
}

static __attribute__((noinline)) void commit(void)
{
    for (int i = 0; i < 8000; i++)
        written++;
}

static __attribute__((noinline)) void append(void)
{
    pthread_mutex_lock(&log_lock);
    commit();
    pthread_mutex_unlock(&log_lock);
}

static void *writer(void *nothing)
{
    for (;;) {
        prepare();
        append();
    }
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 5;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, writer, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
