/*
 * siphash.h
 *		SipHash-2-4 with 128 bits of output.
 *
 * Keyed, so that nobody who can choose keys of subjects finds two with the same digest.
 */
#ifndef DM_ROWPOLICY_SIPHASH_H
#define DM_ROWPOLICY_SIPHASH_H

extern void dm_siphash(const uint64 key[2], const void *data, Size len, uint64 *hi, uint64 *lo);

#endif /* DM_ROWPOLICY_SIPHASH_H */
