import { engineWords } from './engine-words.ts';

const rootfs = '/var/lib/berth/nodes/n-1/containers/containers/02bb/rootfs';

/** Recorded from crun 1.8 and 1.14, and what Kubernetes shows for the same with containerd and runc. */
it.each<[raw: string, args: string[], want: string]>([
  [
    'executable file `nosuch` not found in $PATH: No such file or directory',
    ['nosuch'],
    'exec: "nosuch": executable file not found in $PATH',
  ],
  [
    'executable file `/no/such` not found in $PATH: No such file or directory',
    ['/no/such'],
    'exec: "/no/such": stat /no/such: no such file or directory',
  ],
  [
    '2026-11-28T15:53:52.000000Z: executable file `x y` not found: No such file or directory\n',
    ['x y'],
    'exec: "x y": executable file not found in $PATH',
  ],
  ['open executable: Permission denied', ['/etc/hosts', 'a'], 'exec: "/etc/hosts": permission denied'],
  ['open executable: Operation not permitted', ['/etc'], 'exec: "/etc": is a directory'],
  ['exec container process `/m/format`: Exec format error', ['/m/format'], 'exec /m/format: exec format error'],
  [
    'exec container process (missing dynamic library?) `/app`: No such file or directory',
    ['/app'],
    'exec: "/app": no such file or directory',
  ],
  ['chdir `/etc/hosts`: Not a directory', ['sh'], 'chdir to cwd ("/etc/hosts") set in config.json failed: not a directory'],
  ['chdir to `/x`: Permission denied', ['sh'], 'chdir to cwd ("/x") set in config.json failed: permission denied'],
  [
    'mount `/var/lib/berth/nodes/n-1/pods/44/volume-subpaths/v/c/0` to `bin`: Not a directory',
    ['sh'],
    'error mounting to rootfs at "/bin": not a directory',
  ],
  [`open \`${rootfs}/proc/1/x\`: No such file or directory`, ['sh'], 'error mounting to rootfs at "/proc/1/x": no such file or directory'],
  ['OOM: the memory limit could be too low: read from the init process', ['sh'], 'container init was OOM-killed (memory limit too low?)'],
  ['setrlimit `RLIMIT_NOFILE`: Operation not permitted', ['sh'], 'error setting rlimit type 7: operation not permitted'],
  ['write to `/sys/fs/cgroup/memory/berth/n-1/pod1/memory.limit_in_bytes`: Device or resource busy', ['sh'], 'device or resource busy'],
  [`openat2 \`${rootfs}\`: Too many levels of symbolic links`, ['sh'], 'too many levels of symbolic links'],
  ['cannot parse /var/lib/berth/config.json', ['sh'], 'the container runtime failed'],
  ['', [], 'the container runtime failed'],
])('%s', (raw, args, want) => {
  expect(engineWords(raw, args)).toBe(`unable to start container process: ${want}`);
});
