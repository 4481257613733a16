/*
 * check_api.h
 *		Checks that somebody asks for.
 */
#ifndef DM_QUALITY_CHECK_API_H
#define DM_QUALITY_CHECK_API_H

#include "quality/check.h"

/* The product, after the check that the current user may see how it does. */
extern DmProduct *dm_check_product(const char *name);

#endif /* DM_QUALITY_CHECK_API_H */
