/* The fetcher's cage: what a process that parses an organization's answers has no business doing.
 */
#ifndef ORGSYNCD_SANDBOX_H
#define ORGSYNCD_SANDBOX_H

/*
 * From here on this process, and what it may ever become, starts no program, writes no file and
 * changes none, opens no kind of socket but unix and internet ones, and changes neither its
 * identity, its namespaces nor other processes: such a system call fails with EPERM. Returns 0, or
 * -1 with errno when the kernel has no seccomp filters.
 */
int sandbox_enter(void);

#endif
