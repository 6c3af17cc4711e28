/* What the parts of the load generator share: the sockets, and what is counted. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 18, LINE = 8192, READ = 1 << 20, KEPT = 4096, READY = 1024 };
enum phase { CONNECTING, UPGRADING, GREETING, OPEN };

struct peer {
    int fd;
    enum phase phase;
    unsigned char head[14]; /* a frame's header, as far as it has come (RFC 6455, 5.2) */
    int head_size;
    uint64_t left;          /* bytes of the frame's payload that are still to come */
    unsigned char begun[MARK];
    int begun_size;         /* a mark that was cut by the end of a read */
    unsigned char control[128];
    int control_size;       /* the payload of a ping, or of a very short message */
    uint32_t marks;
    char *kept;             /* what came before the socket was open */
    int kept_size;
};

static struct peer *peers;
static int peers_size, opened, started, at_once, port, epoll_fd;
static char path[LINE], until[LINE], **hellos;
static int hellos_size;
static int counting, lasts_wanted;
static uint64_t wanted, got, reads, bytes, first_at, last_at, asked_at, patience;
static uint32_t *delays; /* in units of 100 ns */
static uint64_t delays_size, *lasts, lasts_size;
static double cpu_before;

static void fail(const char *what) {
    printf("{\"error\":\"%s (errno %d), %llu of %llu deliveries, %d of %d sockets open\"}\n", what,
           errno, (unsigned long long)got, (unsigned long long)wanted, opened, peers_size);
    fflush(stdout);
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void say(struct peer *one, int opcode, const char *payload, size_t size) {
    unsigned char frame[LINE + 8]; /* a mask of zeros changes nothing (RFC 6455, 5.3) */
    size_t at = 2;
    frame[0] = (unsigned char)(0x80 | opcode);
    frame[1] = (unsigned char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) {
        frame[at++] = (unsigned char)(size >> 8);
        frame[at++] = (unsigned char)size;
    }
    memset(frame + at, 0, 4);
    memcpy(frame + at + 4, payload, size);
    if (send(one->fd, frame, at + 4 + size, MSG_NOSIGNAL) < 0) fail("send");
}
