/* The fetcher's cage: what a process that parses an organization's answers has no business doing.
 */
#ifndef ORGSYNCD_SANDBOX_H
#define ORGSYNCD_SANDBOX_H

/*
 * From here on this process, and what it may ever become, starts no process and no program, writes
 * no file and changes none, opens no sockets but unix, TCP and UDP ones (and asks netlink for
 * routes), binds none of them, and changes neither its identity nor its namespaces. It reaches no
 * other process: no signal, no limit, no scheduling, no memory or queue shared by a name; nor does
 * it end a socket for those who share it. Such a call fails with EPERM, clone3 and calls newer than
 * Linux 5.17 with ENOSYS; a call by another architecture's numbers ends the process.
 *
 * Threads, TLS, the resolver, and signals to itself go on working. Call it last, while one thread
 * runs, in the process that it is for: it knows its number. Returns 0, or -1 with errno when there
 * can be no filter; the process is then as it was, and not fit to meet the network.
 */
int sandbox_enter(void);

#endif
