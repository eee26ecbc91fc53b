/* What runs in the containers of the test: says hello, and stays until it is told to end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void end(int number) { _exit(0); }

int main(int argc, char **argv)
{
    FILE *file;
    const char *greeting = getenv("GREETING");
    signal(SIGTERM, end);
    printf("%s from %s\n", greeting ? greeting : "nothing", argc > 1 ? argv[1] : "the default");
    fflush(stdout);
    if (argc > 1 && !strcmp(argv[1], "fail")) {
        fprintf(stderr, "the port is taken\n");
        return 3;
    }
    if ((file = fopen("/data/greeting", "w"))) {
        fprintf(file, "%s\n", greeting ? greeting : "nothing");
        fclose(file);
    }
    for (;;)
        pause();
}
