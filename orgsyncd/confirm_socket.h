/*
 * The sockets at which orgsyncd takes requests of common/confirm.h. Root and orglogin-keys have one
 * of their own (confirm_path), so that other users cannot fill its queue.
 */
#ifndef ORGSYNCD_CONFIRM_SOCKET_H
#define ORGSYNCD_CONFIRM_SOCKET_H

enum confirm_socket { CONFIRM_FOR_ALL, CONFIRM_FOR_ROOT, CONFIRM_FOR_KEYS, CONFIRM_SOCKETS };

/* Sets all descriptors to -1, "does not listen". */
void confirm_sockets_init(int fd[CONFIRM_SOCKETS]);

/* Replaces the sockets' files and listens, without blocking. Without a group orglogin-keys in
 * /etc/group there is no socket for it. Returns 0; or -1, logged, when one of them cannot be made.
 * The descriptors are then -1 from that one on. */
int confirm_sockets_listen(int fd[CONFIRM_SOCKETS]);

/* Removes the files of the sockets that listen. The descriptors stay open. */
void confirm_sockets_remove(const int fd[CONFIRM_SOCKETS]);

#endif
