// Processes append a few bytes to one file, each through an open file of its own: the file's i_rwsem, for writing.
//
// Linux 6.18 on ext4, fs/ext4/file.c: ext4_buffered_write_iter() takes inode_lock() around the whole write, and the
// copy to the page cache happens under it.  Open files of their own, so that f_pos_lock is not shared.  The file is
// cut short now and then, also under that lock, to keep it small.
//
//   gcc -O2 -fno-omit-frame-pointer append.c -o append && ./append [SECONDS [PROCESSES]]
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORD_BYTES = 4000, RECORDS = 20000 };

static void work(const char *path)
{
    char record[RECORD_BYTES];
    memset(record, 'x', sizeof record);
    int file = open(path, O_WRONLY | O_APPEND);
    for (int count = 1;; count++) {
        if (write(file, record, sizeof record) != sizeof record)
            exit(1);
        if (count % RECORDS == 0 && ftruncate(file, 0))
            exit(1);
    }
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, processes = argc > 2 ? atoi(argv[2]) : 6;
    char path[] = "append.XXXXXX";
    int file = mkstemp(path);
    if (file < 0) {
        perror("mkstemp");
        return 1;
    }
    for (int number = 0; number < processes; number++)
        if (fork() == 0) {
            alarm(seconds);
            work(path);
        }
    while (wait(NULL) > 0)
        ;
    return unlink(path);
}
