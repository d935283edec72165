/* SPDX-License-Identifier: MIT */
/* Writing an entry of the audit log in the transaction of what it reports. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/database.h"

/* Numbers the entry; takes the lock that keeps the numbers in order (connection_lock()). */
triage_status audit_add(connection *c, const store_audit *entry, triage_error *err) TRIAGE_CHECKED;

#endif
