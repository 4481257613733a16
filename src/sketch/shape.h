/*
 * shape.h
 *		What a text looks like: "AAA-999".
 */
#ifndef DM_SKETCH_SHAPE_H
#define DM_SKETCH_SHAPE_H

/* A shape has at most so many characters, all of them ASCII. */
#define DM_SHAPE_SIZE 40

/*
 * Writes the shape of a text, without a terminator, and returns its length.  Upper-case letters
 * become A, others a, digits 9, characters outside of ASCII x; blanks and punctuation stay.  A text
 * of more characters than a shape has has the shape "...".
 */
extern int dm_shape(const char *bytes, int len, char *shape);

/* How many characters these bytes are in the database's encoding. */
extern int64 dm_count_characters(const char *bytes, int len);

#endif /* DM_SKETCH_SHAPE_H */
