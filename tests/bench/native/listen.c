/* The load generator: many WebSockets that count what arrives.
 *
 * Every event bears one mark, "<>", and right after it the moment of its publication: sixteen
 * hexadecimal digits, nanoseconds of CLOCK_MONOTONIC, which is one clock for all processes of a
 * machine.  So an arrival is counted and timed without parsing JSON, however many events a server
 * joins into one message or one write.
 *
 * Commands, one a line on standard input; each is answered by one line of JSON:
 *
 *   open PORT COUNT AT_ONCE PATH HELLOS UNTIL   HELLOS: a file, one line for all sockets or one for
 *                                               each, or -; a socket is open when UNTIL was read
 *   count DELIVERIES PATIENCE_MS LASTS          answered twice: at once, and when all have arrived;
 *                                               LASTS is 1 if the last arrival of each event matters
 *   close
 */
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

/* ---- opening ---------------------------------------------------------------------------- */

static void start_one(void) {
    struct peer *one = &peers[started++];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event want = {.events = EPOLLOUT, .data.ptr = one};
    int yes = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) fail("socket");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(one->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        fail("connect");
    one->kept = malloc(KEPT + 1);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, one->fd, &want);
}

static void upgrade(struct peer *one) {
    struct epoll_event want = {.events = EPOLLIN, .data.ptr = one};
    char request[LINE], target[LINE / 2];
    int size, failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure) { errno = failure; fail("connect"); }
    snprintf(target, sizeof target, path, (int)(one - peers));
    size = snprintf(request, sizeof request,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n", target, port);
    if (send(one->fd, request, (size_t)size, MSG_NOSIGNAL) < 0) fail("send");
    one->phase = UPGRADING;
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, one->fd, &want);
}

static void is_open(struct peer *one) {
    one->phase = OPEN;
    free(one->kept);
    one->kept = NULL;
    if (++opened == peers_size) {
        printf("{\"seconds\":%.6f}\n", (double)(now_ns() - asked_at) / 1e9);
        fflush(stdout);
    } else if (started < peers_size) {
        start_one();
    }
}

static void keep(struct peer *one, const unsigned char *from, size_t size) {
    size_t room = (size_t)(KEPT - one->kept_size);
    if (size > room) size = room;
    memcpy(one->kept + one->kept_size, from, size);
    one->kept_size += (int)size;
    one->kept[one->kept_size] = 0;
    if (memmem(one->kept, (size_t)one->kept_size, until, strlen(until))) is_open(one);
}

/* How much of *from* belongs to the answer to the upgrade. */
static size_t read_answer(struct peer *one, const unsigned char *from, size_t size) {
    size_t before = (size_t)one->kept_size, take = size, used;
    char *end;
    if (take > KEPT - before) take = KEPT - before;
    memcpy(one->kept + before, from, take);
    one->kept[before + take] = 0;
    one->kept_size += (int)take;
    end = strstr(one->kept, "\r\n\r\n");
    if (!end) return size;
    if (!strstr(one->kept, " 101 ")) fail("the upgrade was refused");
    used = (size_t)(end + 4 - one->kept) - before;
    one->kept_size = 0;
    one->phase = GREETING;
    if (hellos_size) {
        char *hello = hellos[hellos_size == 1 ? 0 : (one - peers) % hellos_size];
        say(one, 1, hello, strlen(hello));
    }
    if (!*until) is_open(one);
    return used;
}

/* ---- counting --------------------------------------------------------------------------- */

static void count_mark(struct peer *one, const unsigned char *mark, uint64_t now) {
    uint64_t stamp = 0;
    if (!counting) return;
    for (int i = 2; i < MARK; i++) {
        int c = mark[i], digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 87 : -1;
        if (digit < 0) { stamp = 0; break; }
        stamp = stamp << 4 | (uint64_t)digit;
    }
    if (!got++) first_at = now;
    last_at = now;
    if (stamp && delays_size < wanted) {
        uint64_t delay = now > stamp ? (now - stamp) / 100 : 0;
        delays[delays_size++] = delay > UINT32_MAX ? UINT32_MAX : (uint32_t)delay;
    }
    if (lasts_wanted && one->marks < lasts_size) lasts[one->marks] = now;
    one->marks++;
}

static void count(struct peer *one, const unsigned char *from, size_t size, uint64_t now) {
    const unsigned char *end = from + size;
    if (one->begun_size) {
        size_t take = (size_t)(MARK - one->begun_size);
        if (take > size) take = size;
        memcpy(one->begun + one->begun_size, from, take);
        one->begun_size += (int)take;
        if (one->begun_size > 1 && one->begun[1] != '>') {
            one->begun_size = 0; /* it was no mark; what follows the '<' is looked at below */
        } else {
            if (one->begun_size < MARK) return;
            one->begun_size = 0;
            count_mark(one, one->begun, now);
            from += take;
        }
    }
    while (from < end && (from = memchr(from, '<', (size_t)(end - from)))) {
        if (end - from < MARK) {
            if (end - from > 1 && from[1] != '>') { from++; continue; }
            one->begun_size = (int)(end - from);
            memcpy(one->begun, from, (size_t)one->begun_size);
            return;
        }
        if (from[1] == '>') {
            count_mark(one, from, now);
            from += MARK;
        } else {
            from++;
        }
    }
}

static void frame_ended(struct peer *one) {
    int opcode = one->head[0] & 15;
    if (opcode == 8) fail("the server closed a socket");
    if (opcode == 9) say(one, 10, (char *)one->control, (size_t)one->control_size);
    /* Engine.IO, 4: its ping is the message "2", the answer "3". */
    if (opcode == 1 && one->control_size == 1 && one->control[0] == '2') say(one, 1, "3", 1);
    one->head_size = 0;
    one->control_size = 0;
}

static void take_payload(struct peer *one, const unsigned char *from, size_t size, uint64_t now) {
    if ((one->head[0] & 8) || (one->head[1] & 127) == 1) {
        if (one->control_size + size > sizeof one->control) fail("a control frame is too long");
        memcpy(one->control + one->control_size, from, size);
        one->control_size += (int)size;
    } else if (one->phase == GREETING) {
        keep(one, from, size);
    } else {
        count(one, from, size, now);
    }
    one->left -= size;
    if (!one->left) frame_ended(one);
}

/* Whether the header is complete; then `left` is the size of the payload. */
static int take_head(struct peer *one, unsigned char byte) {
    int length, needed;
    one->head[one->head_size++] = byte;
    if (one->head_size < 2) return 0;
    length = one->head[1] & 127;
    needed = length == 127 ? 10 : length == 126 ? 4 : 2;
    if (one->head_size < needed) return 0;
    one->left = 0;
    for (int i = 2; i < needed; i++) one->left = one->left << 8 | one->head[i];
    if (needed == 2) one->left = (uint64_t)length;
    return 1;
}

static void take(struct peer *one, const unsigned char *from, size_t size, uint64_t now) {
    if (one->phase == UPGRADING) {
        size_t used = read_answer(one, from, size);
        from += used;
        size -= used;
    }
    while (size) {
        size_t some;
        if (!one->left) {
            size--;
            if (!take_head(one, *from++)) continue;
            if (!one->left) { frame_ended(one); continue; }
            if (!size) return;
        }
        some = one->left < size ? (size_t)one->left : size;
        take_payload(one, from, some, now);
        from += some;
        size -= some;
    }
}

/* ---- commands --------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double share(double part) {
    return delays_size ? delays[(uint64_t)(part * (double)(delays_size - 1))] / 1e7 : 0;
}

static void answer_count(void) {
    uint32_t least = UINT32_MAX, most = 0;
    double cpu = cpu_s() - cpu_before; /* before the sorting, which is none of the measuring */
    for (int i = 0; i < peers_size; i++) {
        if (peers[i].marks < least) least = peers[i].marks;
        if (peers[i].marks > most) most = peers[i].marks;
    }
    qsort(delays, delays_size, sizeof *delays, by_size);
    printf("{\"deliveries\":%llu,\"first\":%.6f,\"last\":%.6f,\"p50\":%.7f,\"p99\":%.7f,"
           "\"slowest\":%.7f,\"least\":%u,\"most\":%u,\"reads\":%llu,\"bytes\":%llu,\"cpu\":%.4f",
           (unsigned long long)got, (double)first_at / 1e9, (double)last_at / 1e9, share(0.5),
           share(0.99), share(1), least, most, (unsigned long long)reads,
           (unsigned long long)bytes, cpu);
    printf(",\"lasts\":[");
    for (uint64_t i = 0; lasts_wanted && i < lasts_size; i++)
        printf("%s%.6f", i ? "," : "", (double)lasts[i] / 1e9);
    printf("]}\n");
    fflush(stdout);
    counting = 0;
}

static void begin_count(uint64_t deliveries, uint64_t patience_ms, int want_lasts) {
    wanted = deliveries;
    lasts_wanted = want_lasts;
    lasts_size = deliveries / (uint64_t)peers_size;
    delays = realloc(delays, wanted * sizeof *delays);
    lasts = realloc(lasts, (lasts_size + 1) * sizeof *lasts);
    memset(lasts, 0, (lasts_size + 1) * sizeof *lasts);
    for (int i = 0; i < peers_size; i++) peers[i].marks = 0;
    got = reads = bytes = delays_size = 0;
    patience = patience_ms * 1000000u;
    asked_at = now_ns();
    cpu_before = cpu_s();
    counting = 1;
    printf("{}\n");
    fflush(stdout);
}

static void read_hellos(const char *name) {
    char line[LINE];
    FILE *file;
    hellos_size = 0;
    if (!strcmp(name, "-")) return;
    if (!(file = fopen(name, "r"))) fail("the file of hellos");
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        hellos = realloc(hellos, (size_t)(hellos_size + 1) * sizeof *hellos);
        hellos[hellos_size++] = strdup(line);
    }
    fclose(file);
}

static void begin_open(int count) {
    peers_size = count;
    peers = calloc((size_t)count, sizeof *peers);
    opened = started = 0;
    asked_at = now_ns();
    if (!strcmp(until, "-")) *until = 0;
    while (started < count && started < at_once) start_one();
}

static void close_all(void) {
    for (int i = 0; i < peers_size; i++) close(peers[i].fd);
    free(peers);
    peers = NULL;
    peers_size = 0;
    printf("{}\n");
    fflush(stdout);
}

static void obey(const char *line) {
    char name[LINE];
    unsigned long long deliveries, patience_ms;
    int count, last;
    if (sscanf(line, "open %d %d %d %8191s %8191s %8191s", &port, &count, &at_once, path, name,
               until) == 6) {
        read_hellos(name);
        begin_open(count);
    } else if (sscanf(line, "count %llu %llu %d", &deliveries, &patience_ms, &last) == 3) {
        begin_count(deliveries, patience_ms, last);
    } else if (!strncmp(line, "close", 5)) {
        close_all();
    } else {
        fail("no such command");
    }
}

static void read_commands(void) {
    static char line[LINE * 3];
    static size_t size;
    char *end;
    ssize_t some = read(0, line + size, sizeof line - 1 - size);
    if (some <= 0) exit(0);
    size += (size_t)some;
    line[size] = 0;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        size -= (size_t)(end + 1 - line);
        memmove(line, end + 1, size + 1);
    }
}

static void read_peer(struct peer *one, unsigned char *buffer) {
    ssize_t size = recv(one->fd, buffer, READ, 0);
    if (size == 0) fail("the server closed a socket");
    if (size < 0) {
        if (errno == EAGAIN) return;
        fail("recv");
    }
    reads++;
    bytes += (uint64_t)size;
    take(one, buffer, (size_t)size, now_ns());
}

int main(void) {
    static unsigned char buffer[READ];
    struct epoll_event ready[READY], commands = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &commands);
    for (;;) {
        int count = epoll_wait(epoll_fd, ready, READY, counting ? 200 : -1);
        for (int i = 0; i < count; i++) {
            struct peer *one = ready[i].data.ptr;
            if (!one) read_commands();
            else if (one->phase == CONNECTING) upgrade(one);
            else read_peer(one, buffer);
        }
        if (counting && got >= wanted) answer_count();
        if (counting && now_ns() - asked_at > patience) fail("not everything arrived in time");
    }
}
