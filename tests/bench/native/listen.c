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
#include "peer.h"
#include "count.h"

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
