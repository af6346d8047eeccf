#!/bin/sh
# The first process of a machine: its own disk over that of the test machine, its name, its services, and then nothing.
#
#   init.sh FOLDER NAME SOCKET      FOLDER/disk keeps what the machine writes; SOCKET is its engine's
set -eu
folder=${1%/} name=$2 socket=$3
hostname "$name"
for part in etc opt usr/local var root; do
    mkdir -p "$folder/disk/$part" "$folder/scratch/$part"
    mount -t overlay overlay -o "lowerdir=/$part,upperdir=$folder/disk/$part,workdir=$folder/scratch/$part" "/$part"
done
chmod 755 /root  # Python may live there, and the agent's user needs it
mount -t tmpfs run /run
mkdir -p /run/systemd/system /run/lock
: > /run/docker.sock
mount --bind "$socket" /run/docker.sock
echo "127.0.1.1 $name" >> /etc/hosts
touch "$folder/up"
trap 'exit 0' TERM
while :; do sleep 3600 & wait; done
