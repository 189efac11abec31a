// Threads of one process open and close descriptors: the spinlock of its table of files.
//
// Linux 6.18, fs/file.c: dup() finds a free number in alloc_fd(), close() gives it back in file_close_fd(), both under
// `files->file_lock`, which all threads share.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread fdtable.c -o fdtable && ./fdtable [SECONDS [THREADS]]
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *open_and_close(void *nothing)
{
    for (;;) {
        int copy = dup(0);
        if (copy < 0 || close(copy))
            _exit(1);
    }
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 4;
    pthread_t thread;
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, open_and_close, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
