import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceNumber, makeNode } from './device-nodes.ts';
import { bindMount, mount, mountFlags, parseMountInfo, readMounts, unmount } from './mounts.ts';
import { namespaceOf, pinNamespaces, setHostname, tcpSocketIn, unpinNamespace, withinNamespaces } from './namespaces.ts';
import { ProcessWatch, startTimeOf } from './processes.ts';
import { endOf, openPipe, runProgram, startProgram } from './spawn.ts';
import { SealedProgram } from './sealed-program.ts';
import { receiveDescriptor } from './terminal.ts';
import { volumeMounts } from './volume-mounts.ts';
import { lgetxattr, llistxattr, lremovexattr, lsetxattr } from './xattrs.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'host-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('system calls', () => {
  it('mounts, finds the mount and unmounts it; unmounting again is no error', async () => {
    const target = join(dir, 'a mount');
    mkdirSync(target);
    mount('tmpfs', target, 'tmpfs', { flags: mountFlags.nosuid | mountFlags.nodev, data: 'size=64k' });
    expect(readMounts().find((m) => m.target === target)?.type).toBe('tmpfs');
    await unmount(target);
    await unmount(target);
    await unmount(join(dir, 'never was'));
    expect(readMounts().some((m) => m.target === target)).toBe(false);
  });

  it('finds and unmounts what is mounted under a name that is not UTF-8', async () => {
    const below = join(dir, 'names');
    mkdirSync(below);
    const path = Buffer.from(`${below}/\xff\n \\040`, 'latin1');
    mkdirSync(path);
    execFileSync('sh', ['-c', 'cd "$1"; for name in *; do mount -t tmpfs -o size=64k tmpfs "$name"; done', 'sh', below]);
    const mounts = volumeMounts.mountsBelow(below);
    expect(mounts).toHaveLength(1);
    for (const mounted of mounts) await unmount(mounted);
    rmdirSync(path);
  });

  it('names the failed call and its error', () => {
    expect(() => mount('nothing', join(dir, 'absent'), 'tmpfs')).toThrow(/mount tmpfs nothing on .*absent: ENOENT/);
  });

  it('binds read-only', async () => {
    const [source, target] = [join(dir, 'source'), join(dir, 'target')];
    mkdirSync(source);
    mkdirSync(target);
    bindMount(source, target, { readonly: true });
    try {
      expect(() => writeFileSync(join(target, 'x'), '')).toThrow('EROFS');
    } finally {
      await unmount(target);
    }
  });

  it('binds a part of a directory, made with its mode, and never follows a link out of it', async () => {
    const [volume, target] = [join(dir, 'volume'), join(dir, 'part')];
    mkdirSync(volume);
    chmodSync(volume, 0o2777);
    symlinkSync('/etc', join(volume, 'out'));
    volumeMounts.bindWithin(volume, 'deep/dir', target);
    volumeMounts.bindWithin(volume, 'deep/dir', target);
    try {
      expect(statSync(target).mode & 0o7777).toBe(0o2777);
      expect(volumeMounts.mountsBelow(target)).toEqual([target]);
      expect(() => volumeMounts.bindWithin(volume, 'out/passwd', join(dir, 'no'))).toThrow('ENOENT');
    } finally {
      await unmount(target);
    }
  });

  it('tells paths that lead to the files of another process', () => {
    const root = `/proc/${process.pid}/root`;
    symlinkSync(root, join(dir, 'away'));
    symlinkSync(dir, join(dir, 'here'));
    const paths = [
      '/',
      join(dir, 'here', 'none'),
      '/proc/self/status',
      `${root}/etc`,
      '/proc/1/root/etc',
      join(dir, 'away', 'etc'),
      '/proc/self/cwd',
      '/dev/fd/0',
    ];
    expect(paths.map((path) => volumeMounts.leadsAway(path))).toEqual([false, false, false, true, true, true, true, true]);
  });

  it.each<[string, (part: string) => void, string[]]>([
    ['a file replaced by a file', (part) => replaceBy(part, 'new'), ['new']],
    ['a file replaced by a directory', (part) => replaceBy(part, { inside: 'new' }), ['inside']],
    ['a file that is gone: a directory is made', (part) => rmSync(part), []],
    [
      'an updated link of an atomic writer',
      (part) => {
        writeFileSync(`${part}-2`, 'new');
        rmSync(part);
        symlinkSync(`${part.slice(part.lastIndexOf('/') + 1)}-2`, part);
      },
      ['new'],
    ],
  ])('binds what is there now: %s', async (_case, change, want) => {
    const volume = mkdtempSync(join(dir, 'volume-'));
    const [part, target] = [join(volume, 'part'), join(volume, 'target')];
    writeFileSync(part, 'old');
    const bound = (): string[] => (statSync(target).isDirectory() ? readdirSync(target) : [readFileSync(target, 'utf8')]);
    volumeMounts.bindWithin(volume, 'part', target);
    try {
      expect(bound()).toEqual(['old']);
      change(part);
      volumeMounts.bindWithin(volume, 'part', target);
      expect(bound()).toEqual(want);
      expect(volumeMounts.mountsBelow(target)).toEqual([target]);
      replaceBy(part, 'last');
      volumeMounts.bindWithin(volume, 'part', target);
      expect(bound()).toEqual(['last']);
      expect(volumeMounts.mountsBelow(target)).toEqual([target]);
    } finally {
      await unmount(target);
    }
  });

  it('keeps what is bound when its path has come to lead outside', async () => {
    const volume = mkdtempSync(join(dir, 'volume-'));
    const [part, target] = [join(volume, 'part'), join(volume, 'target')];
    writeFileSync(part, 'own');
    volumeMounts.bindWithin(volume, 'part', target);
    try {
      rmSync(part);
      symlinkSync('/etc/passwd', part);
      expect(() => volumeMounts.bindWithin(volume, 'part', target)).toThrow('part went away');
      expect(volumeMounts.mountsBelow(target)).toEqual([target]);
    } finally {
      await unmount(target);
    }
  });

  it('reads a file inside a directory, and never follows a link out of it', () => {
    const volume = join(dir, 'files');
    mkdirSync(join(volume, 'deep'), { recursive: true });
    writeFileSync(join(volume, 'deep', 'app.env'), 'text');
    symlinkSync('/etc/passwd', join(volume, 'out'));
    expect(volumeMounts.readWithin(volume, 'deep/app.env')).toBe('text');
    expect(volumeMounts.readWithin(volume, 'out')).toBeUndefined();
    expect(volumeMounts.readWithin(volume, 'none')).toBeUndefined();
    expect(() => volumeMounts.readWithin(volume, 'deep')).toThrow('not a regular file');
  });

  it('keeps extended attributes apart from links', () => {
    const file = join(dir, 'attributes');
    writeFileSync(file, '');
    expect(lgetxattr(file, 'trusted.overlay.opaque')).toBeUndefined();
    lsetxattr(file, 'trusted.overlay.opaque', 'y');
    expect(lgetxattr(file, 'trusted.overlay.opaque')?.toString()).toBe('y');
    lsetxattr(file, 'user.long', 'x');
    for (let i = 0; i < 20; i++) lsetxattr(file, `user.${'long'.repeat(20)}${i}`, '');
    expect(llistxattr(file)).toHaveLength(22);
    lremovexattr(file, 'trusted.overlay.opaque');
    expect(llistxattr(file)).not.toContain('trusted.overlay.opaque');
    expect(() => lremovexattr(file, 'trusted.overlay.opaque')).toThrow('ENODATA');
  });

  it('makes a whiteout, a device and a fifo', () => {
    makeNode(join(dir, 'whiteout'), 'character', 0);
    makeNode(join(dir, 'null'), 'character', 0o666, { major: 1, minor: 3 });
    makeNode(join(dir, 'fifo'), 'fifo', 0o600);
    expect(statSync(join(dir, 'whiteout')).rdev).toBe(0);
    expect(statSync(join(dir, 'null')).rdev).toBe(deviceNumber(1, 3));
    expect(statSync(join(dir, 'fifo')).isFIFO()).toBe(true);
  });

  it('pins namespaces, enters them, and is at home afterwards', async () => {
    const home = namespaceOf('net');
    const paths = { net: join(dir, 'net'), ipc: join(dir, 'ipc'), uts: join(dir, 'uts') };
    pinNamespaces(paths, () => setHostname('pinned'));
    try {
      const inside = withinNamespaces(paths, () => ({ net: namespaceOf('net'), host: readFileSync('/proc/sys/kernel/hostname', 'utf8') }));
      expect(inside.net).not.toBe(home);
      expect(inside.host).toBe('pinned\n');
      expect(namespaceOf('net')).toBe(home);
      expect(tcpSocketIn(paths.net)).toBeGreaterThan(2);
    } finally {
      for (const path of Object.values(paths)) await unpinNamespace(path);
    }
  });

  it('runs a copy of a program that cannot be changed', () => {
    const program = SealedProgram.copyOf('/bin/echo');
    expect(execFileSync(program.path, ['out of memory']).toString()).toBe('out of memory\n');
    expect(() => writeFileSync(program.path, 'changed', { flag: 'r+' })).toThrow(/EPERM|ETXTBSY/);
    program.close();
  });

  it('starts a program in a directory, with an environment, descriptors and signals of its own', async () => {
    const [output, nothing] = [openPipe(), openSync('/dev/null', 'r')];
    const env = { NAME: 'value', PATH: process.env['PATH'] ?? '' };
    try {
      const fds = [nothing, output.write, output.write, output.write];
      await endOf(await startProgram({ command: ['/bin/sh', '-c', 'pwd; echo $NAME >&2; echo ended >&3'], cwd: dir, env, fds }));
      // Of itself: a shell blocks its signals while it starts a program.
      await endOf(await startProgram({ command: ['/bin/grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status'], cwd: dir, env, fds }));
      await expect(startProgram({ command: ['/no/such/program'], cwd: dir, env: {}, fds })).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      closeSync(nothing);
      closeSync(output.write);
    }
    expect(readFileSync(output.read, 'utf8')).toBe(`${dir}\nvalue\nended\nSigBlk:\t${'0'.repeat(16)}\nSigIgn:\t${'0'.repeat(16)}\n`);
    closeSync(output.read);
  });

  it('runs a program to its end, and leaves no descriptor open', async () => {
    const open = readdirSync('/proc/self/fd').length;
    expect(await runProgram(['/bin/sh', '-c', 'echo printed; echo complained >&2; exit 3'])).toEqual({ code: 3, stderr: 'complained\n' });
    expect(await runProgram(['/bin/sh', '-c', 'kill -9 $$'])).toEqual({ code: 137, stderr: '' });
    await expect(runProgram(['/no/such/program'])).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync('/proc/self/fd')).toHaveLength(open);
  });

  it('waits for the descriptor of a terminal that has not come yet', async () => {
    const path = join(dir, 'console');
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect(path);
    const connection = await accepted;
    const { fd } = (connection as unknown as { _handle: { fd: number } })._handle;
    try {
      expect(receiveDescriptor(fd)).toBeUndefined();
    } finally {
      client.destroy();
      connection.destroy();
      server.close();
    }
  });

  it('sees the end of a process', async () => {
    const watch = new ProcessWatch();
    const open = readdirSync('/proc/self/fd').length;
    const nothing = openSync('/dev/null', 'r+');
    const pid = await startProgram({ command: ['/bin/sleep', '1000'], cwd: '/', env: {}, fds: [nothing, nothing, nothing] });
    closeSync(nothing);
    expect(startTimeOf(pid)).toMatch(/^\d+$/);
    const ended = new Promise<void>((resolve) => watch.watch(pid, resolve));
    process.kill(pid, 'SIGKILL');
    await ended;
    expect(readdirSync('/proc')).not.toContain(String(pid)); // no zombie either
    const gone = new Promise<void>((resolve) => watch.watch(2 ** 22 - 1, resolve));
    await gone;
    await watch.close();
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(open + 8);
  });
});

it('reads mountinfo with escapes and optional fields', () => {
  expect(parseMountInfo('36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n')).toEqual([
    { id: 36, root: '/mnt1', target: '/a b', type: 'ext3', source: '/dev/root' },
  ]);
});

/** As `mv` does: another file or directory takes the name. */
function replaceBy(path: string, content: string | Record<string, string>): void {
  const fresh = `${path}.fresh`;
  if (typeof content === 'string') writeFileSync(fresh, content);
  else {
    mkdirSync(fresh);
    for (const [name, text] of Object.entries(content)) writeFileSync(join(fresh, name), text);
  }
  rmSync(path, { recursive: true, force: true });
  renameSync(fresh, path);
}
