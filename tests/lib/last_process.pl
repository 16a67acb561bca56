#!/usr/bin/env perl
# last_process.pl URL TOKEN ORG ID UID: removes the member ID, and prints the milliseconds from the API's answer to the end of the last process that
# runs as UID, or has that login uid and is in a session of that user's. After 10 s it prints what is left, and exits with 1.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

my ($url, $token, $org, $id, $uid) = @ARGV;

sub slurp {
    open(my $f, '<', $_[0]) or return '';
    local $/;
    return <$f> // '';
}

# The processes that are tied to the user, zombies left out.
sub running {
    my @found;
    opendir(my $proc, '/proc') or die;
    for my $pid (grep { /^\d+$/ } readdir $proc) {
        my $status = slurp("/proc/$pid/status");
        next if $status !~ /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)/m;
        my $own = $1 == $uid || $2 == $uid || $3 == $uid || $4 == $uid;
        next if $status =~ /^State:\t[ZX]/m;
        my $session = !$own && slurp("/proc/$pid/loginuid") eq $uid && slurp("/proc/$pid/cgroup") =~ m{/user-$uid\.slice/};
        push @found, $pid if $own || $session;
    }
    return @found;
}

my $body = qq({"organizationId":"$org","userId":"$id"});
my $socket = $url =~ m{^unix:(.*)} ? IO::Socket::UNIX->new(Peer => $1) : IO::Socket::INET->new(PeerAddr => $url =~ s{^http://}{}r);
die "no connection to $url: $!\n" if !$socket;
print $socket "POST /v1/organizations/members/remove HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\n",
    "Connection: close\r\nContent-Length: ", length $body, "\r\n\r\n$body";
$socket->flush;
my $status = <$socket> // '';
my $begun = clock_gettime(CLOCK_MONOTONIC);
die "not removed: $status\n" if $status !~ m{^HTTP/1.1 200};
my @left;
do {
    @left = running();
    if (@left and clock_gettime(CLOCK_MONOTONIC) - $begun > 10) {
        print join(' ', map { "$_:" . slurp("/proc/$_/cmdline") =~ tr/\0/ /r } @left), "\n";
        exit 1;
    }
} while @left;
printf "%.1f\n", 1000 * (clock_gettime(CLOCK_MONOTONIC) - $begun);
