"""What the operating system holds a query's process to: memory, processor time, output, and no files."""

from __future__ import annotations

import ctypes
import errno
import math
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

try:
    import pyseccomp
except (ImportError, RuntimeError):
    # Only Linux has it, and there the library that every Debian and Fedora comes with.
    pyseccomp = None

NICENESS = 19
"""The last of all: pages are drawn first."""

PR_SET_PDEATHSIG = 1
CLONE_THREAD = 0x00010000
CLOSED = (
    # Files, also by ways that need no name.
    "open", "openat", "openat2", "creat", "open_by_handle_at", "io_uring_setup", "readlink", "readlinkat", "getdents64",
    # What is there stays as it is.
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink",
    "symlinkat", "truncate", "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "mknod", "mknodat",
    "mount", "umount2", "chroot", "pivot_root", "setxattr", "utimensat",
    # Other programs, other machines, other processes.
    "execve", "execveat", "fork", "vfork", "socket", "connect", "bind", "listen", "kill", "tkill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "ptrace", "process_vm_readv",
    "process_vm_writev", "pidfd_getfd", "pidfd_send_signal", "bpf", "perf_event_open", "userfaultfd", "keyctl",
    # The limits themselves.
    "setrlimit", "prlimit64",
)  # fmt: skip


def end_with_parent() -> None:
    """Have the system end this process with the one that split it off, and let others' go first."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with suppress(OSError):
        os.nice(NICENESS)


def limit(memory: int, seconds: float, output: int) -> None:
    """Let this process take no more from now on; it cannot undo that.

    Args:
        memory: bytes beyond what it has taken so far.
        seconds: on each processor, beyond what it has used so far; a second later it is killed.
        output: bytes of any file that it writes.
    """
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    processor = math.ceil(used + seconds * (os.cpu_count() or 1)) + 1
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_AS, _taken() + memory),
    ):
        resource.setrlimit(kind, (most, most))


def close_files() -> bool:
    """Keep this process, with all its threads, from opening any file, address or program from now on.

    Returns whether the system does that: see ``missing``.
    """
    if pyseccomp is None:
        return False
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        # Threads that the database has started already are held to it too.
        rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
        for name in CLOSED:
            # Processors and older libraries lack some of them.
            with suppress(OSError):
                rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        # A thread may be made, a process not; of the newer call, whose flags are hidden, it is said that it is missing.
        thread_only = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, CLONE_THREAD, 0)
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", thread_only)
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
        # A process that aborts signals itself.
        others = pyseccomp.Arg(0, pyseccomp.NE, os.getpid())
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "tgkill", others)
        rules.load()
    except (OSError, ValueError, RuntimeError):
        return False
    return True


def missing() -> str | None:
    """Return why files cannot be closed off here; None where they can, which is tried in a process of its own."""
    if pyseccomp is None:
        return "libseccomp is not installed"
    tried = subprocess.run([sys.executable, "-P", "-m", __name__], capture_output=True)
    return None if tried.returncode == 0 else "this system does not allow seccomp"


def _taken() -> int:
    """Return the bytes of address space that this process has taken."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(not close_files())
