# SPDX-License-Identifier: MIT
# A progress bar on a terminal: at most ten times a second, wiped away before a line and at the end.
echo "no terminal:"
TERM=xterm progress_probe 2>&1
triage train "$data/tickets.csv" --preset words -o m.triage 2>&1 | grep -c $'\r'
command -v script >/dev/null || { echo "skipped: no script"; exit; }
on_terminal() {
    script -qec progress_probe typescript </dev/null | sed 's/\r$//' | tr '\r\033' '<^'
}
echo "a terminal that cannot redraw:"
TERM=dumb on_terminal
echo "a terminal:"
TERM=xterm on_terminal | sed 's/</\n</g'
echo
