/* SPDX-License-Identifier: MIT */
/*
 * What must not be lost: labelled tickets, predictions, feedback, audit, keys, settings, and the
 * retrains that were asked for. One interface, two databases: SQLite for one machine, PostgreSQL
 * when several processes share it (store_open() chooses by the address).
 *
 * The store knows no machine learning: texts, labels and confidences are values to it. Times are
 * milliseconds since 1970 UTC. Strings are UTF-8; those handed in are borrowed for the call, those
 * handed to a `visit` function are valid during its call only.
 *
 * Thread-safety: a store is shared; every function may be called from any thread. A `visit`
 * function holds one of few connections: it should be quick, and wait for no other that visits. A
 * call that changes anything returns after the change is durable, or fails and has changed nothing.
 * ERROR_IO: the database is not there, full or read-only (the message says which); the next call
 * tries again, so that no restart is needed when it comes back. With PostgreSQL it may also mean
 * that the answer to a commit was lost, and then the change may have been made: the caller repeats
 * the call (feedback with its idempotency key). ERROR_ARGUMENT: an id that is there already, a
 * number that is not finite, a text of more than 1 GB.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct store store;

/* Identifies a prediction or a correction: a time-ordered random number as 26 characters. */
#define STORE_ID_SIZE 27

typedef struct store_text {
    const char *data; /* NULL where there is none */
    size_t length;
} store_text;

/*
 * Opens `address`: "postgresql://..." or the path of an SQLite file, which is made if missing
 * (WAL, synchronous=FULL). Brings the schema up to date; a schema newer than this program is
 * ERROR_VERSION. ERROR_IO, ERROR_PERMISSION, ERROR_MEMORY.
 */
triage_status store_open(const char *address, store **ret_store, triage_error *err) TRIAGE_CHECKED;
void store_close(store *s); /* NULL is fine */

/* "sqlite" or "postgresql"; static. */
const char *store_kind(const store *s);

/* A trivial read and, if `writes`, a trivial durable write: is the database there? */
triage_status store_check(store *s, bool writes, triage_error *err) TRIAGE_CHECKED;

/* --- labelled tickets: what was imported, the base of the training data -------------------------
 */

typedef struct store_ticket {
    store_text source, id; /* together they identify it; an import of the same pair updates. NULL
                              is taken as empty, as in the next ones */
    store_text text;
    uint64_t text_hash; /* of the normalised text */
    store_text labels;  /* JSON object: field -> label */
    int64_t created_at;
} store_ticket;

typedef struct store_import_counts {
    uint64_t added, updated, unchanged;
} store_import_counts;

/* Adds all or nothing. Adds to `*counts`. */
triage_status store_import_tickets(store *s, const store_ticket *tickets, size_t n,
                                   store_import_counts *counts, triage_error *err) TRIAGE_CHECKED;
triage_status store_count_tickets(store *s, uint64_t *ret_n, triage_error *err) TRIAGE_CHECKED;
/* All tickets in a stable order (source, id). `visit` returns false to stop: ERROR_CANCELLED. */
triage_status store_each_ticket(store *s, bool (*visit)(void *context, const store_ticket *ticket),
                                void *context, triage_error *err) TRIAGE_CHECKED;

/* --- predictions ----------------------------------------------------------------------------- */

typedef struct store_prediction {
    char id[STORE_ID_SIZE];
    int64_t created_at;
    store_text source, ticket_id; /* the caller's, may be NULL */
    store_text text;
    uint64_t text_hash; /* of the normalised text */
    uint64_t cluster;   /* near-copies of a ticket share one; 0: none, its text_hash is taken */
    store_text model_version;
    store_text outcomes; /* JSON object: field -> {"label","confidence","decision"} */
    store_text label;    /* of the first field, as its decision and confidence are */
    store_text decision; /* "auto" or "review"; NULL: as `is_review` says */
    double confidence;
    bool is_review; /* any field was decided `review` */
    double
        uncertainty; /* the highest of its fields': 1 - confidence / threshold, or 1 - confidence */
    bool is_answered;   /* a person has looked: no longer in the queue */
    uint64_t n_similar; /* store_each_review() only: unanswered tickets of the cluster */
} store_prediction;

/* Adds all or nothing. */
triage_status store_add_predictions(store *s, const store_prediction *predictions, size_t n,
                                    triage_error *err) TRIAGE_CHECKED;

typedef bool (*store_visit_prediction)(void *context, const store_prediction *prediction);

/* Visits the prediction `id`, if there is one; `*ret_found` says. */
triage_status store_find_prediction(store *s, const char *id, store_visit_prediction visit,
                                    void *context, bool *ret_found,
                                    triage_error *err) TRIAGE_CHECKED;

/* Zero-initialise for everything; newest first, by created_at and id. */
typedef struct store_prediction_filter {
    int64_t since, until; /* created_at in [since, until); 0: open */
    const char *label, *decision, *model_version, *source; /* NULL: any; of the first field */
    const char *before; /* an id: only older ones (cursor); NULL: from the newest */
    uint32_t limit;     /* 0: no limit */
} store_prediction_filter;

triage_status store_each_prediction(store *s, const store_prediction_filter *filter,
                                    store_visit_prediction visit, void *context,
                                    triage_error *err) TRIAGE_CHECKED;

/* Where store_each_review() went on; zero-initialise for the beginning. */
typedef struct store_review_cursor {
    bool is_started;
    double score;
    char id[STORE_ID_SIZE];
} store_review_cursor;

/*
 * The review queue: of each cluster with unanswered `is_review` predictions the most uncertain one,
 * ordered by uncertainty * (1 + log2(n_similar)), highest first, then by id. At most `limit`.
 * `*cursor` is moved behind the last one.
 */
triage_status store_each_review(store *s, uint32_t limit, store_review_cursor *cursor,
                                store_visit_prediction visit, void *context,
                                triage_error *err) TRIAGE_CHECKED;
triage_status store_count_review(store *s, uint64_t *ret_clusters, uint64_t *ret_tickets,
                                 triage_error *err) TRIAGE_CHECKED;

/* The newest unanswered reviews' texts and clusters, newest first, to find near-copies of new ones.
 */
triage_status store_each_waiting(store *s, uint32_t limit, store_visit_prediction visit,
                                 void *context, triage_error *err) TRIAGE_CHECKED;

/* Counts by hour (UTC), model version, label and decision of the first field. */
typedef struct store_prediction_count {
    int64_t hour; /* its beginning, ms */
    store_text model_version, label, decision;
    uint64_t n;
    double sum_confidence;
} store_prediction_count;
triage_status store_each_prediction_count(store *s, int64_t since, int64_t until,
                                          bool (*visit)(void *, const store_prediction_count *),
                                          void *context, triage_error *err) TRIAGE_CHECKED;

/* --- feedback -------------------------------------------------------------------------------- */

typedef enum store_feedback_status {
    STORE_FEEDBACK_ACCEPTED,
    STORE_FEEDBACK_HELD,       /* until an admin decides; `reason` says why */
    STORE_FEEDBACK_REJECTED,   /* by an admin */
    STORE_FEEDBACK_SUPERSEDED, /* a later correction of the same text and field was accepted */
} store_feedback_status;

/* "accepted", "held", "rejected", "superseded". */
const char *store_feedback_status_name(store_feedback_status status);
bool store_feedback_status_parse(const char *name,
                                 store_feedback_status *ret_status) TRIAGE_CHECKED;

typedef struct store_feedback {
    char id[STORE_ID_SIZE];
    uint64_t sequence; /* given by the store: counts up with every correction accepted or added */
    int64_t created_at;
    store_text text;
    uint64_t text_hash; /* of the normalised text: with `field` what a correction is about */
    store_text field, label;
    store_text predicted; /* NULL where unknown, as are the next three */
    double confidence;    /* negative: unknown */
    store_text model_version, prediction_id;
    double surprise; /* the corrected label's rank among the others, 0 likely to 1; < 0: unknown */
    store_text source, comment, key_id;
    store_feedback_status status;
    store_text reason; /* why it is held or was rejected */
} store_feedback;

/* What store_add_feedback() did. */
typedef struct store_feedback_result {
    char id[STORE_ID_SIZE];
    store_feedback_status status;
    bool is_repeated;    /* the idempotency key was known: nothing was added, this is its result */
    bool is_key_reused;  /* the key was used with another `request_hash`: nothing was added */
    uint64_t n_answered; /* predictions of the queue that this answered */
} store_feedback_result;

/*
 * In one transaction: if `idempotency_key` (NULL: none) of this key_id is known, nothing; else adds
 * `feedback` (`id` and `sequence` are given by the store; `status` as the caller decided), marks
 * earlier accepted ones of the same (text_hash, field) superseded if this is accepted, and marks
 * predictions answered: those in the queue of `cluster` (0: none) and of the same text_hash, and
 * the one with prediction_id. An idempotency key is known for 7 days.
 */
triage_status store_add_feedback(store *s, const store_feedback *feedback,
                                 const char *idempotency_key, uint64_t request_hash,
                                 uint64_t cluster, store_feedback_result *ret_result,
                                 triage_error *err) TRIAGE_CHECKED;

/* Adds many at once (imports), all or nothing; a same (source, text_hash, field, label) is left
 * out. Of several accepted ones of a text and field the latest by created_at stays accepted. */
triage_status store_import_feedback(store *s, const store_feedback *feedback, size_t n,
                                    store_import_counts *counts, triage_error *err) TRIAGE_CHECKED;

typedef bool (*store_visit_feedback)(void *context, const store_feedback *feedback);

/* Zero-initialise for everything. */
typedef struct store_feedback_filter {
    int64_t since, until;
    const char *field, *label, *source, *key_id; /* NULL: any */
    bool has_status;
    store_feedback_status status;
    bool has_text; /* only this text_hash */
    uint64_t text_hash;
    uint64_t after_sequence; /* only later ones */
    const char *before;      /* an id: only older ones (cursor), newest first */
    bool is_oldest_first; /* in the order of `sequence`; else newest first, by created_at and id */
    uint32_t limit;       /* 0: no limit */
} store_feedback_filter;

triage_status store_each_feedback(store *s, const store_feedback_filter *filter,
                                  store_visit_feedback visit, void *context,
                                  triage_error *err) TRIAGE_CHECKED;

/*
 * An admin's decision on a held correction: accepted (which supersedes earlier ones and gets a new
 * sequence, so that it counts as new) or rejected. `*ret_found` is false if no such held one.
 */
triage_status store_decide_feedback(store *s, const char *id, store_feedback_status status,
                                    const char *reason, bool *ret_found,
                                    triage_error *err) TRIAGE_CHECKED;

/* Accepted corrections with a sequence above `after`, and the highest sequence there is. */
triage_status store_count_pending(store *s, uint64_t after, uint64_t *ret_n,
                                  uint64_t *ret_last_sequence, triage_error *err) TRIAGE_CHECKED;

/* --- audit ----------------------------------------------------------------------------------- */

typedef struct store_audit {
    int64_t at;
    uint64_t sequence;              /* given by the store */
    store_text who, action, target; /* who: key id, or "local" */
    store_text old_value, new_value;
} store_audit;

triage_status store_add_audit(store *s, const store_audit *entry, triage_error *err) TRIAGE_CHECKED;
/* Newest first, those before `before` (0: all), at most `limit`. */
triage_status store_each_audit(store *s, uint64_t before, uint32_t limit,
                               bool (*visit)(void *, const store_audit *), void *context,
                               triage_error *err) TRIAGE_CHECKED;

/* --- settings: small values that processes share --------------------------------------------- */

/* Sets `value` (NULL: removes it) and writes the audit entry (`who`) with the old and new value. */
triage_status store_set(store *s, const char *name, const char *value, const char *who,
                        triage_error *err) TRIAGE_CHECKED;
/* A copy to be freed with free(), or NULL. */
triage_status store_get(store *s, const char *name, char **ret_value,
                        triage_error *err) TRIAGE_CHECKED;

/* --- keys ------------------------------------------------------------------------------------ */

typedef struct store_key {
    store_text id, name, role;
    store_text hash;                /* of the secret, in hexadecimal; never the secret */
    int64_t created_at, revoked_at; /* revoked_at 0: valid */
} store_key;

/* Writes the audit entry, too, as store_revoke_key() does. */
triage_status store_add_key(store *s, const store_key *key, const char *who,
                            triage_error *err) TRIAGE_CHECKED;
triage_status store_revoke_key(store *s, const char *id, const char *who, bool *ret_found,
                               triage_error *err) TRIAGE_CHECKED;
triage_status store_each_key(store *s, bool (*visit)(void *, const store_key *), void *context,
                             triage_error *err) TRIAGE_CHECKED;

/* --- retrains -------------------------------------------------------------------------------- */

typedef struct store_retrain {
    uint64_t id;        /* given by the store */
    store_text trigger; /* "feedback", "request", "schedule", "start" */
    store_text who;
    store_text state;               /* "requested", "running", "done" */
    store_text result, reason;      /* when done: "promoted", "rejected", "failed", and why */
    store_text champion, candidate; /* versions compared */
    store_text details;             /* JSON: the comparison; NULL */
    int64_t requested_at, started_at, finished_at; /* 0: not yet */
} store_retrain;

triage_status store_request_retrain(store *s, const char *trigger, const char *who,
                                    uint64_t *ret_id, triage_error *err) TRIAGE_CHECKED;
/* Marks the oldest requested one running, and later requested ones with it: finishing the one
 * finishes all. */
triage_status store_take_retrain(store *s, uint64_t *ret_id, bool *ret_found,
                                 triage_error *err) TRIAGE_CHECKED;
triage_status store_finish_retrain(store *s, const store_retrain *retrain,
                                   triage_error *err) TRIAGE_CHECKED;
/* Newest first. */
triage_status store_each_retrain(store *s, uint32_t limit,
                                 bool (*visit)(void *, const store_retrain *), void *context,
                                 triage_error *err) TRIAGE_CHECKED;
/* Runs that were cut off: marked running although nobody holds the lock. Called under the lock. */
triage_status store_fail_interrupted_retrains(store *s, triage_error *err) TRIAGE_CHECKED;

/*
 * At most one holder among all processes: an advisory lock of PostgreSQL, or a lock file beside the
 * SQLite file. `*ret_held` is false if someone else has it. Ends with the process, however it ends;
 * with PostgreSQL also with the connection: store_lock_is_held() tells. True if this store holds it
 * already.
 */
triage_status store_lock_retrainer(store *s, bool *ret_held, triage_error *err) TRIAGE_CHECKED;
bool store_lock_is_held(store *s);
void store_unlock_retrainer(store *s);

/* --- models in the database (PostgreSQL): versions for processes that share no folder -------- */

typedef struct store_model {
    store_text version;  /* "v000001" */
    store_text manifest; /* JSON */
    store_text model;    /* bytes; NULL in lists */
} store_model;

/* Both stores have the functions. A version is never changed: the same once more is fine, other
 * bytes are ERROR_ARGUMENT. */
triage_status store_put_model(store *s, const store_model *model, triage_error *err) TRIAGE_CHECKED;
/* Deletes a version; fine if there is none. */
triage_status store_remove_model(store *s, const char *version, triage_error *err) TRIAGE_CHECKED;
triage_status store_get_model(store *s, const char *version,
                              bool (*visit)(void *, const store_model *), void *context,
                              bool *ret_found, triage_error *err) TRIAGE_CHECKED;
triage_status store_each_model(store *s, bool (*visit)(void *, const store_model *), void *context,
                               triage_error *err) TRIAGE_CHECKED;

/* How many versions there are and the number of the last event: whether anything is new. */
triage_status store_count_models(store *s, uint64_t *ret_n, uint64_t *ret_last_event,
                                 triage_error *err) TRIAGE_CHECKED;

/* A line of the versions' history (docs/formats/registry.md). The champion is the version of the
 * last change: there is no other place that says it. */
typedef struct store_model_event {
    uint64_t sequence;            /* given by the store: counts up from 1 */
    int64_t at;                   /* 0: now */
    store_text action;            /* "promoted" and "rolled_back" are changes of the champion */
    store_text version, previous; /* previous: the champion of that moment, "" if none */
    store_text who, reason;
} store_model_event;

/*
 * Adds the events, in their order, all or none. A change is only made while its `previous` is the
 * champion (else ERROR_ARGUMENT: "the champion has changed") and left out if its version is live
 * already, so that it may be repeated; the champion afterwards must be one of the versions.
 */
triage_status store_add_model_events(store *s, const store_model_event *events, size_t n,
                                     triage_error *err) TRIAGE_CHECKED;
/* Oldest first. */
triage_status store_each_model_event(store *s, bool (*visit)(void *, const store_model_event *),
                                     void *context, triage_error *err) TRIAGE_CHECKED;

/* --- changes and age ------------------------------------------------------------------------- */

/*
 * Waits until something changed that others should see (feedback, settings, keys, retrains,
 * models), by any process, or `timeout_ms` have passed, or store_wake() was called. LISTEN with
 * PostgreSQL; within the process and by looking at the file's change counter with SQLite.
 * `*io_seen` is what the caller has seen: 0 at first, then what the last wait left there. A wait
 * may end although nothing changed (a connection was made anew). `timeout_ms` < 0: without end.
 */
void store_wait(store *s, uint64_t *io_seen, int timeout_ms);
void store_wake(store *s);

/* Deletes predictions (not feedback) older than `before`, at most `limit` a call. */
triage_status store_delete_predictions(store *s, int64_t before, uint32_t limit, uint64_t *ret_n,
                                       triage_error *err) TRIAGE_CHECKED;

/* A new id, ordered by time; `ret_id` holds STORE_ID_SIZE bytes. Thread-safe. */
void store_new_id(char ret_id[STORE_ID_SIZE]);

#endif
