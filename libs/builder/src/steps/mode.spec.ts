import { modeChange } from './mode.ts';

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** chmod(1), as `--chmod` of COPY takes it. */
describe('--chmod', () => {
  it.each<[string, number, 'file' | 'directory', string]>([
    ['755', 0o600, 'file', '0755'],
    ['4755', 0o600, 'file', '4755'],
    ['0', 0o777, 'file', '0000'],
    ['u=rwX,go=rX', 0o600, 'file', '0644'],
    ['u=rwX,go=rX', 0o700, 'file', '0755'],
    ['u=rwX,go=rX', 0o600, 'directory', '0755'],
    ['+x', 0o644, 'file', '0755'],
    ['a-w', 0o666, 'file', '0444'],
    ['go=', 0o755, 'file', '0700'],
    ['g=u', 0o750, 'file', '0770'],
    ['o+g', 0o750, 'file', '0755'],
    ['u+s,g+s', 0o755, 'file', '6755'],
    ['+t', 0o755, 'directory', '1755'],
    ['u+x-w', 0o644, 'file', '0544'],
    ['ug+rw,o-rwx', 0o444, 'file', '0660'],
    ['u=', 0o4755, 'file', '0055'],
  ])('%s makes %o of a %s %s', (text, mode, kind, want) => {
    expect(octal(modeChange(text)(mode, kind === 'directory'))).toBe(want);
  });

  it.each(['', '8', '07778', '17777', 'u', 'z+x', 'u+q', 'u=rw,', '0x1'])('%p is refused', (text) => {
    expect(() => modeChange(text)).toThrow(`invalid chmod parameter: '${text}'`);
  });
});
