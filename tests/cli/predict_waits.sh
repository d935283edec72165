# SPDX-License-Identifier: MIT
# A ticket that comes down a pipe is answered before the next one is there.
make_model
mkfifo in out
triage predict -m m.triage <in >out &
exec 3>in 4<out
for text in "my laptop screen is black" "I forgot my password"; do
    echo "$text" >&3
    IFS= read -r -t 20 answer <&4 && echo "$answer" | mask
done
exec 3>&-
wait $! && echo ended
