/*
 * maskprobe.h
 *		Trying a mask on a sample value when it is assigned.
 */
#ifndef DM_CLASSIFY_MASKPROBE_H
#define DM_CLASSIFY_MASKPROBE_H

/*
 * Runs the mask on a sample of the type, so that arguments which are no good are an
 * error now and not at every read.  Types that we know no sample of are not tried.
 */
extern void dm_mask_probe(const char *spec, Oid typid, int32 typmod);

#endif /* DM_CLASSIFY_MASKPROBE_H */
