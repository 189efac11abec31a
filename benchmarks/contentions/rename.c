// Processes rename files of their own within one directory: the directory's i_rwsem, taken for writing.
//
// Linux 6.18, fs/namei.c: do_renameat2() calls lock_rename(), which takes inode_lock_nested() of the directory, once
// if both names lie in it.  The files differ, so nothing but the directory is shared.  Waiters queue in
// rwsem_down_write_slowpath() and watch the owner (osq_lock, rwsem_spin_on_owner) before they sleep.
//
//   gcc -O2 -fno-omit-frame-pointer rename.c -o rename && ./rename [SECONDS [PROCESSES]]
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(int number)
{
    char one[32], other[32];
    snprintf(one, sizeof one, "%d.a", number);
    snprintf(other, sizeof other, "%d.b", number);
    FILE *file = fopen(one, "w");
    if (!file) {
        perror("fopen");
        exit(1);
    }
    fclose(file);
    for (;;)
        if (rename(one, other) || rename(other, one))
            exit(0);  // the directory is being taken away
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, processes = argc > 2 ? atoi(argv[2]) : 6;
    char folder[] = "rename.XXXXXX", path[64];
    if (!mkdtemp(folder) || chdir(folder)) {
        perror("mkdtemp");
        return 1;
    }
    for (int number = 0; number < processes; number++)
        if (fork() == 0) {
            alarm(seconds);
            work(number);
        }
    while (wait(NULL) > 0)
        ;
    for (int number = 0; number < processes; number++)
        for (char end = 'a'; end <= 'b'; end++) {
            snprintf(path, sizeof path, "%d.%c", number, end);
            unlink(path);
        }
    return chdir("..") || rmdir(folder);
}
