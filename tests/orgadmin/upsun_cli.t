#!/bin/bash
# Upsun's own command-line tool and orgadmin do the same jobs against the same fake: what changes something is equal to the byte of
# its meaning, and the listings show the same.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/npm.sh"
npm_need @upsun/cli-linux-x64@5.11.1
. "$(dirname "$0")/../api/vendor.sh"
. "$(dirname "$0")/vendor.sh"
UPSUN=$NPM/@upsun/cli-linux-x64/bin/upsun
[ -x "$UPSUN" ] || skip_all 'there is no program in the package @upsun/cli-linux-x64'
fake_start upsun
token ada api-token-ada
cat > "$T/cli.yaml" <<'YAML'
application: {name: Theirs, slug: theirs, version: 1.0.0, executable: theirs, env_prefix: THEIRS_, user_config_dir: .theirs}
service: {name: Theirs, env_prefix: PLATFORM_, project_config_dir: .theirs, console_url: 'https://console.example.com'}
api: {base_url: 'http://127.0.0.1', auth_url: 'http://127.0.0.1', oauth2_client_id: upsun-cli, disable_credential_helpers: true,
  organizations: true, centralized_permissions: true, user_verification: true, organization_types: [flexible, fixed],
  default_organization_type: flexible}
ssh: {domain_wildcards: ['*.example.com']}
detection: {git_remote_name: theirs, git_domain: git.example.com, site_domains: [example.com], cluster_header: X-Cluster}
YAML
mkdir "$T/home" # for the program that it unpacks
CHANGED='select(.method != "GET" and .path != "/oauth2/token") | [.method, .path, .query, .body]'
changes() { jq -cS "$CHANGED" "$LOG"; }

# theirs ARG...: their tool, which knows nothing from before; sets $out and $rc
theirs() {
    rm -rf "$T/cli"; mkdir "$T/cli"
    fake "${STATE:-{\"reset\":true\}}"
    : > "$LOG"
    out=$(env -i PATH="$PATH" HOME="$T/home" CLI_CONFIG_FILE="$T/cli.yaml" THEIRS_API_BASE_URL="$URL" THEIRS_API_AUTH_URL="$URL" \
        THEIRS_TOKEN=api-token-ada THEIRS_NO_INTERACTION=1 THEIRS_HOME="$T/cli" COLUMNS=200 timeout 120 "$UPSUN" "$@" 2> "$T/theirs.err" < /dev/null)
    rc=$?
}
ours() {
    fake "${STATE:-{\"reset\":true\}}"
    as ada "$@" --provider upsun --url "$URL" --token-file "$T/ada.token"
}

# job NAME STATUS OURS... -- THEIRS...: both end with STATUS (0, or not) and send the same changes, some when they end with 0
job() {
    local name="orgadmin and upsun send the same: $1" want=$2 mine=() sent both; shift 2
    while [ "$1" != -- ]; do mine+=("$1"); shift; done
    ours "${mine[@]}"; both=$((rc != 0)) sent=$(changes)
    theirs "${@:2}"; both=$both$((rc != 0))
    if [ "$both" != "$want$want" ]; then fail "$name" "ours, theirs: $both" "$err" "$out" "$(cat "$T/theirs.err")"
    elif [ -z "$sent" ] && [ "$want" = 0 ]; then fail "$name" 'we have changed nothing'
    else is "$sent" "$(changes)" "$name"; fi
}
# same NAME OURS-FILTER OURS... -- THEIRS-FILTER THEIRS...: what the listings show is the same, when each has gone through its filter
same() {
    local name="orgadmin and upsun print the same: $1" filter=$2 mine=() shown; shift 2
    while [ "$1" != -- ]; do mine+=("$1"); shift; done
    ours "${mine[@]}"; shown=$(eval "$filter" <<< "$out")
    theirs "${@:3}"
    if [ -z "$shown" ]; then fail "$name" "ours: $rc $err"; else is "$shown" "$(eval "$2" <<< "$out")" "$name"; fi
}

# --- what changes something ---
ACME=(--org acme-corp)
job 'org edit --set label' 0 org edit acme-corp --set label='ACME & Söhne' -- org:info -o acme-corp label 'ACME & Söhne'
job 'org edit --set country' 0 org edit acme-corp --set country=DE -- org:info -o acme-corp country DE
job 'org edit --name' 0 org edit acme-corp --name acme2 -- org:info -o acme-corp name acme2
job 'org create' 0 org create initech --set label=Initech --set country=DE --set type=fixed -- \
    org:create --name initech --label Initech --country DE --type fixed -y
job 'org create of a name that is taken' 1 org create hooli --set label=Hooli --set country=FR --set type=flexible -- \
    org:create --name hooli --label Hooli --country FR -y
job 'org delete' 0 org delete globex --yes -- org:delete -o globex -y
job 'org delete with subscriptions' 1 org delete acme-corp --yes -- org:delete -o acme-corp -y
job 'billing edit of the address' 0 billing edit "${ACME[@]}" --set locality=Lyon --set postal_code=69001 --set thoroughfare='1 quai de Saône' -- \
    org:billing:address -o acme-corp locality Lyon postal_code 69001 thoroughfare '1 quai de Saône'
job 'billing edit of a country of six letters' 1 billing edit "${ACME[@]}" --set country=FRANCE -- org:billing:address -o acme-corp country FRANCE
for field in company_name=Acme vat_number=FR12345678901 billing_contact=bills@example.com default_catalog=https://example.com/catalog.json \
    project_options_url=https://example.com/options.json; do
    job "billing edit of ${field%%=*}" 0 billing edit "${ACME[@]}" --set $field -- org:billing:profile -o acme-corp "${field%%=*}" "${field#*=}"
done
job 'member add' 0 member add new@example.com "${ACME[@]}" --permissions members,projects:create -- \
    org:user:add new@example.com -o acme-corp --permission members --permission projects:create
job 'member add with several permissions' 0 member add new@example.com "${ACME[@]}" --permissions billing,plans,projects:list -- \
    org:user:add new@example.com -o acme-corp --permission billing,plans,projects:list
job 'member add without permissions' 0 member add new@example.com "${ACME[@]}" -- org:user:add new@example.com -o acme-corp
job 'member add of a member' 1 member add mia@example.com "${ACME[@]}" --permissions plans -- org:user:add mia@example.com -o acme-corp --permission plans
job 'member add of a person invited before' 1 member add pat@example.com "${ACME[@]}" -- org:user:add pat@example.com -o acme-corp
job 'member role' 0 member role mia@example.com "${ACME[@]}" --permissions plans,billing -- \
    org:user:update mia@example.com -o acme-corp --permission plans,billing -y
job 'member role of no permissions' 0 member role mia@example.com "${ACME[@]}" --permissions '' -- org:user:update mia@example.com -o acme-corp --permission '' -y
job 'member role of an unknown permission' 1 member role mia@example.com "${ACME[@]}" --permissions root -- \
    org:user:update mia@example.com -o acme-corp --permission root -y
job 'member remove' 0 member remove BOB@example.com "${ACME[@]}" --yes -- org:user:delete BOB@example.com -o acme-corp -y
job 'member remove of the owner' 1 member remove ada@example.com "${ACME[@]}" --yes -- org:user:delete ada@example.com -o acme-corp -y

# --- what is only shown ---
lines() { tr -d '\r' | sort; }
mine=(-o csv --no-header --columns)
plain=(--format csv --no-header --columns)
same 'org list' lines org list "${mine[@]}" name,label,type,id -- lines org:list "${plain[@]}" name,label,type,id
same 'org list with the owners' lines org list "${mine[@]}" name,owner -- lines org:list "${plain[@]}" name,owner_id
same 'org show' lines org show acme-corp "${mine[@]}" id -- lines org:info -o acme-corp id
same 'org show of the label' lines org show acme-corp "${mine[@]}" label -- lines org:info -o acme-corp label
people() { tr -d '"\r' | sed 's/, */ /g; s/\[//; s/\]//' | sort; }
words() { tr -cs 'a-z:' '\n' | sed '/^$/d' | sort; }
same 'member list with permissions' people member list "${ACME[@]}" "${mine[@]}" id,email,permissions -- people org:user:list -o acme-corp "${plain[@]}" id,email,permissions
STATE='{"reset":true,"set":{"most":2,"chunk":1}}' # with two pages their "org:user:list -c 0" asks for the first one for ever
same 'member show of a member on a later page' words member show vic@example.com "${ACME[@]}" "${mine[@]}" permissions -- words \
    org:user:get vic@example.com -o acme-corp -P permissions
STATE=
same 'member list with the owner' people member list "${ACME[@]}" "${mine[@]}" id,roles -- 'sed "s/true/owner/; s/false/member/" | people' \
    org:user:list -o acme-corp "${plain[@]}" id,owner
same 'member show' words member show MIA@example.com "${ACME[@]}" "${mine[@]}" permissions -- words \
    org:user:get MIA@example.com -o acme-corp -P permissions
same 'subscription list' lines subscription list "${ACME[@]}" "${mine[@]}" id,project,title,region -- lines \
    org:subs -o acme-corp "${plain[@]}" id,project_id,project_title,project_region
for field in locality country postal_code name_line; do
    same "billing show: $field" lines billing show "${ACME[@]}" "${mine[@]}" $field -- lines org:billing:address -o acme-corp $field
done
for field in company_name currency email; do
    same "billing show: $field" lines billing show "${ACME[@]}" "${mine[@]}" $field -- lines org:billing:profile -o acme-corp $field
done

elsewhere_unasked
done_testing
