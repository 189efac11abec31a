// Two threads count in two words of one cache line, without any lock: the line goes to and fro.
//
// No lock is taken anywhere, so none may be named.  CPU samples alone cannot tell this from work: all of them lie in
// count(), on one atomic addition.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread false_sharing.c -o false_sharing && ./false_sharing [SECONDS [THREADS]]
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static _Alignas(64) atomic_long words[8];

static __attribute__((noinline)) void *count(void *word)
{
    for (;;)
        atomic_fetch_add((atomic_long *)word, 1);
    return word;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 2;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, count, &words[number % 8]))
            return 1;
    sleep(seconds);
    _exit(0);
}
