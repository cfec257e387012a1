"""Which folders send no events when a file is saved: there, one has to look again and again.

Linux says how a folder is mounted. macOS and Windows are not asked, and were not tried: there,
`--poll` says it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
KERNEL = Path("/proc/version")
SILENT = {
    "9p": "a drive of the host system",
    "drvfs": "a Windows drive",
    "virtiofs": "a drive of the host system",
    "vboxsf": "a shared folder of VirtualBox",
    "vmhgfs": "a shared folder of VMware",
    "prl_fs": "a shared folder of Parallels",
    "fakeowner": "a folder shared with a container",
    "osxfs": "a folder shared with a container",
    "nfs": "a network drive",
    "nfs4": "a network drive",
    "cifs": "a network drive",
    "smb3": "a network drive",
    "smbfs": "a network drive",
    "ncpfs": "a network drive",
    "afs": "a network drive",
    "ceph": "a network drive",
    "glusterfs": "a network drive",
    "lustre": "a network drive",
}
"""File systems whose files others change without the kernel being told (see inotify(7): remote
changes are not reported). All of FUSE is like that too."""
WINDOWS_DRIVE = re.compile(r"/mnt/[a-z](/|$)")


def reason_to_poll(folder: Path, mounts: Path = MOUNTS, kernel: Path = KERNEL) -> str:
    """Return what kind of place `folder` is that sends no events; "" if it sends them.

    `mounts` and `kernel` are files as /proc has them (see proc_pid_mountinfo(5)).
    """
    if sys.platform != "linux":
        return ""
    folder = Path(os.path.realpath(folder))
    if "microsoft" in _text(kernel).lower() and WINDOWS_DRIVE.match(folder.as_posix()):
        return "a Windows drive"
    kind = _file_system(folder, _text(mounts))
    if kind.startswith("fuse"):
        return "a drive of a program (FUSE)"
    return SILENT.get(kind, "")


def _file_system(folder: Path, mounts: str) -> str:
    """Return the type of the mount that `folder` lies on: the last of the innermost ones."""
    innermost, kind = -1, ""
    for line in mounts.splitlines():
        place, _, source = line.partition(" - ")
        fields = place.split()
        if len(fields) < 5 or not source:  # noqa: PLR2004 (the fifth is the mount point)
            continue
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        if folder.is_relative_to(point) and len(point.parts) >= innermost:
            innermost, kind = len(point.parts), source.split()[0]
    return kind


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
