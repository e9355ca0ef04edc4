# Signs up at Textmill, which knows only phone numbers and sends a code as a text message.
set -eu
ask() { "${PYTHON:-python3}" "$(dirname "$0")/ask.py" "$@"; }

PHONE=$(ravi get phone --plain)
PASSWORD=$(ravi passwords create textmill.example --username "$PHONE" --generate --plain)
export PHONE PASSWORD

echo "signing up at Textmill as $PHONE"
ask "$TEXTMILL/sign-up" phone@PHONE password@PASSWORD
CODE=$(ravi otp --from +18005550123 --wait 60)
export CODE
ask "$TEXTMILL/verify" phone@PHONE code@CODE
ask "$TEXTMILL/log-in" phone@PHONE password@PASSWORD

ravi email send --to "$CONSTELLAGENT_OWNER" --subject "Textmill: $PHONE is verified" \
  --body "The password is in my vault." >/dev/null
echo done
