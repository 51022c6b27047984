import { readFile } from 'node:fs/promises';
import { systemReason } from './system-reason.ts';

it('leaves out the path of what the system refuses', async () => {
  const refused = await readFile('/no/such/file').catch((err: unknown) => err);
  expect(systemReason(refused)).toBe('no such file or directory');
  expect(systemReason(Object.assign(new Error('mount /secret: EBUSY'), { code: 'EBUSY' }))).toBe('resource busy or locked');
});

it('keeps what we have said ourselves', () => {
  expect(systemReason(new Error('configmap "x" not found'))).toBe('configmap "x" not found');
  expect(systemReason(Object.assign(new Error('invalid reference'), { code: 'invalid-image-name' }))).toBe('invalid reference');
  expect(systemReason('text')).toBe('text');
});
