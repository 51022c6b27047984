import { dictionary } from './dictionary.ts';

it('starts compression from the dictionary that peers know', () => {
  expect(dictionary.length).toBe(1423);
  expect(adler32(dictionary).toString(16)).toBe('e3c6a7c2');
});

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
