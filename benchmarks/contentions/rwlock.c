// Threads, more than CPUs, take one pthread rwlock, every eighth time for writing: a lock of user space, by a futex.
//
// glibc, nptl/pthread_rwlock_common.c: both sides wait in a futex of the lock's own words; the kernel has no lock of its
// own but the spinlocks of futex_wait() and futex_wake() and the run queues.  change() and look_up() take the lock.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread rwlock.c -o rwlock && ./rwlock [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long table[64];

static __attribute__((noinline)) void change(void)
{
    pthread_rwlock_wrlock(&table_lock);
    for (int i = 0; i < 256; i++)
        table[i % 64]++;
    pthread_rwlock_unlock(&table_lock);
}

static __attribute__((noinline)) long look_up(void)
{
    long sum = 0;
    pthread_rwlock_rdlock(&table_lock);
    for (int i = 0; i < 256; i++)
        sum += table[i % 64];
    pthread_rwlock_unlock(&table_lock);
    return sum;
}

static void *serve(void *nothing)
{
    for (long turn = 0;; turn++)
        if (turn % 8)
            look_up();
        else
            change();
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 6;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, serve, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
