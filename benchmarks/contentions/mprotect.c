// Threads of one process change the protection of pages of their own: the process's mmap_lock, taken for writing.
//
// Linux 6.18, mm/mprotect.c: do_mprotect_pkey() takes mmap_write_lock_killable(current->mm), a down_write_killable()
// of an rwsem, for the whole call, however far apart the ranges lie.  The pages are touched once and no more, so page
// faults have no part in it.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread mprotect.c -o mprotect && ./mprotect [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BYTES = 64 * 4096 };

static void *guard(void *nothing)
{
    char *pages = mmap(NULL, 2 * BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        _exit(1);
    memset(pages, 1, 2 * BYTES);
    for (;;)
        if (mprotect(pages, BYTES, PROT_READ) || mprotect(pages, BYTES, PROT_READ | PROT_WRITE))
            _exit(1);
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 6;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, guard, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
