/* The work that orgsyncd was started for. */
#ifndef ORGSYNCD_MODE_H
#define ORGSYNCD_MODE_H

enum keeper_mode {
    KEEPER_SERVE,
    KEEPER_ONCE,  /* end when every organization was listed or has failed */
    KEEPER_CHECK, /* the same, but publish nothing, and print the result that would be published */
};

#endif
