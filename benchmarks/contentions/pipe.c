// Processes write to one pipe and others read from it: the pipe's mutex.
//
// Linux 6.18, fs/pipe.c: anon_pipe_write() and anon_pipe_read() hold `pipe->mutex` while they copy up to a page.  The
// writers block on a full pipe and the readers on an empty one, so a part of the sleeping is no lock at all but
// waiting for data (wait_event in the same functions, with the mutex released).
//
//   gcc -O2 -fno-omit-frame-pointer pipe.c -o pipe && ./pipe [SECONDS [WRITERS]]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 1024 };

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? atoi(argv[1]) : 3, writers = argc > 2 ? atoi(argv[2]) : 3, ends[2];
    char message[BYTES];
    memset(message, 'x', sizeof message);
    if (pipe(ends)) {
        perror("pipe");
        return 1;
    }
    for (int number = 0; number < 2 * writers; number++)
        if (fork() == 0) {
            alarm(seconds);
            if (number < writers)
                while (write(ends[1], message, sizeof message) > 0)
                    ;
            else
                while (read(ends[0], message, sizeof message) > 0)
                    ;
            return 1;
        }
    while (wait(NULL) > 0)
        ;
    return 0;
}
