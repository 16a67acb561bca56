/*
 * Room that is kept on the disk for the next snapshot and what the ledger stores with it: what an
 * organization takes from somebody counts also where others have filled the disk. A file without
 * content; where the file system has no fallocate(2) there is none.
 */
#ifndef ORGSYNCD_RESERVE_H
#define ORGSYNCD_RESERVE_H

/* Gives the room back, to be written into at once. */
void reserve_release(void);

/* Takes room for a snapshot like the one that there is. That there is not enough is logged, once
 * until there is. */
void reserve_take(void);

#endif
