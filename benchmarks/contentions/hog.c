// Threads compute, each for itself: CPUs are busy and no lock has a part in it.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread hog.c -o hog && ./hog [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static __attribute__((noinline)) unsigned long stir(unsigned long x)
{
    for (int i = 0; i < 1000; i++)
        x = x * 6364136223846793005UL + 1442695040888963407UL;
    return x;
}

static void *compute(void *seed)
{
    volatile unsigned long x = (unsigned long)seed;
    for (;;)
        x = stir(x);
    return seed;
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 3;
    pthread_t thread;
    for (long number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, compute, (void *)number))
            return 1;
    sleep(seconds);
    _exit(0);
}
