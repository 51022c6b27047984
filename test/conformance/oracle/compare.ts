/** Takes out of an answer what differs from one run to the next, so that two answers of two servers can be compared. */
const changing: Readonly<Record<string, string>> = {
  uid: '<uid>',
  resourceVersion: '<rv>',
  creationTimestamp: '<time>',
  deletionTimestamp: '<time>',
  time: '<time>',
  lastTransitionTime: '<time>',
  lastUpdateTime: '<time>',
  renewTime: '<time>',
  acquireTime: '<time>',
  continue: '<continue>',
  expirationTimestamp: '<time>',
  clusterIP: '<ip>',
  nodePort: '<port>',
  healthCheckNodePort: '<port>',
};
/** Their status is written by controllers, at the same time as the request is answered. */
const byController = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Job']);
/** Not of this API any more, or without meaning. */
const dropped = new Set(['selfLink', 'storageVersionHash', 'singularName']);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Volumes that the service-account admission adds: their names are made up. */
const isTokenVolume = (volume: unknown): boolean =>
  isObject(volume) && typeof volume.name === 'string' && /^(default-token-|kube-api-access-)/.test(volume.name);

export interface NormalizeOptions {
  namespace: string;
  keepManagedFields: boolean;
}

export function normalize(value: unknown, options: NormalizeOptions, key = ''): unknown {
  if (Array.isArray(value)) return normalizeList(value, options, key);
  if (isObject(value)) return normalizeObject(value, options);
  if (key in changing && value !== '' && value !== 'None' && value !== null && value !== 0) return changing[key];
  return typeof value === 'string' ? normalizeText(value, options.namespace) : value;
}

function normalizeList(list: unknown[], options: NormalizeOptions, key: string): unknown[] {
  if (key === 'clusterIPs') return list.map((item) => (item === 'None' ? item : '<ip>'));
  let items = list;
  if (key === 'volumes' || key === 'volumeMounts') items = items.filter((item) => !isTokenVolume(item));
  if (key === 'columnDefinitions') items = items.map((item) => ({ ...(item as Json), description: undefined }));
  return items.map((item) => normalize(item, options));
}

function normalizeObject(object: Json, options: NormalizeOptions): Json {
  const out: Json = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined || dropped.has(key)) continue;
    if (key === 'status' && byController.has(String(object.kind))) continue;
    if (key === 'managedFields' && !options.keepManagedFields) continue;
    if ((key === 'volumes' || key === 'volumeMounts') && Array.isArray(value) && value.every(isTokenVolume)) continue;
    out[key] = key === 'token' ? '<token>' : normalize(key === 'managedFields' ? ofClients(value) : value, options, key);
  }
  return out;
}

/** By name: in the recordings all was written within one second, and entries of one second stand so. */
const ofClients = (entries: unknown): unknown =>
  Array.isArray(entries)
    ? (entries as Json[])
        .filter((entry) => entry.manager !== 'kube-controller-manager')
        .toSorted((a, b) => String(a.manager).localeCompare(String(b.manager)))
    : entries;

const normalizeText = (text: string, namespace: string): string =>
  text
    .replaceAll(namespace, '{{ns}}')
    .replace(/^\d+[smhd](\d+[smh])?$/, '<age>')
    .replace(/^10\.\d+\.\d+\.\d+$/, '<ip>')
    .replace(/:3\d{4}\//g, ':<port>/')
    .replace(/(resource version: )\d+ \(\d+\)/, '$1<rv>')
    .replace(/(resourceVersion[^0-9]*)\d{3,}/g, '$1<rv>')
    .replace(/default-token-[a-z0-9]{5}/g, 'default-token-<rand>')
    .replace(/(gen-)[a-z0-9]{5}\b/g, '$1<rand>')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '<uid>');

export interface Answer {
  status: number;
  body: unknown;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 160);

/** An empty list equals null. */
const isNothing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

/** What the recorded answer has must be in ours; more may be there. Answers the differences. */
export function missing(want: unknown, got: unknown, path = ''): string[] {
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return [`${path}: want a list, got ${shown(got)}`];
    const count = want.length === got.length ? [] : [`${path}: ${want.length} items, got ${got.length}`];
    return [...count, ...want.flatMap((item, i) => (i < got.length ? missing(item, got[i], `${path}[${i}]`) : []))];
  }
  if (isObject(want)) {
    if (!isObject(got)) return [`${path}: want an object, got ${shown(got)}`];
    return Object.entries(want).flatMap(([key, value]) =>
      value === null && isNothing(got[key]) ? [] : missing(value, got[key], `${path}.${key}`),
    );
  }
  return want === got ? [] : [`${path}: want ${shown(want)} got ${shown(got)}`];
}

const causesOf = (body: unknown): string => {
  const causes = isObject(body) && isObject(body.details) ? (body.details.causes as { field?: string; reason?: string }[] | undefined) : [];
  // Each once: old servers validated updates twice.
  return [...new Set((causes ?? []).map(({ field, reason }) => `${field} ${reason}`))].sort().join('; ');
};

/** Compares an answer with the recorded one: the status; of a success every recorded field; of an error its reason and the fields blamed. */
export function difference(want: Answer, got: Answer): string[] {
  const [wanted, answered] = [want.body as Json, got.body as Json];
  // Where the old server failed with 500, later ones refuse with 400 or 422.
  if (want.status === 500) return got.status >= 400 ? [] : [`status: want an error, got ${got.status}`];
  if (want.status !== got.status) return [`status: want ${want.status}, got ${got.status} ${shown(answered?.message)}`];
  if (want.status < 400 || wanted?.kind !== 'Status') return missing(want.body, got.body);
  const reason = wanted.reason === answered?.reason ? [] : [`reason: want ${shown(wanted.reason)}, got ${shown(answered?.reason)}`];
  const causes = causesOf(want.body) === causesOf(got.body) ? [] : [`causes: want ${causesOf(want.body)}, got ${causesOf(got.body)}`];
  return [...reason, ...causes];
}
