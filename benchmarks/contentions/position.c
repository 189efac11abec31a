// Threads read one open file, each from where the last one stopped: the mutex of the file's position.
//
// Linux 6.18, fs/file.c: read() and lseek() go through fdget_pos(), which takes `file->f_pos_lock` where more than one
// may use the file, and hold it for the whole read.  Reading itself would not need it: pread() takes none.
//
//   gcc -O2 -fno-omit-frame-pointer -pthread position.c -o position && ./position [SECONDS [THREADS]]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BYTES = 4096 };
static int file;

static void *follow(void *nothing)
{
    char page[BYTES];
    for (;;)
        if (read(file, page, BYTES) != BYTES && lseek(file, 0, SEEK_SET))
            _exit(1);
    return nothing;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, threads = argc > 2 ? atoi(argv[2]) : 6;
    char path[] = "position.XXXXXX";
    pthread_t thread;
    file = mkstemp(path);
    if (file < 0 || unlink(path) || ftruncate(file, BYTES << 8)) {
        perror("mkstemp");
        return 1;
    }
    for (int number = 0; number < threads; number++)
        if (pthread_create(&thread, NULL, follow, NULL))
            return 1;
    sleep(seconds);
    _exit(0);
}
