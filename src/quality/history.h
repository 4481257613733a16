/*
 * history.h
 *		The history of checks: datamesh.check_result.
 */
#ifndef DM_QUALITY_HISTORY_H
#define DM_QUALITY_HISTORY_H

#define Anum_dm_check_result_id			   1
#define Anum_dm_check_result_run		   2
#define Anum_dm_check_result_at			   3
#define Anum_dm_check_result_product	   4
#define Anum_dm_check_result_relation	   5
#define Anum_dm_check_result_relation_name 6
#define Anum_dm_check_result_rule		   7
#define Anum_dm_check_result_source		   8
#define Anum_dm_check_result_column_name   9
#define Anum_dm_check_result_metric		   10
#define Anum_dm_check_result_dimension	   11
#define Anum_dm_check_result_severity	   12
#define Anum_dm_check_result_verdict	   13
#define Anum_dm_check_result_measured	   14
#define Anum_dm_check_result_measured_text 15
#define Anum_dm_check_result_must		   16
#define Anum_dm_check_result_unit		   17
#define Anum_dm_check_result_rows_checked  18
#define Anum_dm_check_result_failing	   19
#define Anum_dm_check_result_message	   20
#define Anum_dm_check_result_elapsed	   21
#define Anum_dm_check_result_checked_by	   22

/* Value of datamesh.check_retention, in minutes; 0 keeps everything. */
extern int dm_check_retention_time;

/* Deletes the results that are older; how many these were. */
extern int64 dm_check_retention(void);

#endif /* DM_QUALITY_HISTORY_H */
