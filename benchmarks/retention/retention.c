// Two pinned threads take one lock with an empty section for a few milliseconds, many times: what a lock gives here.
//
// Others use this machine too, and a guest is not told when its host takes a CPU away, nor where its CPUs are.  So each
// thread notes the time stamp counter every so many acquisitions (`stride`); time is cut into windows, and a window counts only if
// neither thread shows a gap in it.  Before and after each measurement a word goes to and fro by compare-exchange: if
// that is as fast as in one core, the two CPUs were its hardware threads, and the measurement is dropped.
//
// Locks take turns, round after round.  Printed as CSV: quartiles over the rounds of each round's median, in acquisitions
// per microsecond of both threads together, and the median share of the luckier one.  `hand_over` is the compare-exchange:
// how often the word changed sides.  With `runs` as only argument: how many additions each visit of a line allowed;
// with `accesses`: what one access takes while the other CPU keeps still.
//
//   gcc -O2 -pthread retention.c -o retention && ./retention [CPU CPU [ROUNDS [SECONDS BETWEEN]]]
//   ./retention runs
//   ./retention accesses
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
#define BURSTS 10
#define MOST_STAMPS (1 << 15)
#define WINDOW_US 40.0
#define GAP_US 15.0
#define MOST_WINDOWS (BURSTS * 100)
#define MOST_ROUNDS 200
#define TRIPS 200
#define WITHIN_A_CORE_NS 60.0 // a round trip; between two cores it takes 100 and more
#define MOST_ADDITIONS (1 << 14)
#define LONGEST_RUN 20

struct node { LINE _Atomic(struct node *) behind; atomic_uchar must_wait; };

static struct {
    LINE atomic_uint word;
    LINE atomic_uint next;
    LINE atomic_uint owner;
    LINE _Atomic(struct node *) tail;
    LINE atomic_uint turn;
    LINE atomic_int ready[3];
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

static const struct lock { const char *name; void (*lock)(struct node *); void (*unlock)(struct node *); int stride; } locks[] = {
    {"fetch_and_add", add_lock, add_unlock, 64}, {"tas", tas_lock, word_unlock, 64}, {"ttas", ttas_lock, word_unlock, 64},
    {"ticket", ticket_lock, ticket_unlock, 16}, {"mcs", mcs_lock, mcs_unlock, 16},
};

struct worker {
    LINE pthread_t thread;
    int number, cpu, threads;
    const struct lock *lock;
    long stamps;
    unsigned long long *stamp;
    double first_trip_ns, last_trip_ns;
    struct node node;
};

static int cpus[2] = {0, 1};
static double ticks_per_us;

static double now_us(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e6 + t.tv_nsec / 1e3; }

static void sleep_us(double us)
{
    struct timespec pause = {(time_t)(us / 1e6), (long)(us - 1e6 * (long)(us / 1e6)) * 1000};
    nanosleep(&pause, NULL);
}

// Threads that are ready wait for each other.
static void meet(atomic_int *ready)
{
    atomic_fetch_sub(ready, 1);
    while (atomic_load(ready) > 0) relax();
}

// Returns the nanoseconds of a round trip of a word between two threads that both try for it all the time.
static double round_trip_ns(int me, atomic_int *ready)
{
    meet(ready);
    unsigned long long began = __builtin_ia32_rdtsc();
    for (int at = 0; at < TRIPS; at++)
        for (unsigned expected = me; !atomic_compare_exchange_strong(&shared.turn, &expected, !me);) expected = me;
    return (__builtin_ia32_rdtsc() - began) * 1e3 / ticks_per_us / TRIPS;
}

static void pin(int cpu)
{
    cpu_set_t set; CPU_ZERO(&set); CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// Each lock has a loop of its own, in which its calls are inlined.
#define LOOP(lock_it, unlock_it)                                                                                       \
    do {                                                                                                               \
        for (int at = 0; at < stride; at++) { lock_it(&me->node); unlock_it(&me->node); }                              \
        me->stamp[me->stamps++] = __builtin_ia32_rdtsc();                                                              \
    } while (me->stamps < MOST_STAMPS && !atomic_load_explicit(&shared.stop, memory_order_relaxed))

static void *work(void *given)
{
    struct worker *me = given;
    pin(me->cpu);
    if (me->threads == 2) me->first_trip_ns = round_trip_ns(me->number, &shared.ready[0]);
    meet(&shared.ready[1]);
    me->stamps = 0;
    int stride = me->lock->stride;
    switch (me->lock - locks) {
    case 0: LOOP(add_lock, add_unlock); break;
    case 1: LOOP(tas_lock, word_unlock); break;
    case 2: LOOP(ttas_lock, word_unlock); break;
    case 3: LOOP(ticket_lock, ticket_unlock); break;
    case 4: LOOP(mcs_lock, mcs_unlock); break;
    }
    if (me->threads == 2) me->last_trip_ns = round_trip_ns(me->number, &shared.ready[2]);
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
        found += one->lock->stride * (high - low) / (end - begin);
    }
    return found > 0 ? found : -1;
}

// The clean windows of one round of one lock.
struct round { double rates[MOST_WINDOWS], lucky[MOST_WINDOWS], trips_ns[2 * BURSTS]; int kept, seen, trips, bursts, siblings; };

static struct worker workers[2];

// Lets the threads run for a while; those of a real-time class are not interrupted by others of this machine.
static void burst(const struct lock *lock, int threads)
{
    pthread_attr_t attributes;
    struct sched_param urgent = {1};
    memset(&shared, 0, sizeof shared);
    for (int at = 0; at < 3; at++) atomic_store(&shared.ready[at], threads);
    pthread_attr_init(&attributes);
    for (int at = 0; at < threads; at++) {
        if (!workers[at].stamp) workers[at].stamp = calloc(MOST_STAMPS, sizeof *workers[at].stamp);
        workers[at].number = at; workers[at].cpu = cpus[at]; workers[at].threads = threads; workers[at].lock = lock;
        pthread_create(&workers[at].thread, &attributes, work, &workers[at]);
        pthread_setschedparam(workers[at].thread, SCHED_FIFO, &urgent);
    }
    sleep_us(NS_PER_RUN / 1e3);
    atomic_store(&shared.stop, 1);
    for (int at = 0; at < threads; at++) pthread_join(workers[at].thread, NULL);
    sleep_us(NS_PER_RUN / 1e3);
}

static void add_windows(struct round *to, int threads)
{
    double from = 0, until = 1e30;
    for (int at = 0; at < threads; at++) {
        if (workers[at].stamps < 2) return;
        if (workers[at].stamp[0] > from) from = workers[at].stamp[0];
        if (workers[at].stamp[workers[at].stamps - 1] < until) until = workers[at].stamp[workers[at].stamps - 1];
    }
    long places[2] = {0, 0};
    for (double step = WINDOW_US * ticks_per_us; from + step <= until && to->kept < MOST_WINDOWS; from += step) {
        double first = inside(&workers[0], from, from + step, &places[0]);
        double second = threads == 2 ? inside(&workers[1], from, from + step, &places[1]) : 0;
        to->seen++;
        if (first < 0 || second < 0) continue;
        to->rates[to->kept] = (first + second) / WINDOW_US;
        to->lucky[to->kept++] = (first > second ? first : second) / (first + second);
    }
}

static void add_burst(struct round *to, const struct lock *lock, int threads)
{
    burst(lock, threads);
    to->bursts++;
    if (threads == 2) {
        double before = workers[0].first_trip_ns, after = workers[0].last_trip_ns;
        if (before < WITHIN_A_CORE_NS || after < WITHIN_A_CORE_NS) { to->siblings++; return; }
        to->trips_ns[to->trips++] = before;
        to->trips_ns[to->trips++] = after;
    }
    add_windows(to, threads);
}

static double median(double *several, int count) { qsort(several, count, sizeof *several, by_value); return several[count / 2]; }

// What all rounds of a lock came to.
struct row { double rates[MOST_ROUNDS], lucky[MOST_ROUNDS]; int rounds, kept, seen, bursts, siblings; };

static void add_round(struct row *to, struct row *hand_over, const struct lock *lock, int threads)
{
    static struct round one;
    memset(&one, 0, sizeof one);
    for (int at = 0; at < BURSTS; at++) add_burst(&one, lock, threads);
    to->kept += one.kept; to->seen += one.seen; to->bursts += one.bursts; to->siblings += one.siblings;
    if (threads == 2) { hand_over->seen += 2 * one.bursts; hand_over->bursts += one.bursts; hand_over->siblings += one.siblings; }
    if (!one.kept) return;
    to->rates[to->rounds] = median(one.rates, one.kept);
    to->lucky[to->rounds++] = median(one.lucky, one.kept);
    if (!one.trips || hand_over->rounds == MOST_ROUNDS) return;
    hand_over->rates[hand_over->rounds] = 2e3 / median(one.trips_ns, one.trips);
    hand_over->lucky[hand_over->rounds++] = 0.5;
    hand_over->kept += one.trips;
}

static void print(const char *name, int threads, struct row *of)
{
    if (!of->rounds) { printf("%s,%d,,,,,0,0,%d,%d,%d\n", name, threads, of->seen, of->siblings, of->bursts); return; }
    double middle = median(of->rates, of->rounds);
    printf("%s,%d,%.3f,%.3f,%.3f,%.3f,%d,%d,%d,%d,%d\n", name, threads, of->rates[of->rounds / 4], middle,
           of->rates[3 * of->rounds / 4], median(of->lucky, of->rounds), of->rounds, of->kept, of->seen, of->siblings,
           of->bursts);
}

static void measure(int rounds, double seconds_between)
{
    static struct row rows[2][5], hand_over;
    for (int round = 0; round < rounds && round < MOST_ROUNDS / 5; round++) {
        for (int threads = 1; threads <= 2; threads++)
            for (int which = 0; which < 5; which++) add_round(&rows[threads - 1][which], &hand_over, &locks[which], threads);
        if (round + 1 < rounds) sleep_us(seconds_between * 1e6);
    }
    printf("lock,threads,per_us_q1,per_us_median,per_us_q3,luckier_share_median,rounds,clean_windows,windows,"
           "bursts_in_one_core,bursts\n");
    for (int threads = 1; threads <= 2; threads++)
        for (int which = 0; which < 5; which++) print(locks[which].name, threads, &rows[threads - 1][which]);
    print("hand_over", 2, &hand_over);
}

// How many additions in a row: the values that one thread's additions return, as long as they follow each other.

static unsigned seen[2][MOST_ADDITIONS];

static void *add(void *given)
{
    struct worker *me = given;
    pin(me->cpu);
    me->first_trip_ns = round_trip_ns(me->number, &shared.ready[0]);
    meet(&shared.ready[1]);
    for (int at = 0; at < MOST_ADDITIONS; at++)
        seen[me->number][at] = atomic_fetch_add_explicit(&shared.word, 1, memory_order_relaxed);
    return NULL;
}

static void count_runs(int bursts)
{
    long runs[LONGEST_RUN + 1] = {0};
    struct sched_param urgent = {1};
    for (int burst = 0; burst < bursts; burst++) {
        memset(&shared, 0, sizeof shared);
        for (int at = 0; at < 2; at++) atomic_store(&shared.ready[at], 2);
        for (int at = 0; at < 2; at++) {
            workers[at].number = at; workers[at].cpu = cpus[at];
            pthread_create(&workers[at].thread, NULL, add, &workers[at]);
            pthread_setschedparam(workers[at].thread, SCHED_FIFO, &urgent);
        }
        for (int at = 0; at < 2; at++) pthread_join(workers[at].thread, NULL);
        sleep_us(NS_PER_RUN / 1e3);
        if (workers[0].first_trip_ns < WITHIN_A_CORE_NS) continue;
        for (int at = 0; at < 2; at++)
            for (int place = 1, run = 1; place < MOST_ADDITIONS; place++, run++)
                if (seen[at][place] != seen[at][place - 1] + 1) { runs[run < LONGEST_RUN ? run : LONGEST_RUN]++; run = 0; }
    }
    printf("additions_in_a_row,visits\n");
    for (int run = 1; run <= LONGEST_RUN; run++) printf("%d,%ld\n", run, runs[run]);
}

// What one access takes while the other CPU keeps still, and where the line is behind it.

static const struct access { int by; char what; const char *name; } accesses[] = {
    {1, 's', "store, of a line that the other CPU had"}, {0, 'l', "load, of a line that the other CPU has written"},
    {0, 's', "store, behind that load"}, {1, 'l', "load, of a line that the other CPU has written"},
    {0, 'l', "load, of a line that the other CPU has loaded"}, {0, 'l', "load, once more"},
    {1, 'l', "load by the other CPU, once more"},
};
#define ACCESSES ((int)(sizeof accesses / sizeof *accesses))
#define REPEATS 4000

static double took[ACCESSES][REPEATS];

static double timed_ns(char what)
{
    __builtin_ia32_mfence(); __builtin_ia32_lfence();
    unsigned long long began = __builtin_ia32_rdtsc();
    __builtin_ia32_lfence();
    if (what == 'l') atomic_load_explicit(&shared.word, memory_order_acquire);
    else { atomic_store_explicit(&shared.word, 1, memory_order_release); __builtin_ia32_mfence(); }
    __builtin_ia32_lfence();
    return (__builtin_ia32_rdtsc() - began) * 1e3 / ticks_per_us;
}

static void *step(void *given)
{
    struct worker *me = given;
    pin(me->cpu);
    for (unsigned turn = 0; turn < REPEATS * ACCESSES; turn++) {
        const struct access *one = &accesses[turn % ACCESSES];
        if (one->by != me->number) continue;
        while (atomic_load(&shared.turn) != turn) relax();
        double from = now_us();
        while (now_us() < from + 0.3) relax();
        took[turn % ACCESSES][turn / ACCESSES] = timed_ns(one->what);
        atomic_store(&shared.turn, turn + 1);
    }
    return NULL;
}

static void time_accesses(void)
{
    struct sched_param urgent = {1};
    memset(&shared, 0, sizeof shared);
    for (int at = 0; at < 2; at++) {
        workers[at].number = at; workers[at].cpu = cpus[at];
        pthread_create(&workers[at].thread, NULL, step, &workers[at]);
        pthread_setschedparam(workers[at].thread, SCHED_FIFO, &urgent);
    }
    for (int at = 0; at < 2; at++) pthread_join(workers[at].thread, NULL);
    printf("access,ns_with_the_clock\n");
    for (int at = 0; at < ACCESSES; at++) printf("\"%s\",%.0f\n", accesses[at].name, median(took[at], REPEATS));
}

int main(int argc, char **argv)
{
    int only_runs = argc == 2 && !strcmp(argv[1], "runs"), only_accesses = argc == 2 && !strcmp(argv[1], "accesses");
    if (argc > 2) { cpus[0] = atoi(argv[1]); cpus[1] = atoi(argv[2]); }
    struct sched_param most_urgent = {2};
    sched_setscheduler(0, SCHED_FIFO, &most_urgent);
    unsigned long long first = __builtin_ia32_rdtsc();
    double began = now_us();
    while (now_us() < began + 20000) relax();
    ticks_per_us = (__builtin_ia32_rdtsc() - first) / (now_us() - began);
    if (only_runs) count_runs(200);
    else if (only_accesses) time_accesses();
    else measure(argc > 3 ? atoi(argv[3]) : 20, argc > 4 ? atof(argv[4]) : 1);
    return 0;
}
