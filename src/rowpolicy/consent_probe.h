/*
 * consent_probe.h
 *		Reading the sets of consents.
 */
#ifndef DM_ROWPOLICY_CONSENT_PROBE_H
#define DM_ROWPOLICY_CONSENT_PROBE_H

#include "executor/execdesc.h"

/* Makes the probes of a query's scans, which is ready to run, as fast as can be. */
extern void dm_consent_executor_started(QueryDesc *queryDesc);

#endif /* DM_ROWPOLICY_CONSENT_PROBE_H */
