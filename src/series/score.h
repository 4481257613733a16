/*
 * score.h
 *		How rare a score is among those that a series had before.
 *
 * A score is an error of prediction in units of the usual error, with its sign.  Counts of
 * scores in bins that grow by a constant factor are all that is kept of them.
 */
#ifndef DM_SERIES_SCORE_H
#define DM_SERIES_SCORE_H

/* four bins to a factor of two, from 1/8 up to 2^13 */
#define DM_SCORE_BINS 64

typedef struct DmScores
{
	double total;
	float above[DM_SCORE_BINS]; /* value above what was predicted */
	float below[DM_SCORE_BINS];
} DmScores;

extern void dm_scores_add(DmScores *scores, double score);

/*
 * The score that is exceeded on one side with at most this probability: infinite if nothing can
 * be said yet.  run is how many scores in a row tell the same: the scores count for so many fewer.
 */
extern double dm_scores_limit(const DmScores *scores, bool above, double probability, double run);

#endif /* DM_SERIES_SCORE_H */
