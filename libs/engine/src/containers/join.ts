import type { ContainerRuntime } from '#runtime/containers.contract';
import { badParameter, conflict } from '../errors.ts';
import type { ContainerBook } from './container-book.ts';
import type { ContainerRecord } from './record.ts';
import type { HostConfig } from './settings.ts';

const fields = ['NetworkMode', 'IpcMode', 'PidMode'] as const;
const prefix = 'container:';

/** What a container has of others instead of its own. */
export interface Joined {
  /** Ids of containers. */
  network?: string;
  ipc?: string;
  /** A process of the other one. */
  pid?: number;
}

/** Who is joined or linked to others is started after them. */
export function inTurns(records: readonly ContainerRecord[]): ContainerRecord[][] {
  const isLater = ({ hostConfig }: ContainerRecord): boolean =>
    fields.some((field) => hostConfig[field].startsWith(prefix)) || (hostConfig.Links ?? []).length > 0;
  return [records.filter((record) => !isLater(record)), records.filter(isLater)];
}

/** Names of other containers become ids: they may be renamed. Throws 400. */
export function resolveJoined(hostConfig: HostConfig, book: ContainerBook): void {
  for (const field of fields) {
    const mode = hostConfig[field];
    if (!mode.startsWith(prefix)) continue;
    const reference = mode.slice(prefix.length);
    if (reference === '') throw badParameter(`invalid ${field}: ${mode}: invalid container format container:<name|id>`);
    // One that is not there is told of at the start, as with Docker: "not found" here would make its client pull the image.
    const id = book.known(reference)?.id;
    if (id !== undefined) hostConfig[field] = prefix + id;
  }
}

/** Throws 404 for one that is gone, 409 for one that does not run, or does not share. */
export async function joinedBy(
  { id, hostConfig }: ContainerRecord,
  { book, runtime }: { book: ContainerBook; runtime: Pick<ContainerRuntime, 'get'> },
): Promise<Joined> {
  const other = async (field: (typeof fields)[number], what: string): Promise<{ record: ContainerRecord; pid: number } | undefined> => {
    const mode = hostConfig[field];
    if (!mode.startsWith(prefix)) return undefined;
    const record = book.find(mode.slice(prefix.length));
    if (record.id === id) throw badParameter(`cannot join own ${what}`);
    const found = await runtime.get(record.id);
    if (found?.state !== 'running' && found?.state !== 'paused') {
      throw conflict(`cannot join ${what} of a non running container: ${record.id}`);
    }
    return { record, pid: found.pid ?? 0 };
  };
  const [network, ipc, pid] = [await other('NetworkMode', 'network'), await other('IpcMode', 'IPC'), await other('PidMode', 'PID')];
  if (ipc && !['shareable', 'host'].includes(ipc.record.hostConfig.IpcMode) && !ipc.record.hostConfig.IpcMode.startsWith(prefix)) {
    throw conflict(
      `cannot join IPC of container ${ipc.record.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  }
  return { ...(network && { network: network.record.id }), ...(ipc && { ipc: ipc.record.id }), ...(pid && { pid: pid.pid }) };
}
