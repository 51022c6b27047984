import { compactVerify } from 'jose';
import { detachedSignature } from './detached-signature.ts';

it('a detached signature holds for its content and its token, and for no other', async () => {
  const [header, empty, signature] = detachedSignature('text', { id: 'abcdef', secret: '0123456789abcdef' }).split('.');
  expect(empty).toBe('');
  const verified = (content: string, secret: string) =>
    compactVerify(`${header}.${Buffer.from(content).toString('base64url')}.${signature}`, Buffer.from(secret)).then(
      ({ protectedHeader }) => protectedHeader,
      () => 'refused',
    );
  expect(await verified('text', '0123456789abcdef')).toEqual({ alg: 'HS256', kid: 'abcdef' });
  expect(await verified('other', '0123456789abcdef')).toBe('refused');
  expect(await verified('text', '0123456789abcdee')).toBe('refused');
});
