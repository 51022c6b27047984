import { startTestServer, type TestAnswer, type TestServer } from '#api-server/testing';
import type { OpenTarget, Target } from '../contract.ts';
import type { Random } from '#base';
import { excerpt } from '../inputs/bytes.ts';
import { names, samples } from '../inputs/samples.ts';

export interface Call {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** A target whose inputs are requests to a whole api-server in this process, on the memory store, that holds one object of every kind. */
export function apiTarget({ name, share, make }: { name: string; share: number; make: (random: Random) => Call }): Target<Call> {
  return {
    name,
    share,
    async open(): Promise<OpenTarget<Call>> {
      const server = await startTestServer();
      for (const sample of samples) {
        for (const given of names) await server.call('POST', sample.collection, { body: sample.object(given) });
      }
      return {
        make,
        feed: (call) => trouble(server, call),
        show: ({ method, url, headers, body }) =>
          `${method} ${url.slice(0, 400)} ${JSON.stringify(headers).slice(0, 400)} ${body ? excerpt(body) : ''}`,
        close: () => server.close(),
      };
    },
  };
}

/** What no request may do, whatever it holds. */
async function trouble(server: TestServer, { method, url, headers, body }: Call): Promise<string | undefined> {
  const before = await server.store.revision();
  const ended = new AbortController();
  const answering = server.call(method, url, { headers, body, signal: ended.signal });
  // What lasts until its client leaves is left as soon as it has begun.
  if (/watch|follow/i.test(url)) setImmediate(() => ended.abort());
  const answer = await answering;
  if (answer.status >= 500 && !isDocumented(answer)) return `status ${answer.status}: ${answer.text.slice(0, 500)}`;
  if (answer.status >= 400) {
    const written = (await writtenSince(server, before)).filter((key) => !(aggregated.test(key) && !url.includes('clusterroles')));
    if (written.length > 0) return `answered ${answer.status}, and ${written.join(', ')} was written`;
    if (/\bundefined\b|\[object Object\]|TypeError|RangeError|Cannot read|is not (a function|iterable)/.test(messageOf(answer)))
      return `an error in JavaScript's words: ${messageOf(answer).slice(0, 300)}`;
  }
  const unsent = Object.entries(answer.headers).find(([, value]) => [value].flat().some((text) => /[^\t\x20-\x7e\x80-\xff]/.test(text)));
  if (unsent) return `the header ${unsent[0]} cannot be sent`;
  const headerBytes = Object.values(answer.headers).flat().join('').length;
  if (headerBytes > 64 * 1024) return `${headerBytes} bytes of headers`;
  return undefined;
}

/** Keys that have changed, but for the Leases by which a server says that it is there. */
async function writtenSince({ store }: TestServer, revision: number): Promise<string[]> {
  if ((await store.revision()) === revision) return [];
  const ended = new AbortController();
  for await (const changes of store.changes(revision, ended.signal)) {
    ended.abort();
    return changes.map(({ key }) => key).filter((key) => !key.startsWith('coordination.k8s.io/leases/kube-system/'));
  }
  return [];
}

/** Roles that others are aggregated to are written a little after those have changed, in the midst of later requests. */
const aggregated = /^rbac\.authorization\.k8s\.io\/clusterroles\//;

/**
 * Errors that the real server answers with 5xx too, each thrown on purpose and with its words: no node is connected to this server, no pod
 * is behind a service, a revision lies in the future, a configuration or a strategic merge patch does not fit its type. What was not
 * foreseen has other words, see `errors/status-of.ts`.
 */
const documented: Record<number, RegExp> = {
  500: /^(error dialing backend: |failed to create typed patch object |map: .* does not contain declared merge key: )/s,
  503: /^no endpoints available for service "/,
  504: /^Too large resource version: /,
};
const isDocumented = (answer: TestAnswer): boolean => documented[answer.status]?.test(messageOf(answer)) ?? false;

/** A Status in protobuf is searched for its message: the text of field 3 follows those of status, which has one word. */
const messageOf = ({ json, text }: TestAnswer): string => {
  const { message } = (json ?? {}) as { message?: unknown };
  if (typeof message === 'string') return message;
  // oxlint-disable-next-line eslint/no-control-regex -- protobuf's tags and lengths are control characters
  return json === undefined ? text.replace(/^k8s\0.*?Failure\x1a[^]{1,2}?(?=[a-zA-Z])/s, '') : '';
};
