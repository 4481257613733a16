/*
 * number_sort.h
 *		Sorting numbers.
 */
#ifndef DM_SKETCH_NUMBER_SORT_H
#define DM_SKETCH_NUMBER_SORT_H

/* Sorts n finite numbers; spare has room for as many. */
extern void dm_sort_numbers(double *items, double *spare, int n);

/*
 * Merges a sorted run into sorted items, which have room for it behind their end; the run is
 * somewhere else.
 */
extern void dm_merge_numbers(double *items, int n, const double *run, int nrun);

#endif /* DM_SKETCH_NUMBER_SORT_H */
