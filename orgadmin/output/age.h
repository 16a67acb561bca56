/* Times as people say them. */
#ifndef ORGADMIN_OUTPUT_AGE_H
#define ORGADMIN_OUTPUT_AGE_H

/* "3 d ago" or "in 6 d" for TEXT, a time of RFC 3339 in UTC, in OUT, which is returned; TEXT itself
 * when it is no such time. */
#define AGE_MAX 32
const char *age_of(const char *text, char out[AGE_MAX]);

#endif
