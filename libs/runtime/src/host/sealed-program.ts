import { accessSync, closeSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { calls, checked } from './libc.ts';

/** `linux/memfd.h`, `linux/fcntl.h` */
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const SEAL_ALL = 0xf; // seal, shrink, grow, write

/**
 * A copy of a program in memory that nobody can change any more. An OCI runtime must not be overwritten by a container that it enters
 * (CVE-2019-5736), so each of its processes makes a copy of itself and executes that, which doubles the price of starting it; one that is
 * such a sealed copy already goes on at once.
 */
export class SealedProgram {
  private constructor(private readonly fd: number) {}

  /** Throws when the program cannot be read, and where memory may not be executed (`vm.memfd_noexec`). */
  static copyOf(program: string): SealedProgram {
    const fd = checked('memfd_create', calls.memfdCreate(program, MFD_CLOEXEC | MFD_ALLOW_SEALING), program);
    try {
      writeFileSync(fd, readFileSync(program));
      checked('fcntl', calls.fcntlInt(fd, F_ADD_SEALS, SEAL_ALL), program);
      const sealed = new SealedProgram(fd);
      accessSync(sealed.path, constants.X_OK);
      return sealed;
    } catch (err) {
      closeSync(fd);
      throw err;
    }
  }

  /** Can be executed by this process and others for as long as it is open here. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.fd}`;
  }

  /** Processes that were started from it run on. */
  close(): void {
    closeSync(this.fd);
  }
}
