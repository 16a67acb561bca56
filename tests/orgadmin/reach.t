#!/bin/bash
# access add and remove, and machine label: whom they would lock out, on how many machines, before anything is done; machine who, member where.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/orgd.sh"
export XDG_CONFIG_HOME=$T/home
cd "$T" || exit 1
orgd_start
(umask 077; echo "$OWNER" >owner)
run() { said=$("$BUILD/orgadmin" "$@" 2>&1 </dev/null); rc=$?; said=${said//$'\r'/} said=${said//$'\n'/ }; }
run login --url "$URL" --token-file owner
run org create Acme
org=$("$BUILD/orgadmin" org current -o json 2>/dev/null | jq -r .id)
on() { call "/organizations/$1" "{\"organizationId\":\"$org\",$2}" "$OWNER"; }
join "$org" ann admin; ann_id=$user_id
join "$org" bob member
on roles/set '"role":"gate","permissions":["org:view","members:view","access:manage"]'
join "$org" gil gate; (umask 077; echo "$bearer" >gil)
rule_id() { "$BUILD/orgadmin" access list -o json 2>/dev/null | jq -r ".[$1].id"; }
rules() { "$BUILD/orgadmin" access list -o json 2>/dev/null | jq -r 'map("\(.role // .slug) \(.labels):\(.services | join("+"))") | join(", ")'; }

# --- without machines ---
run access add --role admin
like "$rc $said" '^2 No machine of Acme is enrolled: its hosts count as one without labels\. 3 of the 4 active members .*on 1 of 1 machines: owner, bob, gil\.' 'without a machine the hosts count as one without labels'

enroll() { on machines/invite "\"name\":\"$1\",\"labels\":\"$2\""; call /organizations/machines/enroll "{\"code\":\"$(field .code)\"}"; }
enroll web env=prod,tier=web; enroll db env=prod; enroll dev env=dev
on machines/invite '"name":"late","labels":"env=prod"' # never came
for machine in web late; do
    run machine who $machine -o csv --columns username,services --no-header; is "$rc $said" '0 owner,* ann,* bob,* gil,*' "without a rule all may log in on $machine"
done
run machine who web; like "$said" "Acme has no access rules: a machine's own access alone decides" 'and it is said that the machine decides'

# --- rules come ---
run access add --role owner
like "$rc $said" '^2 3 of the 4 active members of Acme would be refused what the rules allow them now, on 3 of 3 machines: ann, bob, gil\. .*Add the rule to Acme\? .*give --yes' 'the first rule locks out all others'
unlike "$said" 'You are|No owner' 'and not the owner'
is "$(rules)" '' 'nothing was made'
run access add --role owner --dry-run
like "$rc $said" '^0 3 of the 4 .*Not sent: POST /v1/organizations/access/add .*"role":"owner"\}' '--dry-run tells it, and sends nothing'
is "$(rules)" '' 'nothing was made by --dry-run'
run access add --role owner --yes; like "$rc $said" '^0 3 of the 4 .*Acme has the access rule acc_' '--yes tells it, and makes the rule'
run access add --role admin --labels env=prod
like "$rc $said" '^0 Acme has the access rule acc_[a-z0-9]+\. It counts where' 'a rule by which nobody loses anything is made unasked'
run access add --role admin --labels env=prod --services 'sshd cron'; is "$rc $(rules)" '0 owner :, admin env=prod:, admin env=prod:sshd+cron' 'a rule has services'
team=$(api /organizations/teams/create "{\"organizationId\":\"$org\",\"name\":\"Night Shift\"}" "$OWNER" | jq -r .team.id)
on teams/add "\"id\":\"$team\",\"userId\":\"$ann_id\""
for name in "$team" night-shift 'night shift'; do
    run access add --team "$name" --labels env=dev --services sudo --dry-run; like "$rc $said" "^0 .*\"team\":\"$team\"" "a team is named by $name"
done
run access add --team nobody; like "$rc $said" '^1 .*Acme has no team "nobody"; see orgadmin team list' 'a team that is not there is complained about'
run access add --team night-shift --labels env=dev --services sudo --yes; is "$rc" 0 'a team gets a rule'
run team list -o csv --columns slug,name --no-header; is "$said" 'night-shift,Night Shift' 'team list'
for wrong in '' '--role admin --team ops' '--role admin,owner'; do
    # shellcheck disable=SC2086 # words
    run access add $wrong; like "$rc $said" '^2 .*one of them' "access add $wrong is refused"
done

# --- who and where ---
run machine who web -o csv --columns username,services --no-header; is "$said" 'owner,* ann,*' 'machine who has the members whom a rule lets in'
run machine who dev -o csv --columns username,services --no-header; is "$said" 'owner,* ann,sudo' 'with the services of the rules'
run machine who dev -o json; is "$(jq -c '.[1].rules' <<<"$said")" "[\"$(rule_id 3)\"]" 'and the rules'
run member where ann -o csv --columns name,services --no-header; is "$said" 'web,* db,* dev,sudo' 'member where has the machines, without one that never came'
run member where bob -o json; is "$rc $said" '0 []' 'a member whom no rule is for has none'
on members/suspend "\"userId\":\"$ann_id\""
run member where ann; like "$rc $said" '^1 .*ann is suspended in Acme' 'a suspended member can log in nowhere'
run machine who web -o csv --columns username --no-header; is "$said" owner 'and is on no machine'
on members/resume "\"userId\":\"$ann_id\""

# --- rules go ---
run access remove "$(rule_id 1)"
like "$rc $said" '^2 1 of the 4 active members .*on 2 of 3 machines: ann\. .*Remove the access rule acc_[a-z0-9]+ from Acme\?' 'who loses some services by the removal of a rule is told'
run access remove "$(rule_id 2)"
like "$rc $said" '^2 orgadmin: Remove the access rule' 'a rule that another one covers takes nothing, and its removal is asked for'
run access remove "$(rule_id 0)"
like "$rc $said" '^2 1 of the 4 .*: owner\. You are one of them, on 3 machines, and could log in on none\. No owner of Acme could log in on any machine\.' 'the last owner does not lock himself out unnoticed'
run machine label web env=dev
like "$rc $said" '^2 1 of the 4 .*on 1 of 3 machines: ann\. .*Give web the labels "env=dev"\?' 'so is who loses some by other labels'
run machine label dev env=prod,tier=db; like "$rc $said" '^0 dev has' 'who gains by other labels is not asked about'
run machine label dev env=dev; like "$rc $said" '^2 1 of the 4 .*on 1 of 3 machines: ann' 'who loses by them is'
run machine label dev env=dev --yes
run machine label web tier=web,env=prod; like "$rc $said" '^0 web has the labels tier=web,env=prod\.' 'labels by which nobody loses anything are given unasked'
run machine label web; like "$rc $said" '^2 1 of the 4 .*Give web the labels ""' 'no labels are labels'
run machine label web --yes; like "$rc $said" '^0 .*web has no labels' 'and can be given'
run machine label nobody env=x; like "$rc $said" '^1 ' 'a machine that is not there gets no labels'

# --- who may make rules and no more ---
gil() { run "$@" --url "$URL" --org "$org" --token-file gil; }
gil access add --role member --labels env=test
like "$rc $said" '^2 Whom that locks out cannot be told: .*Add the rule to Acme\?' 'who may not list the machines is told that nobody can tell, and asked'
gil access add --role member --labels env=test --yes; is "$rc" 0 'and may make a rule'
gil access remove "$(rule_id 4)" --yes; is "$rc" 0 'and remove one'
gil machine label web env=prod --yes; like "$rc $said" '^1 ' 'but not give labels'

for i in 3 2 1; do run access remove "$(rule_id $i)" --yes; done
run access remove "$(rule_id 0)"
like "$rc $said" "^2 orgadmin: Remove the last access rule of Acme\? Its machines' own access alone decides then" 'the removal of the last rule locks nobody out, and is asked for'
run access remove "$(rule_id 0)" --yes; is "$rc $(rules)" '0 ' 'the last rule is removed'

for provider in intrinsic cratedb upsun satusky; do
    run access list --provider $provider --url http://127.0.0.1:1 --org x --token-file gil; like "$rc $said" "^2 .*the provider \"$provider\" has no \"access list\"" "$provider has no access rules, which is said before any request"
done
orgd_end
done_testing
