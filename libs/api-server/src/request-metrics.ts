import type { Clock } from '#base';
import { shapeOf, subresourceOf } from './catalog/subresources.ts';
import type { KindCatalog } from './contract.ts';
import type { ServerMetrics } from './metrics.ts';
import type { RequestInfo } from './request/request-info.ts';
import { type Admitted, header, type HttpCall } from './rest/call.ts';

interface Subject {
  call: HttpCall;
  query: URLSearchParams;
  info: RequestInfo;
}

/** Counts a request; the function that comes back is called once, with the status of the answer. */
export function measured(
  { metrics, clock, kinds }: { metrics: ServerMetrics; clock: Clock; kinds: KindCatalog },
  subject: Subject,
): (status: number) => void {
  const started = clock.monotonicMs();
  const labels = labelsOf(subject, kinds);
  const component = 'apiserver';
  const { dry_run: _, ...placed } = labels;
  const staying = isLongRunning(subject, kinds) ? metrics.longRunning.labels({ ...placed, component }) : undefined;
  staying?.inc();
  let done = false;
  return (status) => {
    if (done) return;
    done = true;
    staying?.dec();
    metrics.requests({ ...labels, component, code: String(status) }).inc();
    metrics.duration({ ...labels, component }).observe((clock.monotonicMs() - started) / 1000);
  };
}

/** Requests that stay: they count apart, and no time limit of a request holds for them. */
export function isLongRunning({ info, query }: Pick<Admitted, 'info' | 'query'>, kinds: Pick<KindCatalog, 'find'>): boolean {
  if (!info.isResource) return false;
  if (info.verb === 'watch') return true;
  if (info.subresource === '') return false;
  const shape = shapeOf(kinds.find(info)?.definition, info.subresource);
  return shape === 'text' ? query.get('follow') === 'true' || query.get('follow') === '1' : shape !== undefined;
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT']);

/** What is not served has no labels of its own: clients cannot make series. */
function labelsOf({ call, query, info }: Subject, kinds: KindCatalog) {
  const kind = kinds.find(info);
  const { group = '', version = '', resource = '' } = kind?.resource ?? {};
  const subresource = subresourceOf(kind?.definition, info.subresource) ? info.subresource : '';
  const scope = kind || !info.isResource ? scopeOf(info) : '';
  return {
    verb: verbOf({ call, query, info }, kinds),
    group,
    version,
    resource,
    subresource,
    scope,
    dry_run: query.get('dryRun') ? 'All' : '',
  };
}

/** `k8s.io/apiserver/pkg/endpoints/metrics`, cleanVerb: a closed set. */
function verbOf({ call, query, info }: Subject, kinds: KindCatalog): string {
  if (isLongRunning({ info, query }, kinds) && info.verb !== 'watch') return 'CONNECT';
  if (info.verb === 'watch' || info.verb === 'list') return info.verb.toUpperCase();
  if (call.method === 'PATCH' && (header(call, 'content-type') ?? '').startsWith('application/apply-patch')) return 'APPLY';
  return methods.has(call.method) ? call.method : 'other';
}

/** `k8s.io/apiserver/pkg/endpoints/metrics`, CleanScope. */
function scopeOf({ isResource, name, namespace, verb }: RequestInfo): string {
  if (name !== '' || verb === 'create') return 'resource';
  if (namespace !== '') return 'namespace';
  return isResource ? 'cluster' : '';
}
