/*
 * yaml_scalar.h
 *		What a plain scalar of YAML means.
 */
#ifndef DM_FORMAT_YAML_SCALAR_H
#define DM_FORMAT_YAML_SCALAR_H

typedef enum DmYamlType
{
	DM_YAML_TEXT,
	DM_YAML_NULL,
	DM_YAML_TRUE,
	DM_YAML_FALSE,
	DM_YAML_INT,
	DM_YAML_OCTAL, /* 0o17 */
	DM_YAML_HEX,   /* 0x1F */
	DM_YAML_FLOAT,
	DM_YAML_INFINITY,
	DM_YAML_NAN
} DmYamlType;

/* By the core schema of YAML 1.2 */
extern DmYamlType dm_yaml_type(const char *text, int len);

/* Whether YAML 1.1 or a loose reader would take the text for something else than text. */
extern bool dm_yaml_ambiguous(const char *text, int len);

#endif /* DM_FORMAT_YAML_SCALAR_H */
