#!/bin/bash
# The snapshot in a container: with the directory mounted it has what the host publishes, with the file alone it keeps what was there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../lib/root.sh"
inside_root
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/host.sh"

# container NAME: a root of its own, as this one is, with nothing in /var/lib/orglogin
container() {
    mkdir -p "/mnt/$1"
    mount --bind / "/mnt/$1" && mount -t tmpfs state "/mnt/$1/var/lib"
    mkdir "/mnt/$1/var/lib/orglogin"
}
# has CONTAINER NAME: the name, if the container has a user of that name
has() { chroot "/mnt/$1" getent passwd "$2" | cut -d: -f1; }
# explains CONTAINER NAME: the decision of pam_org in it
explains() { chroot "/mnt/$1" orgadmin host explain "$2" sshd 2>&1; }

configure_file_provider
publish ada:admin >/dev/null
container directory
container file
mount --bind -o ro /var/lib/orglogin /mnt/directory/var/lib/orglogin
touch /mnt/file/var/lib/orglogin/snapshot
mount --bind -o ro $SNAPSHOT /mnt/file$SNAPSHOT
is "$(has directory ada) $(has file ada)" 'ada ada' 'a container sees a member in a mounted directory, and in a mounted file'
publish ada:admin mia:member >/dev/null
is "$(has directory mia)" mia 'a container with the mounted directory sees a new member'
is "$(has file mia)" '' 'a container with the mounted file alone does not see a new member'
publish mia:member >/dev/null
is "$(has directory ada; chroot /mnt/directory getent passwd ada | cut -d: -f7)" $'ada\n/usr/sbin/nologin' \
    'a container with the mounted directory sees a removal'
like "$(explains directory mia)" '^decision +allowed \(offline\)' 'pam_org in a container with the mounted directory admits a member'
like "$(explains file ada)" '^decision +refused \(unavailable\)' 'pam_org in a container with the mounted file alone refuses a member who was removed'
like "$(explains file mia)" '^decision +refused \(unavailable\)' 'pam_org in a container with the mounted file alone refuses a new member'
done_testing
