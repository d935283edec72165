/* SPDX-License-Identifier: MIT */
/*
 * The review queue by cluster: for each cluster with waiting predictions how many there are, the
 * most uncertain one and the cluster's place in the queue. Kept along with the predictions, in the
 * same transactions, so that a page of the queue is a walk along an index.
 *
 * Predictions are changed before their clusters, and clusters in ascending order, in all
 * transactions: so that two of them do not wait for each other.
 */
#ifndef STORE_CLUSTERS_H
#define STORE_CLUSTERS_H

#include "store/database.h"

/* Waiting predictions of a cluster that were added. */
typedef struct cluster_growth {
    uint64_t cluster;
    uint64_t n;
    double uncertainty; /* the highest, */
    const char *id;     /* and whose it is; of equal ones the lowest id */
} cluster_growth;

/* Several of one cluster are put together; `growth` is reordered. */
triage_status clusters_grow(connection *c, cluster_growth *growth, size_t n,
                            triage_error *err) TRIAGE_CHECKED;

/* Clusters of which predictions no longer wait, in any order and more than once. */
typedef struct cluster_list {
    uint64_t *clusters; /* owned */
    size_t n, capacity;
    bool failed; /* out of memory */
} cluster_list;

void cluster_list_add(cluster_list *list, uint64_t cluster);
void cluster_list_free(cluster_list *list);

/* Counts them anew from the predictions. */
triage_status clusters_refresh(connection *c, cluster_list *list, triage_error *err) TRIAGE_CHECKED;

#endif
