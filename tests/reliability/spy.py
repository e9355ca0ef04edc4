"""The agent that a secretive life is about: what it runs, and what it asks its MCP server."""

AGENTS = """
  spy: {{command: [bash, {told}/agent.sh, {told}, {python}]}}
  other: {{command: [sleep, "9999"]}}
"""

SCRIPT = r"""
told="$1"; given="$told/given"
while [ ! -e "$told/go" ]; do sleep 0.05; done
run() { "$@" >> "$told/out" 2>> "$told/errors" || echo "exit $?: $1 $2" >> "$told/failed"; }
bad() { "$@" >> "$told/out" 2>> "$told/errors" && echo "$*" >> "$told/wrong"; }
run ravi auth status
run ravi get email
run ravi get phone
run ravi get owner
run ravi passwords create --domain one.example --username u --password - < "$given/password"
ravi passwords create two.example --generate --plain > "$told/made" 2>> "$told/errors"
ravi passwords generate --plain > "$told/generated" 2>> "$told/errors"
run ravi passwords update two.example --password - < "$given/changed password"
run ravi passwords list
run ravi passwords get one.example
run ravi secrets set API_KEY < "$given/secret value"
run ravi secrets list
run ravi secrets get API_KEY --plain
ravi otp --wait 60 --from codes > "$told/code" 2>> "$told/errors"
run ravi inbox email --wait 60
run ravi inbox sms --wait 60
run ravi message email
run ravi message sms
id=$(ravi message email --plain 2>> "$told/errors" | head -1 | cut -f1)
run ravi message email "$id"
run ravi email reply "$id" --body - < "$given/reply"
run ravi email send --to someone@elsewhere.example --subject Report --body - < "$given/outgoing mail"
run ravi email send --to someone@elsewhere.example --subject File --body x --attach "$given/attachment"
run ravi sms send --to +12025550188 --body - < "$given/outgoing text"
run ravi contacts list
run ravi domains
run ravi identity list
ravi sso token --plain > "$told/sso" 2>> "$told/errors"
run "$2" -m constellagent mcp < "$told/mcp"
bad ravi secrets get MISSING
bad ravi passwords get missing.example
bad ravi secrets set 'not a name' < "$given/secret value"
bad ravi passwords create --domain 'not a domain' --password - < "$given/password"
bad ravi email send --to 'no address' --subject x --body - < "$given/outgoing mail"
bad ravi identity create somebody
RAVI_API_KEY=ravi_id_wrong bad ravi secrets set K < "$given/secret value"
RAVI_API_URL=http://127.0.0.1:9 bad ravi secrets set K < "$given/secret value"
echo work > notes.txt
run git add -A
run git commit -qm work
touch "$told/done"
while [ ! -e "$told/leave" ]; do sleep 0.05; done
"""

MCP = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "0"},
        },
    },
    {"method": "notifications/initialized"},
    {
        "id": 2,
        "method": "tools/call",
        "params": {"name": "ravi_secrets_get", "arguments": {"key": "API_KEY"}},
    },
    {"id": 3, "method": "tools/call", "params": {"name": "ravi_passwords_list", "arguments": {}}},
    {"id": 4, "method": "tools/call", "params": {"name": "ravi_secrets_get", "arguments": {"key": "NO"}}},
)
