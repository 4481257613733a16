/*
 * sketchrule.h
 *		Rules that are measured by a sketch: their argument "method" says so.
 *
 * A sketch takes a few kilobytes however many rows there are, adds up over parallel workers, and
 * tells by how much it may be wrong.  It tells how many different values there are, quantiles and
 * the most common value; not which keys occur more than once.
 */
#ifndef DM_QUALITY_SKETCHRULE_H
#define DM_QUALITY_SKETCHRULE_H

#include "quality/measure_part.h"

extern bool dm_rule_sketches(const DmRule *rule);

/* That values of the column's type have what the metric needs; as the relation's owner. */
extern void dm_sketch_rule_check(const DmRule *rule);

/* Such a rule's part in the shared scan: the sketch of its column. */
extern void dm_plan_sketch(DmMeasuring *m);

#endif /* DM_QUALITY_SKETCHRULE_H */
