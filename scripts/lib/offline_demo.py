"""The offline demo's story: offline_demo.py PORT_A PORT_B DESCRIPTOR_A DESCRIPTOR_B WORK LOGIN."""

import logging
import os
import secrets
import sys
import time

import dolphindb
import pandas

from demo import DATABASE, PASSWORD, TABLE, TYPES, USER, connect, create, flights, read, say

DAY = "2013.05.05"


def quoted(value):
    return value if value in ("true", "false") else f'"{value}"'


def options(**given):
    """A script's dictionary of options."""
    names = ", ".join(f'"{name}"' for name in given)
    values = ", ".join(quoted(value) for value in given.values())
    return f"dict([{names}], ({values}))" if len(given) > 1 else f"dict([{names}], [{values}])"


class Story:
    """Nodes A and B, and the directories of both."""

    def __init__(self, port_a, port_b, plugin_a, plugin_b, work, login):
        self.a, self.b, self.work = connect(port_a), connect(port_b), work
        for name in ("backups", "arrivals", "pieces", "media", "unpacked"):
            os.mkdir(f"{work}/{name}")
        for node, plugin in ((self.a, plugin_a), (self.b, plugin_b)):
            node.run(f'loadPlugin("{plugin}")')
            node.run(f'clusterSync::setRoots(["{work}"])')
        self.remote = (
            f'dict(["host", "port", "userId", "password"], ("127.0.0.1", {port_b}, "{USER}", "{PASSWORD}"))'
        )
        self.way = {
            "backupDir": f"{work}/backups", "restoreDir": f"{work}/arrivals", "ssh": login,
            "sshKey": f"{work}/user", "knownHosts": f"{work}/known",
        }

    def sync(self, **more):
        """One syncOffline from A to B."""
        started = time.monotonic()
        call = f'{self.remote}, "{DATABASE}", "{TABLE}", , {options(**self.way, **more)}'
        result = self.a.run(f"clusterSync::syncOffline({call})")
        print(result.to_string(index=False))
        print(f"{time.monotonic() - started:.1f} s in all")
        assert bool(result.iloc[0]["verified"])
        return result.iloc[0]

    def compare(self, what, partitions):
        """Compares every row on both sides."""
        ours = read(self.a)
        pandas.testing.assert_frame_equal(ours, read(self.b))
        return f"verified: {what}, {len(ours)} rows on both sides, {partitions} partitions travelled, equal"

    def first(self):
        say("offline from A to B: one snapshot, rsync over ssh, restore")
        row = self.sync()
        return self.compare(TABLE, row["copied"])

    def change(self):
        say(f"one changed day: only {DAY} is backed up, shipped and put in the place of what B has")
        self.a.run(f'delete from loadTable("{DATABASE}", "{TABLE}") where date = {DAY}, carrier = "UA"')
        row = self.sync(mode="replace")
        assert 1 <= row["copied"] <= 4, row
        return self.compare(f"{TABLE} after one changed day", row["copied"])

    def carry(self):
        say("through a sealed bundle, without any network, into an empty table")
        self.b.run(f'dropDatabase("{DATABASE}")')
        create(self.b, list(TYPES))
        key = f"{self.work}/key"
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        pieces, media, unpacked = (f"{self.work}/{name}" for name in ("pieces", "media", "unpacked"))
        self.a.run(f'clusterSync::backupTo("{pieces}", "{DATABASE}", "{TABLE}")')
        volumes = {"keyFile": key}
        print(self.a.run(f'clusterSync::exportBundle("{pieces}", "{media}", {options(**volumes)})').to_string(index=False))
        self.b.run(f'clusterSync::importBundle("{media}", "{unpacked}", {options(keyFile=key)})')
        result = self.b.run(f'clusterSync::restoreFrom("{unpacked}", "{DATABASE}", "{TABLE}")')
        assert bool(result.iloc[0]["verified"])
        return self.compare(f"{TABLE} from a bundle", result.iloc[0]["copied"])


def main(port_a, port_b, *places):
    story = Story(int(port_a), int(port_b), *places)
    say("loading the flights into A")
    frame = flights()
    create(story.a, list(TYPES))
    create(story.b, list(TYPES))
    stored = dolphindb.TableAppender(DATABASE, TABLE, conn=story.a).append(frame)
    assert stored == len(frame)
    lines = [story.first(), story.change(), story.carry()]
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    # The client logs through the root logger; only warnings matter here.
    logging.getLogger().setLevel(logging.WARNING)
    main(*sys.argv[1:])
