#!/bin/sh
# Becomes a program that sees a small root of its own: a tmpfs, with the host's programs read-only and no other part of a disk.
# Random plans go astray; here nothing that they reach is anybody's. To be started in new mount and process
# namespaces (unshare(1)) by who may mount; /proc shows only what runs here, since through /proc/PID/root one gets anywhere.
#
#   wall.sh DIRECTORY NODE PROGRAM [ARGUMENT...]
#
# DIRECTORY, with the program in it, and NODE's installation are shown at their own paths, read-only.
set -eu
directory=$1 node=$2
shift 2

wall=$directory/wall
mkdir -p "$wall"
mount -t tmpfs -o mode=0755 wall "$wall"
touch "$wall/.wall"

show() {
  mkdir -p "$wall$1"
  mount -o rbind,ro "$1" "$wall$1"
}

for name in /usr /bin /lib /lib64 /sbin /etc; do
  if [ -L "$name" ]; then ln -s "$(readlink "$name")" "$wall$name"; elif [ -d "$name" ]; then show "$name"; fi
done
case $node in /usr/*) ;; *) show "$(dirname "$(dirname "$node")")" ;; esac
mkdir -p "$wall$directory" "$wall/plans" "$wall/proc" "$wall/dev" "$wall/old"
mount -o bind,ro "$directory" "$wall$directory"
mount -t proc -o nosuid,nodev,noexec proc "$wall/proc"
mkdir -m 1777 "$wall/tmp"
for name in null zero full random urandom tty; do
  touch "$wall/dev/$name"
  mount --bind "/dev/$name" "$wall/dev/$name"
done
chmod 0755 "$wall/plans"
cd "$wall"
pivot_root . old
umount -l old
rmdir old
cd /plans
# An ordinary user was lent the right to mount, which his plans must not inherit; root needs none of the machine's.
machine=-sys_boot,-sys_module,-sys_rawio,-sys_time,-syslog,-bpf,-perfmon
if [ "$(id -u)" -ne 0 ]; then machine=+chown; fi
exec setpriv --ambient-caps -all --inh-caps -all --bounding-set "$machine" -- "$node" "$@"
