import type { Permits } from '../authentication/access.ts';
import { type BlobDigest, type Descriptor, RegistryError } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { pageOf } from '../http/lists.ts';
import { isBlobDigest } from '../names.ts';
import { repositoriesUnder } from '../storage/lists.ts';
import type { Manifests } from '../storage/manifests.ts';
import { type Html, html, sizeText } from './html.ts';
import { type Crumb, layout } from './layout.ts';

export interface PageParts {
  driver: StorageDriver;
  manifests: Manifests;
  permits: Permits;
  query: URLSearchParams;
}

/** Rows of one page of a table. */
const pageLength = 100;

const home: Crumb = { text: 'Repositories', href: '/ui/' };

export async function repositoriesPage({ driver, permits, query }: PageParts): Promise<string> {
  const names = (await repositoriesUnder(driver)).filter((name) => permits.sees(name));
  const page = pageOf(names, query, pageLength);
  const rows = page.items.map((name) => html`<tr><th scope="row"><a href="${repositoryHref(name)}">${name}</a></th></tr>`);
  const content = html`${table(`Repositories: ${names.length}`, ['Name'], rows)}${nextLink(home.href, page.next?.last)}`;
  return layout({ crumbs: [home], user: permits.user, content });
}

/** Its tags with their sizes, and what the blobs of those have together. */
export async function repositoryPage({ manifests, permits, query }: PageParts, name: string): Promise<string> {
  if (!(await manifests.exists(name))) throw new RegistryError('NAME_UNKNOWN', 'repository name not known to registry');
  const tags = await manifests.tags(name);
  const page = pageOf(tags, query, pageLength);
  const blobs = new Map<string, number>();
  const rows: Html[] = [];
  for (const tag of page.items) {
    const contents = await contentsOf(manifests, name, tag);
    if (!contents) continue;
    for (const { digest, size } of contents.blobs) blobs.set(digest, size);
    const sum = contents.blobs.reduce((total, { size }) => total + size, 0);
    rows.push(html`<tr><th scope="row"><a href="${imageHref(name, tag)}">${tag}</a></th><td><code>${contents.digest}</code></td>
<td class="size">${contents.layers.length}</td><td class="size">${sizeText(sum)}</td></tr>`);
  }
  const total = [...blobs.values()].reduce((sum, size) => sum + size, 0);
  const content = html`<p>What these tags lead to takes ${sizeText(total)}; layers that they share count once.</p>
${table(`Tags: ${tags.length}`, ['Tag', 'Digest', 'Layers', 'Size'], rows)}${nextLink(repositoryHref(name), page.next?.last)}`;
  return layout({ crumbs: [home, { text: name, href: repositoryHref(name) }], user: permits.user, content });
}

/** The layers of an image, or the images of an index. */
export async function imagePage({ manifests, permits }: PageParts, name: string, reference: string): Promise<string> {
  const contents = await contentsOf(manifests, name, reference);
  if (!contents) throw new RegistryError('MANIFEST_UNKNOWN', 'manifest unknown');
  const images = contents.images.map(
    ({ digest, platform }) =>
      html`<tr><th scope="row"><a href="${imageHref(name, digest)}">${platform}</a></th><td><code>${digest}</code></td></tr>`,
  );
  const layers = contents.layers.map(
    ({ digest, mediaType, size }, i) =>
      html`<tr><th scope="row">${i + 1}</th><td><code>${digest}</code></td><td>${mediaType}</td><td class="size">${sizeText(size)}</td></tr>`,
  );
  const content = html`<dl><dt>Digest</dt><dd><code>${contents.digest}</code></dd><dt>Type</dt><dd>${contents.mediaType}</dd></dl>
${images.length > 0 ? table(`Images: ${images.length}`, ['Platform', 'Digest'], images) : undefined}
${layers.length > 0 ? table(`Layers: ${layers.length}, the lowest first`, ['', 'Digest', 'Type', 'Size'], layers) : undefined}`;
  const crumbs = [home, { text: name, href: repositoryHref(name) }, { text: reference, href: imageHref(name, reference) }];
  return layout({ crumbs, user: permits.user, content });
}

export function errorPage(err: RegistryError, user: string | undefined): string {
  const content = html`<p role="alert">${err.message}</p>`;
  return layout({ crumbs: [home, { text: 'Not shown', href: home.href }], user, content });
}

function table(caption: string, columns: readonly string[], rows: readonly Html[]): Html {
  const heads = columns.map((column) => (column === '' ? html`<td></td>` : html`<th scope="col">${column}</th>`));
  return html`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`;
}

function nextLink(href: string, last: string | undefined): Html | undefined {
  return last === undefined ? undefined : html`<p><a rel="next" href="${href}?${new URLSearchParams({ last }).toString()}">More</a></p>`;
}

const repositoryHref = (name: string): string => `/ui/r/${name}`;
/** No part of a repository's name is `-`. */
const imageHref = (name: string, reference: string): string => `/ui/r/${name}/-/${reference}`;

interface Contents {
  digest: BlobDigest;
  mediaType: string;
  layers: Descriptor[];
  /** Layers and config. */
  blobs: Descriptor[];
  images: { digest: string; platform: string }[];
}

/** Of a manifest that was taken once, so its descriptors are right (`parseManifest`); what else is in it may be anything. */
async function contentsOf(manifests: Manifests, name: string, reference: string): Promise<Contents | undefined> {
  const found = await manifests.get(name, reference).catch((err: unknown) => {
    if (err instanceof RegistryError) return undefined;
    throw err;
  });
  if (!found) return undefined;
  const document = JSON.parse(found.bytes.toString()) as {
    config?: Descriptor;
    layers?: Descriptor[];
    manifests?: (Descriptor & { platform?: unknown })[];
  };
  const layers = document.layers ?? [];
  const images = (document.manifests ?? [])
    .filter(({ digest }) => isBlobDigest(digest))
    .map(({ digest, platform }) => ({ digest, platform: platformText(platform) }));
  return {
    digest: found.digest,
    mediaType: found.mediaType,
    layers,
    blobs: [...(document.config ? [document.config] : []), ...layers],
    images,
  };
}

function platformText(platform: unknown): string {
  const { os, architecture, variant } = (typeof platform === 'object' && platform !== null ? platform : {}) as Record<string, unknown>;
  const parts = [os, architecture, variant].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join('/') : 'unknown';
}
