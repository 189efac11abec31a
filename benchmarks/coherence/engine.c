/* The coherence model of docs/coherence.md for two locks, as small as it can be in C: what `simulate` is timed against.
 *
 * One lock (MCS or ticket) around a counter, one thread on each core, `core` arbitration, caches without end.  The locks
 * are state machines written by hand, with the accesses and the local costs of the compiled rows of `contention[mcs]`
 * and `contention[ticket]`; nothing is counted but rounds and accesses.  Ticks are the same as those of the compiled
 * engine.
 */
#include <stdint.h>
#include <stdlib.h>

typedef int64_t i64;
typedef uint64_t u64;

enum { I, S, E, O, M };
enum { RUNNING, QUEUED, ASLEEP, REREADING, DONE };
enum { OP_LOAD, OP_STORE, OP_CAS, OP_FAI, OP_SWAP = 5 };
enum { LOCK = 1, DATA = 2, FIRST_NODE = 3 };  /* lines, in the order of their addresses */
enum {
    RUN,
    T_TAKE, T_POLL, T_LOAD, T_CALL,
    M_NULL, M_WAIT, M_SWAP, M_LINK, M_POLL, M_NEXT, M_CAS, M_LATE, M_GO,
    COUNT_LOAD, COUNT_STORE, END
};

typedef struct {
    i64 threads, words, classes, nodes, is_mcs, local_resolve, read_ticks, read_percent, min_transfer, retention;
    i64 has_owned;
    i64 load_hit, store_hit, update_hit, mispredict, instruction, pause;
    const i64 *latency;     /* [operation][state][class], ticks */
    const i64 *distance;    /* [node][node] */
    const i64 *node_of;     /* of each core */
    const u64 *at_distance; /* [node][class][word] */
    const i64 *start;       /* of each thread: tick */
    u64 *chance;            /* of each thread, and the one for shuffles */
    i64 accesses, rereads, events, now;
} Setup;

typedef struct {
    i64 time, event_at, pc, state;
    i64 buffer_line, buffer_until, buffer_value, *buffer_at, is_blocked;
    i64 clean, restart, watched, seen_writes, round_ticks, period, arrives, is_late;
    i64 value, ahead;
    u64 chance;
    i64 behind, must_wait; /* its node */
    uint8_t outcome[16];
} Thread;

typedef struct { i64 state, owner, free_at, ready_at, serve_at, home, head, tail, writes; } Line;

static Setup *g;
static Thread *threads;
static Line *lines;
static u64 *copies;
static i64 *next_request, *since, *kept_for, *woken, tail_of_lock, owner_of_lock, next_of_lock, count;
static i64 total, stop, is_nice;
static u64 *heap, held;
static i64 heap_size;

#define TIME_SHIFT 24
#define THREAD_BIT (1ull << 23)
#define LATEST (~0ull)

/* The event queue: a binary heap, with one event held in front of it. */

static void heap_push(u64 key) {
    i64 hole = heap_size++;
    while (hole > 0 && heap[(hole - 1) >> 1] > key) { heap[hole] = heap[(hole - 1) >> 1]; hole = (hole - 1) >> 1; }
    heap[hole] = key;
}

static void push(u64 key) {
    if (key < held) { u64 kept = held; held = key; key = kept; }
    if (key != LATEST) heap_push(key);
}

static u64 pop(void) {
    if (!heap_size || held < heap[0]) { u64 key = held; held = LATEST; return key; }
    u64 first = heap[0], key = heap[--heap_size];
    i64 hole = 0, child = 1;
    while (child < heap_size) {
        if (child + 1 < heap_size && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= key) break;
        heap[hole] = heap[child];
        hole = child;
        child = 2 * child + 1;
    }
    heap[hole] = key;
    return first;
}

static int is_next(u64 key) { return key < held && (!heap_size || key < heap[0]); }

static void wake_at(i64 t, i64 tick) {
    threads[t].event_at = tick;
    push((u64)tick << TIME_SHIFT | THREAD_BIT | (u64)t);
}

static i64 below(u64 *state, i64 limit) {
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (i64)((*state >> 33) % (u64)limit);
}

/* Instructions: what follows an access up to the next thing that others can see. */

static i64 branch(Thread *k, int place, int taken) {
    uint8_t outcome = taken ? 1 : 2, before = k->outcome[place];
    k->outcome[place] = outcome;
    return before && before != outcome ? g->mispredict : 0;
}

static void local(Thread *k, i64 rows, i64 pauses, i64 missed, i64 pc) {
    i64 ticks = rows * g->instruction + pauses * g->pause;
    k->round_ticks += ticks;
    k->time += ticks + missed;
    k->pc = pc;
}

static void advance(Thread *k) {
    i64 v = k->value;
    switch (k->pc) {
    case RUN: local(k, g->is_mcs ? 5 : 1, 0, branch(k, 0, 1), g->is_mcs ? M_NULL : T_TAKE); break;
    case T_TAKE: local(k, 0, 0, 0, T_POLL); break;
    case T_POLL:
        if (v != k->ahead) local(k, 2, 1, branch(k, 1, 1), T_POLL);
        else local(k, 5, 0, branch(k, 1, 0), COUNT_LOAD);
        break;
    case T_LOAD: local(k, 1, 0, 0, T_CALL); break;
    case T_CALL: case M_GO: local(k, 0, 0, 0, RUN); break;
    case M_NULL: local(k, 1, 0, 0, M_WAIT); break;
    case M_WAIT: local(k, 0, 0, 0, M_SWAP); break;
    case M_SWAP:
        k->ahead = v;
        if (v) local(k, 3, 0, branch(k, 1, 1), M_LINK);
        else local(k, 5, 0, branch(k, 1, 0), COUNT_LOAD);
        break;
    case M_LINK: local(k, 1, 0, 0, M_POLL); break;
    case M_POLL:
        if (v) local(k, 3, 1, branch(k, 2, 1), M_POLL);
        else local(k, 5, 0, branch(k, 2, 0), COUNT_LOAD);
        break;
    case COUNT_LOAD: local(k, 1, 0, 0, COUNT_STORE); break;
    case COUNT_STORE: local(k, g->is_mcs ? 4 : 3, 0, branch(k, 3, 0), g->is_mcs ? M_NEXT : T_LOAD); break;
    case M_NEXT:
        if (!v) local(k, 3, 0, branch(k, 4, 1), M_CAS);
        else local(k, 4, 0, branch(k, 4, 0), M_GO);
        break;
    case M_CAS:
        if (v == k - threads + 1) local(k, 2, 0, branch(k, 5, 1), RUN);
        else local(k, 3, 0, branch(k, 5, 0), M_LATE);
        break;
    case M_LATE:
        if (!v) local(k, 4, 1, branch(k, 6, 1), M_LATE);
        else local(k, 4, 0, branch(k, 6, 0), M_GO);
        break;
    }
}

/* Accesses: where, and what they do. */

static i64 line_of(Thread *k) {
    switch (k->pc) {
    case M_NULL: case M_WAIT: case M_POLL: case M_NEXT: case M_LATE: return FIRST_NODE + (k - threads);
    case M_LINK: return FIRST_NODE + k->ahead - 1;
    case M_GO: return FIRST_NODE + k->value - 1;
    case COUNT_LOAD: case COUNT_STORE: return DATA;
    default: return LOCK;
    }
}

static void load(Thread *k) {
    switch (k->pc) {
    case T_POLL: case T_LOAD: k->value = owner_of_lock; break;
    case M_POLL: k->value = k->must_wait; break;
    case M_NEXT: case M_LATE: k->value = k->behind; break;
    case COUNT_LOAD: k->value = count; break;
    }
}

static i64 *target(Thread *k, i64 *value) {
    switch (k->pc) {
    case T_CALL: *value = (k->value + 1) & 0xFFFF; return &owner_of_lock;
    case M_NULL: *value = 0; return &k->behind;
    case M_WAIT: *value = 1; return &k->must_wait;
    case M_LINK: *value = k - threads + 1; return &threads[k->ahead - 1].behind;
    case M_GO: *value = 0; return &threads[k->value - 1].must_wait;
    default: *value = (k->value + 1) & 3; return &count;
    }
}

static i64 operation_of(i64 pc) { return pc == T_TAKE ? OP_FAI : pc == M_SWAP ? OP_SWAP : OP_CAS; }

static void update(Thread *k) {
    i64 me = k - threads + 1;
    switch (k->pc) {
    case T_TAKE: k->ahead = next_of_lock; next_of_lock = (next_of_lock + 1) & 0xFFFF; break;
    case M_SWAP: k->value = tail_of_lock; tail_of_lock = me; break;
    case M_CAS: k->value = tail_of_lock; if (tail_of_lock == me) tail_of_lock = 0; break;
    }
}

/* Lines. */

static int has_copy(i64 line, i64 core) { return copies[line * g->words + (core >> 6)] >> (core & 63) & 1; }

static i64 thread_of(i64 request) { return request < g->threads ? request : request - g->threads; }

static int is_kept(Line *l) { return (l->state == E || l->state == M) && thread_of(l->head) != l->owner; }

static i64 when_served(Line *l, i64 now) {
    i64 due = now > l->free_at ? now : l->free_at;
    if (!g->retention || !is_kept(l)) return due;
    i64 kept = (since[l->head] > l->free_at ? since[l->head] : l->free_at) + kept_for[l->head];
    return due > kept ? due : kept;
}

static void join(i64 line, i64 request, i64 now) {
    Line *l = &lines[line];
    next_request[request] = -1;
    if (g->retention) {
        kept_for[request] = below(&threads[thread_of(request)].chance, g->retention);
        since[request] = now;
    }
    if (l->head < 0) l->head = request;
    else next_request[l->tail] = request;
    l->tail = request;
    i64 due = when_served(l, now);
    if (l->serve_at < 0 || due < l->serve_at) { l->serve_at = due; push((u64)due << TIME_SHIFT | (u64)line); }
}

static i64 distance_to_copy(i64 line, i64 core, int is_load) {
    i64 node = g->node_of[core];
    for (i64 step = 0; step < g->classes; step++) {
        i64 class = is_load ? step : g->classes - 1 - step;
        for (i64 word = 0; word < g->words; word++) {
            u64 there = copies[line * g->words + word] & g->at_distance[(node * g->classes + class) * g->words + word];
            if (!is_load && word == core >> 6) there &= ~(1ull << (core & 63));
            if (there) return class;
        }
    }
    return -1;
}

static i64 latency(i64 line, i64 core, i64 operation) {
    Line *l = &lines[line];
    i64 node = g->node_of[core], home = g->distance[node * g->nodes + l->home], distance = home;
    if (l->state == E || l->state == M) distance = g->distance[node * g->nodes + g->node_of[l->owner]];
    else if (l->state != I) {
        distance = distance_to_copy(line, core, operation == OP_LOAD);
        if (distance < 0) distance = g->local_resolve ? 0 : home;
    }
    if (!(g->local_resolve && l->state != I && distance == 0) && home > distance) distance = home;
    i64 ticks = g->latency[(operation * 5 + l->state) * g->classes + distance];
    return ticks > g->min_transfer ? ticks : g->min_transfer;
}

static void invalidate(i64 line, i64 core, i64 writer, i64 now) {
    i64 found = 0;
    for (i64 word = 0; word < g->words; word++) {
        u64 left = copies[line * g->words + word];
        copies[line * g->words + word] = 0;
        for (; left; left &= left - 1) {
            i64 t = word << 6 | __builtin_ctzll(left);
            if (t >= g->threads || t == writer || threads[t].state != ASLEEP || threads[t].watched != line) continue;
            if (threads[t].arrives <= now) { woken[found++] = t; continue; }
            threads[t].is_late = 1;
            threads[t].time = threads[t].arrives;
            threads[t].state = RUNNING;
            wake_at(t, threads[t].arrives);
        }
    }
    copies[line * g->words + (core >> 6)] = 1ull << (core & 63);
    for (i64 last = found - 1; last > 0; last--) {
        i64 other = below(&g->chance[g->threads], last + 1), kept = woken[last];
        woken[last] = woken[other];
        woken[other] = kept;
    }
    for (i64 index = 0; index < found; index++) {
        threads[woken[index]].state = REREADING;
        join(line, woken[index], now);
    }
}

static void watch(Thread *k, i64 line) {
    k->round_ticks += g->load_hit;
    if (k->clean && k->watched < 0) { k->watched = line; k->seen_writes = lines[line].writes; }
}

static void serve_load(i64 line, i64 t, i64 now, i64 ticks) {
    Line *l = &lines[line];
    Thread *k = &threads[t];
    if (l->state == I) { l->state = E; l->owner = t; }
    else if (l->state == M && g->has_owned) l->state = O;
    else if (l->state != O) { l->state = S; l->owner = -1; }
    copies[line * g->words + (t >> 6)] |= 1ull << (t & 63);
    load(k);
    if (k->state != REREADING) watch(k, line);
    else {
        k->arrives = now + ticks;
        if (k->pc == T_POLL ? k->value != k->ahead : k->pc == M_POLL ? k->value != 0 : k->value == 0) {
            k->state = ASLEEP;
            k->seen_writes = l->writes;
            return;
        }
        if (k->period > 0) ticks += below(&k->chance, k->period);
        k->clean = 0;
    }
    k->time = now + ticks;
    k->state = RUNNING;
    advance(k);
    wake_at(t, k->time);
}

static void serve(i64 line, i64 now) {
    Line *l = &lines[line];
    i64 request = l->head;
    int is_store = request >= g->threads;
    i64 t = thread_of(request);
    Thread *k = &threads[t];
    int is_load = !is_store && (k->pc == T_POLL || k->pc == T_LOAD || k->pc == M_POLL || k->pc == M_NEXT ||
                                k->pc == M_LATE || k->pc == COUNT_LOAD);
    i64 ticks = latency(line, t, is_store ? OP_STORE : is_load ? OP_LOAD : operation_of(k->pc));
    l->serve_at = -1;
    if (g->retention && is_kept(l)) {
        ticks -= kept_for[request];
        if (ticks < g->min_transfer) ticks = g->min_transfer;
    }
    l->head = next_request[request];
    if (is_load) {
        i64 occupied = g->read_ticks < 0 ? ticks * g->read_percent / 100 : ticks < g->read_ticks ? ticks : g->read_ticks;
        l->free_at = now + occupied;
        if (k->state == REREADING) g->rereads++;
        serve_load(line, t, now, ticks);
    } else {
        l->free_at = l->ready_at = now + ticks;
        l->state = M;
        l->owner = t;
        l->writes++;
        if (is_store) {
            *k->buffer_at = k->buffer_value;
            k->buffer_until = now + ticks;
            if (k->is_blocked) { k->is_blocked = 0; wake_at(t, now + ticks); }
        } else {
            update(k);
            k->time = now + ticks;
            k->state = RUNNING;
            advance(k);
            wake_at(t, k->time);
        }
        invalidate(line, t, t, now);
    }
    if (l->head >= 0 && l->serve_at < 0) {
        l->serve_at = when_served(l, l->free_at);
        push((u64)l->serve_at << TIME_SHIFT | (u64)line);
    }
}

/* Threads. */

static int waits_for_store(i64 t, i64 now) {
    Thread *k = &threads[t];
    if (k->buffer_line < 0) return 0;
    if (k->buffer_until >= 0 && k->buffer_until <= now) { k->buffer_line = -1; return 0; }
    if (k->buffer_until < 0) k->is_blocked = 1;
    else wake_at(t, k->buffer_until);
    return 1;
}

static int begins_round(i64 t, i64 line, i64 now) {
    Thread *k = &threads[t];
    if (k->is_late) {
        k->is_late = 0;
        if (!has_copy(line, t)) { k->state = REREADING; join(line, t, now); return 1; }
    }
    if (k->clean && k->restart == k->pc && k->watched == line && lines[line].writes == k->seen_writes &&
        has_copy(line, t)) {
        k->period = k->round_ticks;
        k->arrives = now;
        k->state = ASLEEP;
        return 1;
    }
    k->restart = k->pc;
    k->clean = 1;
    k->watched = -1;
    k->round_ticks = 0;
    return 0;
}

static int step(i64 t, i64 now) {
    Thread *k = &threads[t];
    if (k->pc == RUN) {
        if (is_nice) { local(k, 1, 0, branch(k, 0, 0), END); return 1; }
        total++;
        advance(k);
        if (total == stop) { wake_at(t, k->time); return 0; }
        return 1;
    }
    if (k->pc == END) { k->state = DONE; return 0; }
    i64 line = line_of(k), value;
    Line *l = &lines[line];
    int is_poll = k->pc == T_POLL || k->pc == M_POLL || k->pc == M_LATE;
    if (is_poll && begins_round(t, line, now)) return 0;
    int is_load = is_poll || k->pc == T_LOAD || k->pc == M_NEXT || k->pc == COUNT_LOAD;
    if ((!is_load || k->buffer_line == line) && waits_for_store(t, now)) return 0;
    g->accesses++;
    if (is_load) {
        if ((l->owner == t && now < l->ready_at) || !has_copy(line, t)) { k->state = QUEUED; join(line, t, now); return 0; }
        load(k);
        watch(k, line);
        k->time = now + g->load_hit;
        advance(k);
        return 1;
    }
    k->clean = 0;
    int is_update = k->pc == T_TAKE || k->pc == M_SWAP || k->pc == M_CAS;
    int is_mine = l->owner == t && (l->state == M || l->state == E) && now >= l->ready_at;
    if (is_mine && (l->head < 0 || (g->retention && now < l->serve_at))) {
        l->state = M;
        l->writes++;
        if (is_update) update(k);
        else { i64 *at = target(k, &value); *at = value; }
        k->time = now + (is_update ? g->update_hit : g->store_hit);
        advance(k);
        return 1;
    }
    if (is_update) { k->state = QUEUED; join(line, t, now); return 0; }
    k->buffer_line = line;
    k->buffer_until = -1;
    k->buffer_at = target(k, &k->buffer_value);
    join(line, g->threads + t, now);
    k->time = now + g->store_hit;
    advance(k);
    return 1;
}

static void go_on(i64 t, i64 due) {
    Thread *k = &threads[t];
    if (due > k->time) k->time = due;
    for (;;) {
        i64 now = k->time;
        if (!is_next((u64)now << TIME_SHIFT | THREAD_BIT | (u64)t)) { wake_at(t, now); return; }
        g->now = now;
        if (!step(t, now)) return;
    }
}

static void run(i64 rounds) {
    stop = rounds;
    while (total < stop && (heap_size || held != LATEST)) {
        u64 key = pop();
        i64 now = (i64)(key >> TIME_SHIFT), number = (i64)(key & (THREAD_BIT - 1));
        g->events++;
        g->now = now;
        if (!(key & THREAD_BIT)) { if (lines[number].serve_at == now) serve(number, now); }
        else if (threads[number].event_at == now && threads[number].state == RUNNING) {
            threads[number].event_at = -1;
            go_on(number, now);
        }
    }
}

/* Run warm-up, the measured rounds and the end; put the ticks of the measured window into `ticks[0]`, of all into [1]. */
void simulate(Setup *setup, i64 warm_up, i64 measured, i64 *ticks) {
    g = setup;
    i64 n = g->threads, size = FIRST_NODE + n;
    threads = calloc(n, sizeof *threads);
    lines = calloc(size, sizeof *lines);
    copies = calloc(size * g->words, sizeof *copies);
    next_request = calloc(2 * n, sizeof *next_request);
    since = calloc(2 * n, sizeof *since);
    kept_for = calloc(2 * n, sizeof *kept_for);
    woken = calloc(n, sizeof *woken);
    heap = calloc(65536 + 16 * n, sizeof *heap);
    heap_size = total = is_nice = tail_of_lock = owner_of_lock = next_of_lock = count = 0;
    held = LATEST;
    for (i64 line = 0; line < size; line++) lines[line].owner = lines[line].serve_at = lines[line].head = -1;
    for (i64 t = 0; t < n; t++) {
        threads[t].time = g->start[t];
        threads[t].buffer_line = threads[t].watched = -1;
        threads[t].chance = g->chance[t];
        lines[FIRST_NODE + t].home = g->node_of[t];
        wake_at(t, g->start[t]);
    }
    run(warm_up);
    i64 first = g->now;
    run(warm_up + measured);
    ticks[0] = g->now - first;
    is_nice = 1;
    run(INT64_MAX);
    ticks[1] = g->now;
    free(threads); free(lines); free(copies); free(next_request); free(since); free(kept_for); free(woken); free(heap);
}
