// Threads, more than CPUs, use one POSIX semaphore as a lock: a lock of user space, waited for in a futex.
//
// glibc, nptl/sem_waitcommon.c and sem_post.c: sem_wait() sleeps in a futex of the semaphore's own word, sem_post()
// wakes; no pthread mutex is on the way.  enter() takes it.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread semaphore.c -o semaphore && ./semaphore [SECONDS [THREADS]]
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

static sem_t room;
static volatile long sum;

static __attribute__((noinline)) void enter(void)
{
    sem_wait(&room);
    for (int i = 0; i < 300; i++)
        sum++;
    sem_post(&room);
}

static void *visitor(void *nothing)
{
    for (;;)
        enter();
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 6;
    pthread_t thread;
    if (sem_init(&room, 0, 1))
        return 1;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, visitor, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
