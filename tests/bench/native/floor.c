/* The floor of a fan-out: a program that only sends ready-made frames, on one thread.
 *
 * It agrees to whatever a client asks for, and prints its port.  Commands, one a line on standard
 * input, each answered by one line of JSON:
 *
 *   broadcast EVENTS INTERVAL_NS     each event is sent to every socket when it is due
 *   unicast EVENTS INTERVAL_NS       each event is sent to one socket, to all of them in turn
 *   flood EVENTS JOINED              all at once, JOINED events in one send, as fast as they are taken
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENT = 300, HEAD = 4, FRAME = HEAD + EVENT, STAMP_AT = HEAD + 12, MOST = 20000, READY = 1024 };

static int listening, sockets[MOST], sockets_size;
static unsigned char frame[FRAME];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void wait_until(uint64_t due) {
    struct timespec at = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

static void make_frame(void) {
    memset(frame, '.', FRAME);
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = EVENT >> 8;
    frame[3] = EVENT & 255;
    memcpy(frame + HEAD, "{\"title\":\"<>", 12);
    memcpy(frame + FRAME - 2, "\"}", 2);
}

static void stamp(void) {
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)now_ns());
    memcpy(frame + STAMP_AT, text, 16);
}

static void accept_one(void) {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n\r\n";
    char request[8192];
    size_t size = 0;
    int yes = 1, one = accept4(listening, NULL, NULL, 0);
    if (one < 0) fail("accept");
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    do {
        ssize_t some = recv(one, request + size, sizeof request - 1 - size, 0);
        if (some <= 0) fail("recv");
        size += (size_t)some;
        request[size] = 0;
    } while (!strstr(request, "\r\n\r\n"));
    if (send(one, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) fail("send");
    sockets[sockets_size++] = one;
}

static void send_frame(int one) {
    if (send(one, frame, FRAME, MSG_NOSIGNAL) != FRAME) fail("send");
}

static void pace(int everybody, uint64_t events, uint64_t interval_ns) {
    uint64_t due = now_ns() + 10000000u;
    for (uint64_t event = 0; event < events; event++, due += interval_ns) {
        wait_until(due);
        stamp();
        if (!everybody) {
            send_frame(sockets[event % (uint64_t)sockets_size]);
            continue;
        }
        for (int i = 0; i < sockets_size; i++) send_frame(sockets[i]);
    }
}

static void flood(uint64_t events, uint64_t joined) {
    struct epoll_event ready[READY];
    size_t size = joined * FRAME;
    uint64_t total = events * FRAME, *sent = calloc((size_t)sockets_size, sizeof *sent);
    unsigned char *joint = malloc(size);
    int poll = epoll_create1(0), unfinished = sockets_size;
    stamp();
    for (uint64_t i = 0; i < joined; i++) memcpy(joint + i * FRAME, frame, FRAME);
    for (int i = 0; i < sockets_size; i++) {
        struct epoll_event want = {.events = EPOLLOUT, .data.u32 = (uint32_t)i};
        epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &want);
    }
    while (unfinished) {
        int count = epoll_wait(poll, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            uint32_t n = ready[i].data.u32;
            size_t from = sent[n] % size, rest = size - from;
            ssize_t some;
            if (rest > total - sent[n]) rest = total - sent[n];
            some = send(sockets[n], joint + from, rest, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (some < 0 && errno != EAGAIN) fail("send");
            if (some > 0) sent[n] += (uint64_t)some;
            if (sent[n] == total) {
                epoll_ctl(poll, EPOLL_CTL_DEL, sockets[n], NULL);
                unfinished--;
            }
        }
    }
    close(poll);
    free(sent);
    free(joint);
}

static void obey(const char *line) {
    unsigned long long events, other;
    if (sscanf(line, "broadcast %llu %llu", &events, &other) == 2) pace(1, events, other);
    else if (sscanf(line, "unicast %llu %llu", &events, &other) == 2) pace(0, events, other);
    else if (sscanf(line, "flood %llu %llu", &events, &other) == 2) flood(events, other);
    else exit(1);
    printf("{}\n");
    fflush(stdout);
}

static void listen_anywhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listening, (struct sockaddr *)&at, sizeof at) < 0) fail("bind");
    if (listen(listening, 1024) < 0) fail("listen");
    getsockname(listening, (struct sockaddr *)&at, &length);
    printf("{\"port\":%d}\n", ntohs(at.sin_port));
    fflush(stdout);
}

int main(void) {
    char line[256];
    make_frame();
    listen_anywhere();
    for (;;) {
        struct pollfd wanted[] = {{.fd = 0, .events = POLLIN}, {.fd = listening, .events = POLLIN}};
        if (poll(wanted, 2, -1) < 0) fail("poll");
        if (wanted[1].revents) accept_one();
        if (!wanted[0].revents) continue;
        if (!fgets(line, sizeof line, stdin)) return 0; /* one command at a time: nothing waits */
        obey(line);
    }
}
