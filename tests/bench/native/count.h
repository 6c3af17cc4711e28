/* Counting and timing the marks that arrive. */

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
