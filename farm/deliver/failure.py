"""What the operating system refuses, said in the words of a delivery."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farm.errors import DeliveryError

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up", errno.EFBIG: "the file is too big"}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_TAKEN = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY}


@contextmanager
def explained(where: Path) -> Iterator[None]:
    """Turn an OSError into a DeliveryError about `where`: disk-full, delivery-read-only, name-taken, not-written."""
    try:
        yield
    except OSError as error:
        raise _explain(error, where) from error


def _explain(error: OSError, where: Path) -> DeliveryError:
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        message, code, hint = _FULL[error.errno], "disk-full", "free some space, then render again: nothing is lost"
    elif error.errno in _READ_ONLY:
        message, code, hint = f"cannot be written: {reason}", "delivery-read-only", "check the folder's permissions"
    elif error.errno in _TAKEN:
        message, code, hint = f"the name is taken: {reason}", "name-taken", "move away what has this name"
    else:
        message, code, hint = f"cannot be written: {reason}", "not-written", "check the disk and the path"
    return DeliveryError(message, code=code, hint=hint, where=str(where))
