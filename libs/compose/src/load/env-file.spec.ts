import { readEnvFile, readRawEnvFile } from './env-file.ts';

const shell: Readonly<Record<string, string>> = { SHELL_VAR: 'from the shell', BOTH: 'shell' };
const variables = { lookUp: (name: string) => (Object.hasOwn(shell, name) ? shell[name] : undefined), unset: () => undefined };
const read = (text: string) => readEnvFile(text, '.env', variables);

describe('env files', () => {
  it.each([
    ['A=b', { A: 'b' }],
    ['A = b ', { A: 'b' }],
    ['A: b', { A: 'b' }],
    ['export A=b', { A: 'b' }],
    ['# comment\n\nA=b # why\nB=c#d', { A: 'b', B: 'c#d' }],
    ['A=', { A: '' }],
    ['A= # nothing', { A: '' }],
    ['A', { A: undefined }],
    ["A='$B # \\n'", { A: '$B # \\n' }],
    ['A="x\\ny\\"z" # why', { A: 'x\ny"z' }],
    ['A="one\ntwo"\nB=c', { A: 'one\ntwo', B: 'c' }],
    ['A=1\nB=${A}2', { A: '1', B: '12' }],
    ['A="${SHELL_VAR}"', { A: 'from the shell' }],
    ['BOTH=file\nA=$BOTH', { BOTH: 'file', A: 'shell' }],
    ['A=${X:-d}', { A: 'd' }],
    ['A="\\$B"', { A: '$B' }],
    ['A=b\r\nB=c\r\n', { A: 'b', B: 'c' }],
    ['A.b-c=d', { 'A.b-c': 'd' }],
    ['A=x=y', { A: 'x=y' }],
  ])('%j is read', (text, want) => {
    expect(read(text)).toEqual(want);
  });

  it.each([
    ['A="open', '.env: line 1: unterminated quoted value of A'],
    ['x\n1A=b', 'unexpected character in variable name: 1A=b'],
    ['A b=c', 'unexpected character in variable name: A b=c'],
  ])('%j is refused', (text, want) => {
    expect(() => read(text)).toThrow(want);
  });

  it('are taken as they are in format raw', () => {
    expect(readRawEnvFile('# c\nA="b" $C # d\nB\n')).toEqual({ A: '"b" $C # d', B: undefined });
  });
});
