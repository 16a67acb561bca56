#!/bin/bash
# A data file of version 2 (version-2.sql), where nothing knew its maker: the audit events tell, and what a removed member had handed out opens nothing.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
only_sqlite 'it is about older data files'
org=org_8so3wrrdbkbbav7t08ct
OWNER=live_n64nhpn5mwzslx2utp4p:9esLlbgPghFbwTKx-HtGuZwdvNG-1zOCAUJcEwkbP2k
bob=live_hrnnisizgxf8p004lt3l:5Tlh_Us7ByG2UKCl-PWV2GK6aaIlI1dawnjdLMTXmYI
eve=live_25gjynr0r2nu1y1k090g:qRmMdKghr3AzfVI-Egr4DVznv9yG5FUdztL7lo372Z8
bobs_token=live_s5xw4yuqok2qqycjr88b:VQjxgMxtfO_qs__9f75V8R6xjGDnHhzUJyb-_WZND28
nested=live_qe8s8il0hlgmsyvemj1i:Jv37LRR2ltkX0njfu3sStYz11cVSVVZ1auAXkhqjv2c
bobs_code=code_pyuadyo419414lbknlrc:kLnLiC5d-czjuxV4WLhB6BW_zvv5i_5xZmsSNB1-TDM
eves_code=code_1mbx58p8vcih6y0emixf:MNzyS8cdjs70hiddTK9DYxteohI9Zx122uWcONNQVn0
bobs_invitation=inv_jv72947v0ssl5dehj0dg:2v2tT0-Q2ngOzgNHMUZsHPlTtTbBztbviOOuUwEsF6w
eves_invitation=inv_3p5dsf31wteofn58lane:TKwQbl0wUX1JojdcN7Ma1iHkEjVD92u2j-crhzfmgPM
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-2.sql" > /dev/null)

rows="SELECT id, email, username, name, created_at FROM users; SELECT id, name, created_at, revision FROM organizations; SELECT organization_id, user_id, role, active, joined_at, revision FROM members; SELECT id, organization_id, email, role, hex(secret_hash), created_at, expires_at FROM invitations WHERE id NOT LIKE 'inv_jv%'; SELECT key, hex(secret_hash), last_four, user_id, organization_id, role, name, test, created_at FROM tokens; SELECT id, organization_id, role, max_uses, uses, hex(secret_hash), created_at FROM join_codes WHERE id NOT LIKE 'code_py%'; SELECT * FROM events WHERE id <= 17"
sql "$rows" > "$T/before"
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 2'
sql "$rows" > "$T/after"
ok 'a migration from version 2 keeps every row but two that it withdraws' cmp "$T/before" "$T/after"
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a migration from version 2'

at() { call "/organizations/$1" "{\"organizationId\":\"$org\"${2:+,$2}}" "${3-$OWNER}"; }
listed() { at "$1/list"; field "[.$2[] | \"\\($3) \\(.makerName)\"] | sort | join(\", \")"; }
is "$(listed tokens tokens .name)" 'bobs bob, deploy ann, nested ann' 'a migrated token has its maker, even if a token made it'
is "$(listed invitations invitations .email)" 'fay@example.org eve' 'a migrated invitation has its maker, and that of a maker who left is withdrawn'
is "$(listed join-codes joinCodes .role)" 'member eve' 'a migrated join code has its maker, and that of a maker who left is withdrawn'

is "$(sql 'SELECT actor_name, action, subject_name, detail FROM events WHERE id > 17 AND action <> "token.sign-in"')" $'orgd|invitation.revoke|bob2@example.org|admin\norgd|join-code.revoke||admin' 'the audit log tells of the invitation and the code that the migration withdraws'
call /organizations/join-codes/join "{\"code\":\"$bobs_code\"}" "$bob"; is "$status" 404 'a removed member does not come back by the own code from before the migration'
call /organizations/join-codes/join "{\"code\":\"$eves_code\"}" "$bob"; is "$status" 403 "a removed member does not come back by another member's code"
call /organizations/invitations/accept "{\"token\":\"$bobs_invitation\",\"username\":\"bob2\"}"; is "$status" 404 "a removed member's invitation of another address is withdrawn by the migration"
at members/list '' "$bobs_token"; is "$status" 200 'a token whose maker was removed still lists members'
at invitations/create '"email":"x@example.org"' "$bobs_token"; is "$status" 403 'a token whose maker was removed invites nobody'
at members/list '' "$nested"; is "$status" 200 "a token whose maker is a member still lists members"
call /organizations/invitations/accept "{\"token\":\"$eves_invitation\",\"username\":\"dan\"}"; is "$status" 409 'a username that a member had before is not given away after the migration'
call /organizations/invitations/accept "{\"token\":\"$eves_invitation\",\"username\":\"fay\"}"; is "$status" 200 "an invitation whose maker is a member is accepted after the migration"
at members/changes '"since":7'; is "$(field '[.members[] | .username] | join(" ")')" fay 'members/changes since a revision before the migration lists the newer changes'
at invitations/create '"email":"bob@example.org"'
call /organizations/invitations/accept "{\"token\":\"$(field .token)\"}" "$bob"; is "$status" 200 'a removed member comes back by an invitation from after the migration'
counted 'quotas count what there is, 1'
orgd_end

# Who can do less than he could has handed out less.
# left STATEMENT: whose invitations and codes are left where STATEMENT was true before
left() {
    rm -f "$DATA"*
    (umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-2.sql" > /dev/null)
    sql "$1"
    orgd_start
    echo "$(listed invitations invitations .email); $(listed join-codes joinCodes .role)"
    orgd_stop
}
back="UPDATE members SET active = 1 WHERE role = 'owner'; UPDATE members SET role ="
is "$(left "$back 'admin' WHERE user_id = 'usr_8dptl4xowuxlwgg5q8gs'")" 'bob2@example.org bob, fay@example.org eve; admin bob, member eve' 'a maker who became an admin keeps what an admin can hand out'
is "$(left "$back 'member' WHERE user_id <> 'usr_5cvygb695o4f1ksglb8s'")" '; ' 'a maker who became a member keeps nothing handed out'
is "$(left "INSERT INTO roles VALUES ('$org', 'ops', 12); $back 'ops' WHERE user_id <> 'usr_5cvygb695o4f1ksglb8s'")" '; ' 'a maker whose role lacks org:view keeps nothing handed out'
is "$(left "INSERT INTO roles VALUES ('$org', 'ops', 13); $back 'ops' WHERE user_id <> 'usr_5cvygb695o4f1ksglb8s'")" 'bob2@example.org bob, fay@example.org eve; admin bob, member eve' 'a maker whose role covers what was handed out keeps all of it'
is "$(left "$back 'admin' WHERE user_id = 'usr_8dptl4xowuxlwgg5q8gs'; UPDATE invitations SET role = 'owner'")" '; admin bob, member eve' 'a maker who became an admin does not keep invitations of owners'
# --- version 4 ---
rm -f "$DATA"*
org=org_1q6t2ljqm6iazqzx3t5k
OWNER=live_qtpsqugjwh1q6a4dk6yu:oWIUw6QA4P4OnnlZJHtU9jw5sUx99OMdNOdYDQlK2gQ
bob=live_nvu1hc2kmpjv80ex7d6d:xmwpyVooC28ffQeMaNDi73TvNTITNS08A4yn8iByLdU
dan=live_qa4b01dkt59ykpi07dc0:bKLyMnr9krikVnT2HnnLL3Wu1wQJNAZ3rulfUR7SMZE
host=live_prjbqpq0h8lwxu6ck7bn:f9ORu-zKWn1yPARMzns2Cx4SmfmOKgbTEOlo4CC5NPw
code=code_cuqaro3x5btvzsuj2yt5:9Y7CL0UypYnx-VpF7B_vjGloMs0ic5HNQQnqWFxiutk
invitation=inv_lbsu58gd8ofwgg80qaax:9_-oYfl181F8FROfRDI4cc_OYs1e9IUeGs1XxngWdEQ
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-4.sql" > /dev/null)
rows="SELECT id, email, username, name, created_at FROM users; SELECT id, name, created_at, revision, self_rename, commits, hex(tag) FROM organizations; SELECT organization_id, user_id, role, active, joined_at, revision, removed_at FROM members; SELECT id, organization_id, email, role, hex(secret_hash), created_at, expires_at, maker, username, revision FROM invitations; SELECT key, hex(secret_hash), user_id, organization_id, role, name, test, created_at, maker, maker_left, expires_at, proved_at, used_at, used_from FROM tokens; SELECT * FROM join_codes; SELECT * FROM events; SELECT * FROM usernames; SELECT organization_id, number, hex(tag) FROM commits; SELECT * FROM roles"
sql "$rows" | sort > "$T/before"
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 4'
sql "$rows" | sort > "$T/after"
ok 'a migration from version 4 keeps every row' cmp "$T/before" "$T/after"
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a migration from version 4'
copy=$(ls "$DATA".version-4.*)
is "$(stat -c %a "$copy") $(sqlite3 "$copy" 'PRAGMA user_version')" '600 4' 'the file of version 4 is kept beside the migrated one'
sqlite3 "$copy" "$rows" | sort > "$T/kept"
ok 'the kept file of version 4 has every row' cmp "$T/before" "$T/kept"
like "$(cat "$ORGD_LOG")" "migrates from version 4 to $SCHEMA; the file as it was is $copy" 'the log names the kept file'
at members/changes '"since":0' "$host"; is "$(field '[.members[] | "\(.username) \(.role) \(.state)"] | join(", ")')" 'ann owner active, bob admin active, eve ops active, dan owner removed' 'a token from before the migration lists the members'
call /organizations/join-codes/join "{\"code\":\"$code\"}" "$dan"; expect 403 removed 'a member who was removed before the migration does not come back by a join code'
call /organizations/invitations/accept "{\"token\":\"$invitation\",\"username\":\"fay\"}"; is "$status" 200 'an invitation of version 4 is accepted'
counted 'quotas count what there is, 2'
orgd_end

# --- version 7 ---
rm -f "$DATA"*
org=org_tudvmslh9m39roiwthdy
OWNER=live_a37g7pyg6wzp10guenhj:OgJfMncH5SjZ_b7RbXCZ3Ow3kjMrIvSh_G_dFL-uEAM
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-7.sql" > /dev/null)
keys="SELECT user_id, fingerprint, type, blob, comment, created_at, expires_at FROM ssh_keys ORDER BY fingerprint"
sql "$keys" > "$T/before"
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 7'
sql "$keys" > "$T/after"
ok 'a migration from version 7 keeps every ssh key' cmp "$T/before" "$T/after"
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a migration from version 7'
at members/list; is "$(field '[.members[].keys[] | .blob] | sort | join(" ")')" "$(cut -d'|' -f4 "$T/before" | sort | xargs)" 'every key is delivered as before'
call /organizations/get "{\"organizationId\":\"$org\"}" "$OWNER"
is "$(field '.organization | "\(.keyAdders) \(.keyDays) \(.securityKeysOnly)"')" 'members 0 false' 'an organization takes all keys of its members after the migration'
counted 'quotas count what there is, 3'
orgd_end

# --- version 8 ---
rm -f "$DATA"*
org=org_2s36yn1ruxc1q4liptiw
OWNER=live_2s36ylizr49m3wsw7xxc:BcGbRhpMKeFSwx3IvUV_rHmdlrB6avdfWQa-sbkxlA4
host=live_2s36yn3pf45va7ockwsx:k4lxoR8etBB5XBABnWe0k5tM65pgG_tpVO7JFl66b_M
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-8.sql" > /dev/null)
tokens='SELECT key, hex(secret_hash), last_four, user_id, organization_id, role, name, created_at, maker FROM tokens ORDER BY key'
sql "$tokens" > "$T/before"
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 8'
sql "$tokens" > "$T/after"
ok 'a migration from version 8 keeps every token' cmp "$T/before" "$T/after"
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a migration from version 8'
at members/list '' "$host"; is "$status" 200 "a host's token from before the migration lists the members"
at get '' "$host"; is "$status" 200 "a host's token from before the migration is no machine's"
at machines/invite '"name":"web01"'; call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"
is "$status" 200 'a machine is enrolled after the migration'
counted 'quotas count what there is, 4'
orgd_end

# --- version 9 ---
rm -f "$DATA"*
org=org_2s3dxc73bx9hinh4apvw
OWNER=live_2s3dxarvle1wmji8zid7:v5kcbX4YyjyQzmHqKFPE7AZJ1otoN6W3j-H_NeYoCIQ
host=live_2s3dxcg9zvoe0691846u:3uwLsQU8vMkBYekJuXIho8VVyPk-i3ypQNxKwh8hBHU
(umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-9.sql" > /dev/null)
machines='SELECT id, name, labels, hex(secret_hash), created_at, expires_at, enrolled_at, enrolled_from, maker FROM machines ORDER BY id'
sql "$machines" > "$T/before"
sql "INSERT INTO ssh_keys SELECT id, '$org', 'SHA256:' || reach, 0, 'ssh-ed25519', 'AAAA', '', 1, 0, reach, NULL FROM (SELECT id FROM users LIMIT 1), (SELECT 31 AS reach UNION ALL SELECT 15 UNION ALL SELECT 5)"
orgd_start
is "$(sql 'PRAGMA user_version')" "$SCHEMA" 'a start migrates a data file of version 9'
is "$(sql "SELECT group_concat(reach, ' ') FROM (SELECT reach FROM ssh_keys WHERE organization_id > '' ORDER BY reach)")" '5 15 63' 'a key that an owner gave counts for owners after a migration from version 9, and no other'
sql "$machines" > "$T/after"
ok 'a migration from version 9 keeps every machine' cmp "$T/before" "$T/after"
is "$("$ORGD" check --data "$DATA" 2>&1)" "$DATA: nothing is wrong" 'orgd check finds no error after a migration from version 9'
at members/changes '"since":0' "$host"; is "$status" 200 'the token of a machine from before the migration reads the members'
at machines/list; is "$(field '[.machines[] | "\(.name) \(.sharedAt) \(.report)"] | sort | join(", ")')" 'db null null, web01 null null' 'a machine from before the migration shares no token'
is "$(sql 'SELECT DISTINCT glass_at, glass_told_at FROM machines')" '0|0' 'no machine is known to have broken the glass after a migration from version 9'
counted 'quotas count what there is, 5'
orgd_end

# Who may create organizations: the first user, and who has created one that is still his.
creates() {
    rm -f "$DATA"*
    (umask 077; sqlite3 "$DATA" < "$TOP/tests/orgd/version-4.sql" > /dev/null)
    sql "INSERT INTO organizations (id, name, created_at, revision, commits, tag) VALUES ('org_new', 'New', 1, 1, 1, x'$(printf '%032d' 0)');
         INSERT INTO commits VALUES ('org_new', 1, x'$(printf '%032d' 0)');
         INSERT INTO members SELECT 'org_new', id, iif(username = '$1', 'owner', 'admin'), 1, 1, created_at, 0 FROM users WHERE username IN ('bob', 'eve');
         INSERT INTO events SELECT NULL, 1, 'org_new', id, 'bob', 'organization.create', 'org_new', 'New', '', '', '' FROM users WHERE username = 'bob'"
    orgd_start
    sql 'SELECT username FROM users WHERE may_create ORDER BY username' | xargs
    orgd_stop
}
is "$(creates bob)" 'ann bob' 'after a migration the first user may create organizations, and who owns what he created'
is "$(creates eve)" 'ann' 'after a migration an owner who has created nothing may create nothing, nor who gave away what he created'
done_testing
