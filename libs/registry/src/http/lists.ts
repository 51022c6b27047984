import type { Permits } from '../authentication/access.ts';
import { RegistryError } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { blobDigest } from '../names.ts';
import { repositoriesUnder } from '../storage/lists.ts';
import { ociIndex } from '../storage/manifest-document.ts';
import type { Manifests } from '../storage/manifests.ts';
import { type Exchange, sendJson, unsupported } from './answer.ts';

/** Pages of the catalog when the client does not say how long it wants them; the Docker registry's figure. */
const catalogPage = 100;
/** A page is never longer, whatever `n` asks for. */
const pageLimit = 1000;

/** GET `/v2/<name>/tags/list`. */
export async function listTags(manifests: Manifests, exchange: Exchange, { name }: { name: string }): Promise<void> {
  demandGet(exchange);
  if (!(await manifests.exists(name))) {
    throw new RegistryError('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } });
  }
  const page = pageOf(await manifests.tags(name), exchange.query, undefined);
  sendJson(exchange, { name, tags: page.items }, linkTo(`/v2/${name}/tags/list`, page));
}

/** GET `/v2/_catalog` of the Docker registry's API: what whoever asks may pull. */
export async function listCatalog(driver: StorageDriver, exchange: Exchange, permits: Permits): Promise<void> {
  demandGet(exchange);
  const page = pageOf(
    (await repositoriesUnder(driver)).filter((name) => permits.sees(name)),
    exchange.query,
    catalogPage,
  );
  sendJson(exchange, { repositories: page.items }, linkTo('/v2/_catalog', page));
}

/**
 * GET `/v2/<name>/referrers/<digest>`: an index, empty when nothing refers to the digest. `OCI-Filters-Applied` tells clients that they
 * need not filter by themselves (OCI distribution-spec, "Listing Referrers").
 */
export async function listReferrers(manifests: Manifests, exchange: Exchange, at: { name: string; digest: string }): Promise<void> {
  demandGet(exchange);
  const wanted = exchange.query.get('artifactType');
  const all = await manifests.referrers(at.name, blobDigest(at.digest));
  const found = wanted ? all.filter((descriptor) => descriptor.artifactType === wanted) : all;
  const headers = { 'content-type': ociIndex, ...(wanted && { 'oci-filters-applied': 'artifactType' }) };
  sendJson(exchange, { schemaVersion: 2, mediaType: ociIndex, manifests: found }, headers);
}

interface Page {
  items: string[];
  next?: { n: number; last: string };
}

/**
 * OCI distribution-spec, "Listing Tags": up to `n` entries after `last`; `n=0` is an empty list without a link. `last` need not be in the
 * list: an entry that has been deleted between two pages does no harm. Without `n` and a default the list is whole.
 */
export function pageOf(sorted: readonly string[], query: URLSearchParams, defaultLength: number | undefined): Page {
  const text = query.get('n');
  if (text !== null && !/^\d{1,9}$/.test(text)) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { detail: { n: text } });
  }
  const last = query.get('last');
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  const n = text === null ? defaultLength : Math.min(Number(text), pageLimit);
  if (n === undefined) return { items: [...rest] };
  const items = rest.slice(0, n);
  const end = items.at(-1);
  return rest.length > items.length && end !== undefined ? { items, next: { n, last: end } } : { items };
}

function linkTo(path: string, { next }: Page): Record<string, string> {
  if (!next) return {};
  const query = new URLSearchParams({ n: String(next.n), last: next.last });
  return { link: `<${path}?${query.toString()}>; rel="next"` };
}

function demandGet({ request }: Exchange): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported(request.method ?? '', ['GET']);
}
