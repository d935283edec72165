/* SPDX-License-Identifier: MIT */
/* Training as a step from an earlier model. */
#ifndef TRAIN_TRAIN_AGAIN_H
#define TRAIN_TRAIN_AGAIN_H

#include "triage/train.h"

/*
 * triage_train(), but where the preset is `auto` the features and the regularisation that were
 * chosen for `previous` (NULL: none) are taken over, if they were chosen with the same seed and for
 * about as many tickets. Choosing takes most of the time of `auto`, and a few corrections do not
 * change its outcome. The same arguments give the same bytes.
 */
triage_status train_again(const triage_dataset *dataset, const triage_train_options *options,
                          const triage_model *previous, triage_model **ret_model,
                          triage_error *err) TRIAGE_CHECKED;

#endif
