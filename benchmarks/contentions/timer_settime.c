// Threads set one POSIX timer, which never fires: the timer's own it_lock, a spinlock.
//
// Linux 6.18, kernel/time/posix-timers.c: do_timer_settime() finds the timer through a hash table under RCU and takes
// `timr->it_lock` in __lock_timer() with interrupts off; under it the timer is taken off the CPU's timer base and put
// back, so the base's lock (kernel/time/hrtimer.c, lock_hrtimer_base and switch_hrtimer_base) is shared as well, but
// only by who holds it_lock.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread timer_settime.c -o timer_settime && ./timer_settime [SECONDS [THREADS]]
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static timer_t timer;

static void *wind(void *nothing)
{
    struct itimerspec far = {.it_value = {.tv_sec = 1000}};
    for (;;)
        if (timer_settime(timer, 0, &far, NULL))
            _exit(1);
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 4;
    struct sigevent signal_it = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    pthread_t thread;
    if (timer_create(CLOCK_MONOTONIC, &signal_it, &timer))
        return 1;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, wind, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
