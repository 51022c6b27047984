import { mkdirSync } from 'node:fs';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { lookUp, removeTree } from '#base';
import { quantityValue } from '#api';
import type { Pod, ProjectedVolumeSource, Volume } from '#api/types';
import { systemReason } from '#base';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { DownwardFacts } from '../environment-plan.ts';
import { PrepareError } from '../pod-steps/errors.ts';
import { podResources } from '../resources-plan.ts';
import { writePayload } from './atomic-writer.ts';
import { downwardPayload, mergePayloads, objectPayload, type Payload } from './payload-plan.ts';
import type { PodObjects } from './pod-objects.ts';
import type { PodTokens } from './tokens.ts';

export interface VolumesContext {
  /** `pods/<uid>` of this node. */
  podDir: string;
  objects: PodObjects;
  tokens: PodTokens;
  mounts: VolumeMounts;
  facts: () => DownwardFacts;
}

const DEFAULT_MODE = 0o644;

/** The volumes of one pod on disk. */
export class PodVolumes {
  /** When the first of the tokens in use is due to be renewed. */
  renewAtMs: number | undefined;

  constructor(private readonly context: VolumesContext) {}

  /** Where a volume's content lies. */
  pathOf(volume: Volume): string {
    return volume.hostPath ? volume.hostPath.path : join(this.context.podDir, 'volumes', volume.name);
  }

  /** Makes every volume that the pod names. Idempotent. Throws with the kubelet's words for the first that cannot be made. */
  async prepare(pod: Pod): Promise<void> {
    await Promise.all(
      (pod.spec.volumes ?? []).map(async (volume) => {
        try {
          await this.setUp(pod, volume);
        } catch (err) {
          throw new PrepareError('FailedMount', `MountVolume.SetUp failed for volume "${volume.name}" : ${systemReason(err)}`, {
            cause: err,
          });
        }
      }),
    );
  }

  /** Brings volumes made from API objects to what those are now. What cannot be read now stays as it was. */
  async refresh(pod: Pod): Promise<void> {
    for (const volume of pod.spec.volumes ?? []) if (isPayload(volume)) await this.setUp(pod, volume);
  }

  async remove(): Promise<void> {
    for (const mount of this.context.mounts.mountsBelow(this.context.podDir)) await this.context.mounts.unmount(mount);
    await removeTree(this.context.podDir);
  }

  private async setUp(pod: Pod, volume: Volume): Promise<void> {
    const path = this.pathOf(volume);
    const gid = pod.spec.securityContext?.fsGroup;
    if (volume.emptyDir) return this.setUpEmptyDir(pod, path, volume.emptyDir);
    if (volume.hostPath) {
      if (this.context.mounts.leadsAway(path)) throw new Error(`hostPath ${path} leads out of what the node sees`);
      return checkHostPath(path, volume.hostPath.type ?? '');
    }
    if (!isPayload(volume)) throw new Error('no volume plugin matched');
    mkdirSync(path, { recursive: true, mode: 0o755 });
    const payload = await this.payloadOf(pod, volume);
    writePayload(path, payload, gid === undefined ? {} : { gid });
  }

  private async setUpEmptyDir(pod: Pod, path: string, { medium, sizeLimit }: NonNullable<Volume['emptyDir']>): Promise<void> {
    const gid = pod.spec.securityContext?.fsGroup;
    // No node has huge pages to give, so that no pod comes here which requests some.
    if (medium?.startsWith('HugePages'))
      throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
    if (medium && medium !== 'Memory') throw new Error(`unknown storage medium "${medium}"`);
    await mkdir(path, { recursive: true });
    if (medium === 'Memory') this.context.mounts.tmpfs(path, { mode: 0o777, sizeBytes: this.memoryVolumeBytes(pod, sizeLimit) });
    if (gid !== undefined) await chown(path, 0, gid);
    await chmod(path, gid === undefined ? 0o777 : 0o2777);
  }

  /** KEP-1967: no more than the pod may use, and than it asks for. */
  private memoryVolumeBytes(pod: Pod, sizeLimit: string | undefined): number {
    const most = podResources(pod).memoryLimitBytes ?? this.context.facts().nodeAllocatable.memoryBytes;
    const wanted = sizeLimit ? quantityValue(sizeLimit) : 0;
    return wanted > 0 ? Math.min(wanted, most) : most;
  }

  private async payloadOf(pod: Pod, volume: Volume): Promise<Payload> {
    const { objects } = this.context;
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap) {
      const { name = '', items, optional = false, defaultMode: mode = DEFAULT_MODE } = configMap;
      return objectPayload({ data: await objects.configMap(name), items, mode, optional, what: 'configmap', name });
    }
    if (secret) {
      const { secretName: name = '', items, optional = false, defaultMode: mode = DEFAULT_MODE } = secret;
      return objectPayload({ data: await objects.secret(name), items, mode, optional, what: 'secret', name });
    }
    if (downwardAPI)
      return downwardPayload(pod, downwardAPI.items, { mode: downwardAPI.defaultMode ?? DEFAULT_MODE, facts: this.context.facts() });
    return this.projectedPayload(pod, projected!);
  }

  private async projectedPayload(pod: Pod, { sources, defaultMode: mode = DEFAULT_MODE }: ProjectedVolumeSource): Promise<Payload> {
    const { objects, tokens } = this.context;
    this.renewAtMs = undefined;
    const payloads = await Promise.all(
      (sources ?? []).map(async ({ configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle }): Promise<Payload> => {
        if (configMap) {
          const { name = '', items, optional = false } = configMap;
          return objectPayload({ data: await objects.configMap(name), items, mode, optional, what: 'configmap', name });
        }
        if (secret) {
          const { name = '', items, optional = false } = secret;
          return objectPayload({ data: await objects.secret(name), items, mode, optional, what: 'secret', name });
        }
        if (downwardAPI) return downwardPayload(pod, downwardAPI.items, { mode, facts: this.context.facts() });
        if (serviceAccountToken) {
          const { token, renewAtMs } = await tokens.get(pod, serviceAccountToken);
          this.renewAtMs = Math.min(this.renewAtMs ?? renewAtMs, renewAtMs);
          // Readable by whoever the containers run as: only with a user or group of the pod's own is it narrowed (kubelet's rule).
          return new Map([[serviceAccountToken.path, { content: Buffer.from(token), mode: tokenMode(pod, mode) }]]);
        }
        throw new Error(clusterTrustBundle ? 'ClusterTrustBundle projection is not supported in this cluster' : 'unknown projection');
      }),
    );
    return mergePayloads(payloads);
  }
}

const isPayload = (volume: Volume): boolean => Boolean(volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected);

/** KEP-542: 0600 where it stays readable, i.e. for pods whose group owns the volume; else the default mode. */
function tokenMode(pod: Pod, mode: number): number {
  return pod.spec.securityContext?.fsGroup === undefined ? mode : 0o600;
}

/** Kubernetes, "hostPath volume types". */
async function checkHostPath(path: string, type: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  // Runtimes make a directory of what is not there, so an untyped path never fails.
  if (type === '' && found) return;
  if ((type === 'DirectoryOrCreate' || type === '') && !found) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return;
  }
  if (type === 'FileOrCreate' && !found) return writeFile(path, '', { mode: 0o644, flag: 'a' });
  const checks: Record<string, [string, boolean | undefined]> = {
    Directory: ['a directory', found?.isDirectory()],
    DirectoryOrCreate: ['a directory', found?.isDirectory()],
    File: ['a file', found?.isFile()],
    FileOrCreate: ['a file', found?.isFile()],
    Socket: ['a socket file', found?.isSocket()],
    CharDevice: ['a character device', found?.isCharacterDevice()],
    BlockDevice: ['a block device', found?.isBlockDevice()],
  };
  const [what, holds] = lookUp(checks, type) ?? ['of a known type', false];
  if (!holds) throw new Error(`hostPath type check failed: ${path} is not ${what}`);
}

/** What volumes are made from besides ConfigMaps and Secrets: the downward API shows metadata and resources. Most changes are of the status. */
export function volumesDiffer(a: Pod, b: Pod): boolean {
  const shown = ({ metadata: { labels, annotations }, spec }: Pod): unknown => ({ labels, annotations, spec });
  return !isDeepStrictEqual(shown(a), shown(b));
}
