#!/usr/bin/env perl
# Members of an organization of orgd, by its API alone, for tests that measure time.
#   membership.pl URL TOKEN ORG join NAME ROLE    NAME becomes a member, again or for the first time; the account's token is kept in /root/people/NAME.token
#   membership.pl URL TOKEN ORG remove ID UID     removes the member ID, and prints the milliseconds from the API's answer to the end of the last process
#                                                 that runs as UID, or has that login uid and is in a session of that user's. After 10 s it prints
#                                                 what is left, and exits with 1.
# TOKEN is the owner's.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($url, $token, $org, $what, @args) = @ARGV;

sub slurp {
    open(my $f, '<', $_[0]) or return '';
    local $/;
    return <$f> // '';
}

# call PATH TOKEN FIELD VALUE...: the reply, and when its first line was there
sub call {
    my ($path, $bearer, %field) = @_;
    my $body = encode_json(\%field);
    my $socket = $url =~ m{^unix:(.*)} ? IO::Socket::UNIX->new(Peer => $1) : IO::Socket::INET->new(PeerAddr => $url =~ s{^http://}{}r);
    die "no connection to $url: $!\n" if !$socket;
    print $socket "POST /v1/organizations/$path HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n",
        ($bearer ? "Authorization: Bearer $bearer\r\n" : ''), "Content-Length: ", length $body, "\r\n\r\n$body";
    $socket->flush;
    my $status = <$socket> // '';
    my $begun = clock_gettime(CLOCK_MONOTONIC);
    local $/;
    my $rest = <$socket> // '';
    die "$path: $status$rest\n" if $status !~ m{^HTTP/1.1 200};
    return ($begun, decode_json($rest =~ s/.*?\r\n\r\n//sr));
}

# The processes that are tied to the user, zombies left out.
sub running {
    my ($uid) = @_;
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

sub become_member {
    my ($name, $role) = @_;
    my $kept = "/root/people/$name.token";
    my (undef, $made) = call('invitations/create', $token, organizationId => $org, email => "$name\@acme.example", role => $role);
    my $invitation = $made->{token} // $made->{invitation}{token};
    my $bearer = slurp($kept);
    my (undef, $accepted) = call('invitations/accept', $bearer, token => $invitation, username => $name);
    return if $bearer;
    open(my $f, '>', $kept) or die "$kept: $!\n";
    print $f $accepted->{apiToken}{bearer};
}

sub remove_member {
    my ($id, $uid) = @_;
    my ($begun) = call('members/remove', $token, organizationId => $org, userId => $id);
    my @left;
    while (@left = running($uid)) {
        next if clock_gettime(CLOCK_MONOTONIC) - $begun < 10;
        print join(' ', map { "$_:" . slurp("/proc/$_/cmdline") =~ tr/\0/ /r } @left), "\n";
        exit 1;
    }
    printf "%.1f\n", 1000 * (clock_gettime(CLOCK_MONOTONIC) - $begun);
}

$what eq 'join' ? become_member(@args) : remove_member(@args);
