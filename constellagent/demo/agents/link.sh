# Signs up at Linkhouse, which sends a link by mail.
set -eu
ask() { "${PYTHON:-python3}" "$(dirname "$0")/ask.py" "$@"; }

EMAIL=$(ravi get email --plain)
PASSWORD=$(ravi passwords create linkhouse.example --generate --plain)
export EMAIL PASSWORD

echo "signing up at Linkhouse as $EMAIL"
ask "$LINKHOUSE/sign-up" email@EMAIL password@PASSWORD
mail=$(ravi message email --wait 60 --match 'confirm your address' --plain | head -n 1 | cut -f 1)
ask "$(ravi message email "$mail" --plain | grep -o 'http://[^ ]*')"
ask "$LINKHOUSE/log-in" email@EMAIL password@PASSWORD

ravi email send --to "$CONSTELLAGENT_OWNER" --subject "Linkhouse: $EMAIL is verified" \
  --body "The password is in my vault." >/dev/null
echo done
