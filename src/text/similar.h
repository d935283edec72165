/* SPDX-License-Identifier: MIT */
/*
 * Near-copies of tickets: the same complaint from many people, a ticket that was forwarded or sent
 * twice. Two texts are near-copies if of the words that either has, 70 % are in both (Jaccard
 * similarity). Words with a digit do not count, as ticket numbers and dates differ between copies,
 * unless there are no others; nor does what is behind the first SIMILAR_MAX_WORDS different words.
 */
#ifndef TEXT_SIMILAR_H
#define TEXT_SIMILAR_H

#include <stddef.h>
#include <stdint.h>

#define SIMILAR_MAX_WORDS 256

/*
 * The texts that were seen last, one for each cluster of near-copies. Found by MinHash and
 * locality-sensitive hashing, then compared word by word: what is called a near-copy is one, and of
 * the pairs that share 70 % about 1 in 80 is missed, of those that share 80 % 1 in 5,000. Not
 * thread-safe: owned by one thread, or the caller locks.
 */
typedef struct similar_index similar_index;

/* Room for `capacity` texts, at least 1; about 1 KB each. NULL if out of memory. */
similar_index *similar_index_new(size_t capacity);
void similar_index_free(similar_index *index);

/*
 * The cluster of the most similar near-copy of `text` in the index, which then counts as just seen;
 * or `own_cluster`, under which the text is added, in place of the one that was not seen for
 * longest if the index is full. Any bytes, any length. Without memory, or if `text` is longer than
 * TEXT_MAX_BYTES, `own_cluster`, and nothing is added.
 */
uint64_t similar_index_place(similar_index *index, const char *text, size_t length,
                             uint64_t own_cluster);

/* Forgets the texts of a cluster, such as one that has been answered; none is fine. */
void similar_index_remove(similar_index *index, uint64_t cluster);

/* The number of texts in the index. */
size_t similar_index_length(const similar_index *index);

/*
 * The same for texts that differ only in case, punctuation, white space and Unicode form: a hash of
 * the words, folded and joined by spaces; without any word SIMILAR_EMPTY_HASH. The same on every
 * machine, so it may be stored. Without memory, or if `text` is longer than TEXT_MAX_BYTES, a hash
 * of its bytes. Thread-safe.
 */
uint64_t similar_text_hash(const char *text, size_t length);

#define SIMILAR_EMPTY_HASH ((uint64_t)0x74726961676530)

#endif
