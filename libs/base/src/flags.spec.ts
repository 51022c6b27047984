import { FlagError, fileFlag, listFlag, portFlag, requiredFlag } from './flags.ts';

describe('flags', () => {
  it('splits lists and leaves out what is empty', () => {
    expect([listFlag('a, b,,c'), listFlag('')]).toEqual([['a', 'b', 'c'], []]);
  });

  it.each(['0', '65536', '80a', '-1', '', '1e3'])('refuses %j as a port and names the flag', (text) => {
    expect(() => portFlag('secure-port', text)).toThrow(new FlagError(`--secure-port ${text}: not a port number`));
  });

  it('names the flag that is missing, and the file that cannot be read', async () => {
    expect(() => requiredFlag('server', undefined)).toThrow('--server is required');
    await expect(fileFlag('ca-file', '/nowhere/ca.crt')).rejects.toThrow('--ca-file /nowhere/ca.crt: ENOENT');
  });
});
