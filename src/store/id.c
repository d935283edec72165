/* SPDX-License-Identifier: MIT */
/*
 * Ids: 128 bits as 26 digits of Crockford's base 32, as of a ULID: 48 bits of milliseconds since
 * 1970. Of the 80 bits behind them, 20 are the fraction of the millisecond, so that the ids of one
 * process are in order although it keeps no state, and 60 are random.
 */
#include "store/id.h"

#include "base/random.h"
#include "store/store.h"

#include <string.h>
#include <time.h>

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Random numbers are asked for in stock: a call of the kernel for each id costs as much as all the
 * rest of it. At most 256 bytes, which the kernel gives whole. */
#define STOCK 32

typedef struct random_stock {
    uint64_t items[STOCK];
    unsigned n; /* left */
} random_stock;

/* One a thread; nothing but unused random numbers is in it. */
static _Thread_local random_stock stock;

static uint64_t take_random(void)
{
    if (stock.n == 0) {
        random_bytes(stock.items, sizeof stock.items);
        stock.n = STOCK;
    }
    return stock.items[--stock.n];
}

void store_new_id(char ret_id[STORE_ID_SIZE])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t random = take_random();
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t fraction = (((uint64_t)now.tv_nsec % 1000000) << 20) / 1000000;
    /* 10 digits hold the 48 bits, 4 the next 20, 12 the last 60. */
    for (size_t i = 0; i < 10; i++)
        ret_id[i] = digits[(ms >> (45 - 5 * i)) & 31];
    for (size_t i = 10; i < 14; i++)
        ret_id[i] = digits[(fraction >> (15 - 5 * (i - 10))) & 31];
    for (size_t i = 14; i < 26; i++)
        ret_id[i] = digits[(random >> (55 - 5 * (i - 14))) & 31];
    ret_id[26] = '\0';
}

int64_t id_time(const char *id)
{
    uint64_t ms = 0;
    if (strlen(id) != STORE_ID_SIZE - 1)
        return 0;
    for (size_t i = 0; i < 10; i++) {
        const char *digit = strchr(digits, id[i]);
        if (!digit)
            return 0;
        ms = ms << 5 | (uint64_t)(digit - digits);
    }
    return ms >> 48 == 0 ? (int64_t)ms : 0;
}
