/* SPDX-License-Identifier: MIT */
/*
 * The Open Inference Protocol (v2, REST): metadata, health and /infer of the model "triage".
 *
 * Input `text` BYTES [n]. Outputs, of the first field: `label` BYTES [n], `score` FP32 [n],
 * `decision` BYTES [n], `scores` FP32 [n, classes], `labels` BYTES [classes]; of each further field
 * the same with its name and a dot in front. For all: `words` INT64 [n, 2] (words, known words),
 * and with the parameter "explain": true `explanation` BYTES [n]. Without "outputs" all but
 * `explanation` are given. Decisions are by the model's own thresholds. Errors are {"error"} here,
 * as the protocol says.
 */
#ifndef SERVICES_INFERENCE_INFER_H
#define SERVICES_INFERENCE_INFER_H

#include "http/server.h"
#include "services/inference/infer_request.h"
#include "services/prediction/engine.h"

/* Bytes of a request: some hundred long tickets. */
#define INFER_BODY_BYTES ((uint32_t)8 << 20)

/* Rows whose service is an engine. */
extern const http_route infer_routes[];
extern const size_t n_infer_routes;

#endif
