/*
 * sketch_json.h
 *		What a sketch says, as JSON.
 */
#ifndef DM_SKETCH_SKETCH_JSON_H
#define DM_SKETCH_SKETCH_JSON_H

#include "utils/jsonb.h"

#include "sketch/sketch.h"

#define DM_SKETCH_TOP  10
#define DM_SKETCH_BINS 10

/* Each is NULL where the sketch has nothing to say. */
extern Jsonb *dm_sketch_quantiles_json(const DmSketch *sketch);
extern Jsonb *dm_sketch_top_json(const DmSketch *sketch, int limit);
extern Jsonb *dm_sketch_lengths_json(const DmSketch *sketch);
extern Jsonb *dm_sketch_shapes_json(DmSketch *sketch, int limit);
extern Jsonb *dm_sketch_histogram_json(const DmSketch *sketch);

/* By how much the numbers may be wrong. */
extern Jsonb *dm_sketch_errors_json(const DmSketch *sketch);

#endif /* DM_SKETCH_SKETCH_JSON_H */
