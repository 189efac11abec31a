// Two pinned threads take one lock with an empty section for a few milliseconds, many times: what a lock gives here.
//
// Others use this machine too, and a guest is not told when its host takes a CPU away.  So each thread notes the time
// stamp counter every STRIDE acquisitions; time is cut into windows, and a window counts only if neither thread shows a
// gap in it.  Medians over the windows are printed as CSV, with quartiles, in acquisitions per microsecond of both
// threads together, and the share that went to the luckier one.
//
//   gcc -O2 -pthread retention.c -o retention && ./retention [CPU CPU [RUNS]]
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE _Alignas(128)
#define NS_PER_RUN 3000000L
#define STRIDE 8
#define MOST_STAMPS (1 << 17)
#define WINDOW_US 20.0
#define GAP_US 10.0
#define MOST_WINDOWS (1 << 20)

struct node { LINE _Atomic(struct node *) behind; atomic_uchar must_wait; };

static struct {
    LINE atomic_uint word;
    LINE atomic_uint next;
    LINE atomic_uint owner;
    LINE _Atomic(struct node *) tail;
    LINE atomic_int ready;
    LINE atomic_int stop;
} shared;

static inline void relax(void) { __builtin_ia32_pause(); }

static void tas_lock(struct node *me) { (void)me; while (atomic_exchange_explicit(&shared.word, 1, memory_order_acquire)) relax(); }
static void word_unlock(struct node *me) { (void)me; atomic_store_explicit(&shared.word, 0, memory_order_release); }

static void ttas_lock(struct node *me)
{
    (void)me;
    for (;;) {
        while (atomic_load_explicit(&shared.word, memory_order_relaxed)) relax();
        if (!atomic_exchange_explicit(&shared.word, 1, memory_order_acquire)) return;
    }
}

static void ticket_lock(struct node *me)
{
    (void)me;
    unsigned mine = atomic_fetch_add_explicit(&shared.next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&shared.owner, memory_order_acquire) != mine) relax();
}

static void ticket_unlock(struct node *me)
{
    (void)me;
    unsigned now = atomic_load_explicit(&shared.owner, memory_order_relaxed);
    atomic_store_explicit(&shared.owner, now + 1, memory_order_release);
}

static void mcs_lock(struct node *me)
{
    atomic_store_explicit(&me->behind, NULL, memory_order_relaxed);
    atomic_store_explicit(&me->must_wait, 1, memory_order_relaxed);
    struct node *ahead = atomic_exchange_explicit(&shared.tail, me, memory_order_acq_rel);
    if (!ahead) return;
    atomic_store_explicit(&ahead->behind, me, memory_order_release);
    while (atomic_load_explicit(&me->must_wait, memory_order_acquire)) relax();
}

static void mcs_unlock(struct node *me)
{
    struct node *behind = atomic_load_explicit(&me->behind, memory_order_acquire);
    if (!behind) {
        struct node *expected = me;
        if (atomic_compare_exchange_strong_explicit(&shared.tail, &expected, NULL, memory_order_release, memory_order_relaxed)) return;
        while (!(behind = atomic_load_explicit(&me->behind, memory_order_acquire))) relax();
    }
    atomic_store_explicit(&behind->must_wait, 0, memory_order_release);
}

static void add_lock(struct node *me) { (void)me; atomic_fetch_add_explicit(&shared.word, 1, memory_order_relaxed); }
static void add_unlock(struct node *me) { (void)me; }

static const struct lock { const char *name; void (*lock)(struct node *); void (*unlock)(struct node *); } locks[] = {
    {"fetch_and_add", add_lock, add_unlock}, {"tas", tas_lock, word_unlock}, {"ttas", ttas_lock, word_unlock},
    {"ticket", ticket_lock, ticket_unlock}, {"mcs", mcs_lock, mcs_unlock},
};

struct worker {
    LINE pthread_t thread;
    int cpu;
    const struct lock *lock;
    long stamps;
    unsigned long long *stamp;
    struct node node;
};

static double ticks_per_us;

static double now_us(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e6 + t.tv_nsec / 1e3; }

// Each lock has a loop of its own, in which its calls are inlined.
#define LOOP(lock_it, unlock_it)                                                                                       \
    do {                                                                                                               \
        for (int at = 0; at < STRIDE; at++) { lock_it(&me->node); unlock_it(&me->node); }                              \
        me->stamp[me->stamps++] = __builtin_ia32_rdtsc();                                                              \
    } while (me->stamps < MOST_STAMPS && !atomic_load_explicit(&shared.stop, memory_order_relaxed))

static void *work(void *given)
{
    struct worker *me = given;
    cpu_set_t set; CPU_ZERO(&set); CPU_SET(me->cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    atomic_fetch_sub(&shared.ready, 1);
    while (atomic_load(&shared.ready) > 0) relax();
    me->stamps = 0;
    switch (me->lock - locks) {
    case 0: LOOP(add_lock, add_unlock); break;
    case 1: LOOP(tas_lock, word_unlock); break;
    case 2: LOOP(ttas_lock, word_unlock); break;
    case 3: LOOP(ticket_lock, ticket_unlock); break;
    case 4: LOOP(mcs_lock, mcs_unlock); break;
    }
    return NULL;
}

static int by_value(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

// Returns the acquisitions of a thread in a window, or a negative number if it shows a gap there.
static double inside(const struct worker *one, double from, double to, long *at)
{
    double found = 0;
    while (*at + 1 < one->stamps && one->stamp[*at + 1] <= from) (*at)++;
    for (long here = *at; here + 1 < one->stamps && one->stamp[here] < to; here++) {
        double begin = one->stamp[here], end = one->stamp[here + 1];
        if (end - begin > GAP_US * ticks_per_us) return -1;
        double low = begin > from ? begin : from, high = end < to ? end : to;
        found += STRIDE * (high - low) / (end - begin);
    }
    return found > 0 ? found : -1;
}

// Adds the clean windows of one run.
static void run(const struct lock *lock, const int *cpus, int threads, double *rates, double *lucky, int *kept, int *seen)
{
    static struct worker workers[2];
    memset(&shared, 0, sizeof shared);
    atomic_store(&shared.ready, threads);
    for (int at = 0; at < threads; at++) {
        if (!workers[at].stamp) workers[at].stamp = calloc(MOST_STAMPS, sizeof *workers[at].stamp);
        workers[at].cpu = cpus[at]; workers[at].lock = lock;
        pthread_create(&workers[at].thread, NULL, work, &workers[at]);
    }
    struct timespec pause = {0, NS_PER_RUN};
    nanosleep(&pause, NULL);
    atomic_store(&shared.stop, 1);
    double from = 0, until = 1e30;
    for (int at = 0; at < threads; at++) {
        pthread_join(workers[at].thread, NULL);
        if (workers[at].stamps < 2) return;
        if (workers[at].stamp[0] > from) from = workers[at].stamp[0];
        if (workers[at].stamp[workers[at].stamps - 1] < until) until = workers[at].stamp[workers[at].stamps - 1];
    }
    long places[2] = {0, 0};
    for (double step = WINDOW_US * ticks_per_us; from + step <= until && *kept < MOST_WINDOWS; from += step) {
        double first = inside(&workers[0], from, from + step, &places[0]);
        double second = threads == 2 ? inside(&workers[1], from, from + step, &places[1]) : 0;
        (*seen)++;
        if (first < 0 || second < 0) continue;
        rates[*kept] = (first + second) / WINDOW_US;
        lucky[(*kept)++] = (first > second ? first : second) / (first + second);
    }
}

int main(int argc, char **argv)
{
    int cpus[2] = {argc > 2 ? atoi(argv[1]) : 0, argc > 2 ? atoi(argv[2]) : 1}, runs = argc > 3 ? atoi(argv[3]) : 400;
    double *rates = malloc(MOST_WINDOWS * sizeof *rates), *lucky = malloc(MOST_WINDOWS * sizeof *lucky);
    unsigned long long first = __builtin_ia32_rdtsc();
    double began = now_us();
    while (now_us() < began + 20000) relax();
    ticks_per_us = (__builtin_ia32_rdtsc() - first) / (now_us() - began);
    printf("lock,threads,per_us_q1,per_us_median,per_us_q3,luckier_share_median,clean_windows,windows\n");
    for (int threads = 1; threads <= 2; threads++)
        for (size_t which = 0; which < sizeof locks / sizeof *locks; which++) {
            int kept = 0, seen = 0;
            for (int at = 0; at < runs; at++) run(&locks[which], cpus, threads, rates, lucky, &kept, &seen);
            if (!kept) { printf("%s,%d,,,,,0,%d\n", locks[which].name, threads, seen); continue; }
            qsort(rates, kept, sizeof *rates, by_value);
            qsort(lucky, kept, sizeof *lucky, by_value);
            printf("%s,%d,%.3f,%.3f,%.3f,%.3f,%d,%d\n", locks[which].name, threads, rates[kept / 4], rates[kept / 2],
                   rates[3 * kept / 4], lucky[kept / 2], kept, seen);
            fflush(stdout);
        }
    return 0;
}
