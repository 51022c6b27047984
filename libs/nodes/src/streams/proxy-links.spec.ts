import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { hasLinks, rewriteUrl, withLinks } from './proxy-links.ts';

const place = { prefix: '/api/v1/namespaces/d/pods/p/proxy', host: 'api:6443', backend: ['10.244.0.5:80', 'p'] };
const answer = (headers: object, body: Buffer[] = []): IncomingMessage =>
  Object.assign(Readable.from(body), { headers }) as IncomingMessage;

it.each([
  ['/a', `${place.prefix}/a`],
  ['/', `${place.prefix}/`],
  ['/a?b=/c#/d', `${place.prefix}/a?b=/c#/d`],
  ['/a/../b', `${place.prefix}/b`],
  [`${place.prefix}/a`, `${place.prefix}/a`],
  ['http://10.244.0.5:80/a', `${place.prefix}/a`],
  ['//p/a', `${place.prefix}/a`],
  ['https://api:6443/a', `https://api:6443${place.prefix}/a`],
  ['https://example.com/a', 'https://example.com/a'],
  ['http://10.244.0.5:81/a', 'http://10.244.0.5:81/a'],
  ['http://10.244.0.5:80', 'http://10.244.0.5:80'],
  ['a/b', 'a/b'],
  ['../a', '../a'],
  ['?a', '?a'],
  ['#a', '#a'],
  ['', ''],
  ['mailto:/a', 'mailto:/a'],
])('%j is found at %j', (url, want) => expect(rewriteUrl(url, place)).toBe(want));

it.each<[headers: Record<string, string>, has: boolean]>([
  [{ 'content-type': 'text/html' }, true],
  [{ 'content-type': 'Text/HTML; charset=utf-8' }, true],
  [{ 'content-type': 'text/html', 'content-encoding': 'gzip' }, true],
  [{ 'content-type': 'text/html', 'content-encoding': 'deflate' }, true],
  [{ 'content-type': 'text/html', 'content-encoding': 'br' }, false],
  [{ 'content-type': 'text/html', location: '/x' }, false],
  [{ 'content-type': 'text/plain' }, false],
  [{}, false],
])('an answer with %j has links: %p', (headers, has) => expect(hasLinks(answer(headers))).toBe(has));

it.each<[encoding: string, pack: (text: string) => Buffer, unpack: (bytes: Buffer) => Buffer]>([
  ['', (page) => Buffer.from(page), (bytes) => bytes],
  ['gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
  ['deflate', deflateRawSync, inflateRawSync],
])('a page is rewritten, and packed as it came: %s by %p', async (encoding, pack, unpack) => {
  const body = pack('<a href="/x">x</a>');
  const headers = { 'content-type': 'text/html', ...(encoding && { 'content-encoding': encoding }) };
  const rewritten = await withLinks(answer(headers, [body.subarray(0, 5), body.subarray(5)]), place);
  const chunks: Buffer[] = [];
  for await (const chunk of rewritten) chunks.push(chunk as Buffer);
  expect(unpack(Buffer.concat(chunks)).toString()).toBe(`<a href="${place.prefix}/x">x</a>`);
});

it('a page that breaks off breaks off', async () => {
  const body = gzipSync('<a href="/x">x</a>');
  const rewritten = await withLinks(answer({ 'content-encoding': 'gzip' }, [body.subarray(0, body.length - 9)]), place);
  await expect(text(rewritten)).rejects.toThrow('unexpected end of file');
});
