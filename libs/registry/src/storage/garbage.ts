import type { Clock } from '#base';
import type { BlobDigest, GarbageReport } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { isBlobDigest } from '../names.ts';
import type { BlobStore } from './blobs.ts';
import { layout } from './layout.ts';
import { repositoriesUnder } from './lists.ts';
import type { Manifests } from './manifests.ts';
import { parseManifest } from './manifest-document.ts';
import type { RetentionPlan, SeenRepository } from './retention-plan.ts';
import type { Uploads } from './uploads.ts';

export interface GarbageOptions {
  /** Blobs that were written, mounted or asked for within this time stay: a push may be about to name them. */
  graceMs: number;
  /** Upload sessions that nobody has written to for so long are ended. */
  uploadIdleMs: number;
  /** What else goes, of a repository; undefined: nothing. */
  planFor?: (repository: string) => ((seen: SeenRepository) => RetentionPlan) | undefined;
}

export interface GarbageParts {
  driver: StorageDriver;
  blobs: BlobStore;
  manifests: Manifests;
  uploads: Uploads;
  clock: Clock;
}

/**
 * Mark and sweep, beside serving registries: takes the tags and manifests that plans name, marks what the manifests that are left name, then
 * deletes blobs that are unmarked and untouched. Whoever is about to name a blob or a manifest has touched it (`BlobStore.sizeIn`,
 * `adopt`, `Manifests.put`), and `removeUntouched` takes nothing that was touched: so a push under way needs no lock.
 */
export async function collectGarbage(parts: GarbageParts, options: GarbageOptions): Promise<GarbageReport> {
  const removedUploads = await parts.uploads.expire(options.uploadIdleMs);
  const repositories = await repositoriesUnder(parts.driver);
  const retained = await applyPlans(parts, repositories, options.planFor);
  const marked = await mark(parts, repositories);
  const untouchedSince = parts.clock.now().getTime() - options.graceMs;
  const report: GarbageReport = { ...retained, removedBlobs: [], removedUploads, freedBytes: 0, keptBlobs: 0 };
  for (const digest of await storedBlobs(parts.driver)) {
    const file = await parts.driver.stat(layout.blob(digest));
    if (!file) continue;
    if (marked.has(digest) || !(await parts.driver.removeUntouched(layout.blob(digest), untouchedSince))) {
      report.keptBlobs++;
      continue;
    }
    report.removedBlobs.push(digest);
    report.freedBytes += file.sizeBytes;
    // A repository shows no bytes that are gone, link or not. Somebody may have pushed them anew by now: a new link stays.
    for (const repository of repositories) await parts.driver.removeUntouched(layout.layerLink(repository, digest), untouchedSince);
  }
  return report;
}

async function applyPlans(
  { manifests }: GarbageParts,
  repositories: readonly string[],
  planFor: GarbageOptions['planFor'],
): Promise<{ removedTags: number; removedManifests: number }> {
  let [removedTags, removedManifests] = [0, 0];
  for (const repository of repositories) {
    const planOf = planFor?.(repository);
    if (!planOf) continue;
    const plan = planOf(await manifests.seen(repository));
    for (const { name, sinceMs } of plan.tags) if (await manifests.removeTag(repository, name, sinceMs)) removedTags++;
    for (const { digest, sinceMs } of plan.manifests) if (await manifests.removeRevision(repository, digest, sinceMs)) removedManifests++;
  }
  return { removedTags, removedManifests };
}

/** All before anything is deleted. A manifest whose blob cannot be read marks itself alone. */
async function mark(parts: GarbageParts, repositories: readonly string[]): Promise<Set<BlobDigest>> {
  const marked = new Set<BlobDigest>();
  for (const repository of repositories) {
    for (const digest of await parts.manifests.revisions(repository)) {
      marked.add(digest);
      const bytes = await parts.blobs.read(digest);
      if (!bytes) continue;
      for (const blob of parseManifest(bytes, undefined).blobs) marked.add(blob);
    }
  }
  return marked;
}

async function storedBlobs(driver: StorageDriver): Promise<BlobDigest[]> {
  const found: BlobDigest[] = [];
  for (const { name: algorithm } of await driver.list(layout.blobs)) {
    for (const { name: prefix } of await driver.list(`${layout.blobs}/${algorithm}`)) {
      for (const { name: hex } of await driver.list(`${layout.blobs}/${algorithm}/${prefix}`)) {
        const digest = `${algorithm}:${hex}`;
        if (isBlobDigest(digest)) found.push(digest);
      }
    }
  }
  return found;
}
