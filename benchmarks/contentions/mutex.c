// Threads, more than CPUs, add to one sum under one pthread mutex: a lock of user space, waited for in a futex.
//
// The kernel has no lock of its own here: glibc's pthread_mutex_lock() finds the word taken, __lll_lock_wait() calls
// futex(FUTEX_WAIT), and who unlocks calls futex(FUTEX_WAKE).  What the kernel shows (futex_wait, the spinlock of a
// hash bucket in futex_wait_setup() and futex_wake(), the scheduler's run queue) is the way, not the cause: the mutex
// is `sum_lock`, and deposit() takes it.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread mutex.c -o mutex && ./mutex [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t sum_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile long sum;

static __attribute__((noinline)) void deposit(void)
{
    pthread_mutex_lock(&sum_lock);
    for (int i = 0; i < 300; i++)
        sum++;
    pthread_mutex_unlock(&sum_lock);
}

static void *teller(void *nothing)
{
    for (;;)
        deposit();
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 6;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, teller, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
