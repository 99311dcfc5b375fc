"""Puts a folder of files in place of another at once."""

import ctypes
import os
import pathlib
import shutil
import tarfile
import tempfile

PREFIX = "plugins/clusterSync/"
# What our archives put into the folder; anything else in it is somebody else's.
OURS = {"PluginClusterSync.txt", "libPluginClusterSync.so", "LICENSE", "sbom.cdx.json", "licences"}
# renameat2 and its flag that swaps two names; the C library of older systems has no name for it.
RENAMEAT2, HERE, EXCHANGE = 316, -100, 2


class Stranger(Exception):
    """A file of somebody else, in a folder that would be replaced."""


def unpacked(archive):
    """{path in the folder: (bytes, mode)} of an archive."""
    with tarfile.open(str(archive)) as tar:
        return {entry.name[len(PREFIX):]: (tar.extractfile(entry).read(), entry.mode)
                for entry in tar.getmembers() if entry.isfile() and entry.name.startswith(PREFIX)}


def put(files, folder):
    """Makes `folder` hold exactly `files`; false when it did already."""
    if _content(folder) == {path: content for path, (content, _) in files.items()}:
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = pathlib.Path(tempfile.mkdtemp(dir=str(folder.parent), prefix=".clusterSync-"))
    try:
        _write(files, fresh)
        _swap(fresh, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(str(fresh), ignore_errors=True)
    return True


def _content(folder):
    """The files of the folder that is there, which must all be ours."""
    if not folder.exists():
        return None
    for path in folder.iterdir():
        if path.name not in OURS:
            raise Stranger(path)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _write(files, folder):
    folder.chmod(0o755)
    for path, (content, mode) in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        _sync(file)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            _sync(path)


def _sync(path):
    handle = os.open(str(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(fresh, folder):
    """Afterwards `folder` is the new one; the old one, if any, has the other name."""
    if not folder.exists():
        fresh.rename(folder)
    else:
        library = ctypes.CDLL(None, use_errno=True)
        names = os.fsencode(str(fresh)), os.fsencode(str(folder))
        if library.syscall(RENAMEAT2, HERE, names[0], HERE, names[1], EXCHANGE) != 0:
            error = ctypes.get_errno()
            raise OSError(error, "cannot swap folders here ({}); remove {} first".format(
                os.strerror(error), folder))
