// Threads, more than CPUs, add to one sum under one pthread spinlock: who waits burns the CPU in user space.
//
// glibc, nptl/pthread_spin_lock.c: pthread_spin_lock() reads the word until it is free; the kernel never hears of it,
// so there is no lock event.  With more threads than CPUs a holder is preempted now and then, and the others spin for
// whole time slices.  deposit() takes the lock.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread spin.c -o spin && ./spin [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_spinlock_t sum_lock;
static volatile long sum;

static __attribute__((noinline)) void deposit(void)
{
    pthread_spin_lock(&sum_lock);
    for (int i = 0; i < 300; i++)
        sum++;
    pthread_spin_unlock(&sum_lock);
}

static void *teller(void *nothing)
{
    for (;;)
        deposit();
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 4;
    pthread_t thread;
    pthread_spin_init(&sum_lock, PTHREAD_PROCESS_PRIVATE);
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, teller, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
