import { otherWaysTo } from './node-view.ts';

/** `<device> <root> <target>` a line, as mountinfo has them among other fields. */
const mountinfo = (...lines: string[]): string => lines.map((line, i) => `${i + 20} 1 ${line} rw,relatime - ext4 /dev/vda rw`).join('\n');

describe('other ways to a folder', () => {
  it.each<[string, string[], string[]]>([
    ['none', ['8:1 / /', '0:5 / /proc', '8:2 / /data'], []],
    ['the whole file system once more', ['8:1 / /', '8:1 / /mnt/root'], ['/mnt/root/var/lib/berth']],
    ['a folder above', ['8:1 / /', '8:1 /var /srv', '8:1 /var/lib/berth /exported', '8:1 /opt /x'], ['/srv/lib/berth', '/exported']],
    ['a file system of its own', ['8:1 / /', '8:2 / /var/lib', '8:2 / /again', '8:1 / /mnt'], ['/again/berth']],
    ['a name with a blank', ['8:1 / /', String.raw`8:1 / /my\040disk`], ['/my disk/var/lib/berth']],
    ['what lies in the folder itself', ['8:1 / /', '8:1 /var/lib/berth/nodes/n/ns /var/lib/berth/nodes/n/ns'], []],
  ])('%s', (_what, lines, want) => {
    expect(otherWaysTo('/var/lib/berth', mountinfo(...lines))).toEqual(want);
  });
});
