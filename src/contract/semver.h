/*
 * semver.h
 *		Versions of contracts: semantic versions, and what people write for them.
 */
#ifndef DM_CONTRACT_SEMVER_H
#define DM_CONTRACT_SEMVER_H

/*
 * Contracts also say "1", "2.1" or "v1.0.0".  Such a version is valid and has
 * its missing parts as 0; exact tells that it is a semantic version to the letter.
 */
typedef struct DmSemver
{
	bool valid;
	bool exact;
	int major;
	int minor;
	int patch;
	char *prerelease; /* "rc.1" of 1.0.0-rc.1, or NULL */
	char *build;	  /* "5" of 1.0.0+5, or NULL; has no weight */
} DmSemver;

/* never fails: what is no version is not valid, and NULL is none */
extern DmSemver dm_semver_parse(const char *text);

/* the order of semver.org §11; a version that is not valid is before all others */
extern int dm_semver_compare(const DmSemver *a, const DmSemver *b);

#endif /* DM_CONTRACT_SEMVER_H */
