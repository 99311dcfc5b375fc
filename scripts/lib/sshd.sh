# Sourced after nodes.sh: starts an sshd on loopback that lets in the holder of $work/user, a key made
# for this run; $work/known knows the host. Sets login to user@host:port. It ends with the script.
for key in host user; do ssh-keygen -q -t ed25519 -N "" -f "$work/$key"; done
cp "$work/user.pub" "$work/authorized"
ssh_port=$("$MINNOW_PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > "$work/sshd_config" <<CONFIG
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PidFile none
PermitRootLogin prohibit-password
CONFIG
# Where Debian's sshd puts its children when it runs as root.
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
/usr/sbin/sshd -D -e -f "$work/sshd_config" 2> "$work/sshd.log" &
nodes+=("$!")
echo "[127.0.0.1]:$ssh_port $(cat "$work/host.pub")" > "$work/known"
login=$(id -un)@127.0.0.1:$ssh_port
until (exec 3<> "/dev/tcp/127.0.0.1/$ssh_port") 2> /dev/null; do
  kill -0 "${nodes[-1]}" || { cat "$work/sshd.log" >&2; exit 1; }
  sleep 0.1
done
