import type { Random } from '#base';
import { mutated, oneOf, sizeUpTo, trickyText } from '../inputs/bytes.ts';
import { names, samples } from '../inputs/samples.ts';
import { apiTarget, type Call } from './api-server.ts';

/** Paths, queries, selectors and headers. */
export const queries = apiTarget({ name: 'queries', share: 4, make: (random) => queryCall(random) });

const parameters: readonly ((random: Random) => [string, string])[] = [
  (random) => ['labelSelector', labelSelector(random)],
  (random) => ['fieldSelector', fieldSelector(random)],
  (random) => ['limit', oneOf(random, ['1', '0', '-1', '1e3', trickyText(random)])],
  (random) => ['continue', oneOf(random, ['bogus', Buffer.from('{"rv":1,"start":"a"}').toString('base64url'), trickyText(random)])],
  (random) => ['resourceVersion', oneOf(random, ['0', '1', trickyText(random)])],
  (random) => ['resourceVersionMatch', oneOf(random, ['Exact', 'NotOlderThan', trickyText(random)])],
  (random) => ['watch', oneOf(random, ['1', 'true', 'false', trickyText(random)])],
  (random) => ['sendInitialEvents', oneOf(random, ['true', 'false', trickyText(random)])],
  (random) => ['allowWatchBookmarks', oneOf(random, ['true', trickyText(random)])],
  (random) => ['timeoutSeconds', oneOf(random, ['1', '0', '-1', trickyText(random)])],
  (random) => ['timeout', oneOf(random, ['1s', '0', trickyText(random)])],
  (random) => ['pretty', trickyText(random)],
  (random) => ['dryRun', oneOf(random, ['All', trickyText(random)])],
  (random) => ['propagationPolicy', oneOf(random, ['Foreground', 'Orphan', 'Background', trickyText(random)])],
  (random) => ['gracePeriodSeconds', oneOf(random, ['0', '-1', '9223372036854775808', trickyText(random)])],
  (random) => [trickyText(random), trickyText(random)],
  (random) => ['container', trickyText(random)],
  (random) => ['tailLines', oneOf(random, ['1', '-1', trickyText(random)])],
];

const key = (random: Random): string => oneOf(random, ['app', 'a/b', 'metadata.name', 'spec.nodeName', 'status.phase', trickyText(random)]);

function labelSelector(random: Random): string {
  const term = (): string =>
    oneOf(random, [
      `${key(random)}=${trickyText(random)}`,
      `${key(random)} in (${trickyText(random)},a)`,
      `${key(random)} notin (a,b)`,
      `!${key(random)}`,
      key(random),
      `${key(random)}>1`,
      trickyText(random),
      `${key(random)} in (${'a,'.repeat(sizeUpTo(random, 3000))})`,
    ]);
  const joined = Array.from({ length: sizeUpTo(random, 200) }, term).join(oneOf(random, [',', ', ', ',,', ' ']));
  return random.below(3) === 0 ? mutated(Buffer.from(joined), random).toString() : joined;
}

const fieldSelector = (random: Random): string =>
  Array.from(
    { length: sizeUpTo(random, 30) },
    () => `${key(random)}${oneOf(random, ['=', '==', '!=', '', '>'])}${trickyText(random)}`,
  ).join(',');

const headers: readonly ((random: Random) => [string, string])[] = [
  (random) => [
    'accept',
    oneOf(random, [
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      'application/vnd.kubernetes.protobuf',
      'application/yaml',
      '*/*;q=0',
      'a/b',
      latin(trickyText(random)),
      'a/b,'.repeat(sizeUpTo(random, 3000)),
    ]),
  ],
  (random) => ['content-type', oneOf(random, ['application/json', 'application/json;charset=x', latin(trickyText(random))])],
  (random) => ['user-agent', latin(trickyText(random))],
  (random) => ['impersonate-user', latin(trickyText(random))],
  (random) => ['impersonate-group', latin(trickyText(random))],
  (random) => [`impersonate-extra-${oneOf(random, ['a', '%', '__proto__', 'a%2f'])}`, latin(trickyText(random))],
  (random) => ['accept-encoding', oneOf(random, ['gzip', 'x', 'gzip;q=0', latin(trickyText(random))])],
  (random) => ['authorization', oneOf(random, ['Bearer x', 'Basic eDp5', latin(trickyText(random))])],
];
/** What Node lets through in a header. */
const latin = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');

function queryCall(random: Random): Call {
  const sample = oneOf(random, samples);
  let path = oneOf(random, [
    sample.collection,
    `${sample.collection}/${oneOf(random, names)}`,
    `${sample.collection}/${oneOf(random, names)}/${oneOf(random, ['status', 'scale', 'log', 'proxy', 'proxy/x', 'exec', trickyPath(random)])}`,
    `/${oneOf(random, ['api', 'apis', 'apis/apps', 'apis/apps/v1', 'openapi/v3', 'openapi/v3/apis/apps/v1', 'openapi/v2', 'version', 'healthz', 'livez/ping', 'metrics', '.well-known/openid-configuration', 'openid/v1/jwks', ''])}`,
    sample.collection.replace('default', trickyPath(random)),
    `${sample.collection}/${trickyPath(random)}`,
    `/${Array.from({ length: sizeUpTo(random, 50) }, () => trickyPath(random)).join('/')}`,
  ]);
  if (random.below(6) === 0) path = latin(mutated(Buffer.from(path), random).toString('latin1')).replaceAll(/[ #?\r\n]/g, '');
  const query = Array.from({ length: random.below(5) }, () => oneOf(random, parameters)(random));
  const text = query.map(([name, value]) => `${escaped(name, random)}=${escaped(value, random)}`).join('&');
  return {
    method: oneOf(random, ['GET', 'GET', 'GET', 'GET', 'HEAD', 'DELETE', 'POST', 'OPTIONS', 'PUT', 'X']),
    url: text ? `${path}?${text}` : path,
    headers: Object.fromEntries(Array.from({ length: random.below(3) }, () => oneOf(random, headers)(random))),
  };
}

const trickyPath = (random: Random): string => escaped(trickyText(random), random);

/** As a careful client writes it, or as it is. */
function escaped(text: string, random: Random): string {
  if (random.below(4) === 0) return latin(text).replaceAll(/[ #?&\r\n]/g, '');
  return encodeURIComponent(text.toWellFormed());
}
