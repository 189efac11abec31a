// Threads of one process block and unblock a signal: the spinlock of the process's signal handlers.
//
// Linux 6.18, kernel/signal.c: sigprocmask() changes the thread's own mask, in __set_current_blocked(), under
// `sighand->siglock`, which all threads share, with interrupts off.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread sigmask.c -o sigmask && ./sigmask [SECONDS [THREADS]]
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void *block(void *nothing)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    for (;;)
        if (pthread_sigmask(SIG_BLOCK, &set, NULL) || pthread_sigmask(SIG_UNBLOCK, &set, NULL))
            _exit(1);
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 4;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, block, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
