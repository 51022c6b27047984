import type { NetworkRecord } from '../networks/network-record.ts';
import type { Containers } from './containers.ts';
import type { ContainerRecord, EndpointConfig } from './record.ts';

/** Puts a container into one more network, at once if it runs. It is on disk before this resolves. Throws with Docker's words. */
export function connect(containers: Containers, record: ContainerRecord, network: NetworkRecord, config: EndpointConfig): Promise<void> {
  const { networks } = containers.options;
  return change(containers, record, () => networks.connect(record, network, config, containers.live(record.id).netnsPath));
}

export function disconnect(containers: Containers, record: ContainerRecord, network: NetworkRecord): Promise<void> {
  const { networks } = containers.options;
  return change(containers, record, () => networks.disconnect(record, network, containers.live(record.id).netnsPath));
}

function change(containers: Containers, record: ContainerRecord, make: () => Promise<void>): Promise<void> {
  const { networks } = containers.options;
  return containers.hold(record, async () => {
    const before = [...networks.endpointsOf(record.id)];
    await make();
    await containers.book.write(record);
    if (!containers.isRunning(record)) return;
    const after = networks.endpointsOf(record.id);
    const gone = before.find((endpoint) => !after.includes(endpoint));
    const come = after.find((endpoint) => !before.includes(endpoint));
    await containers.maker.nameFiles.follow(record, containers.files(record.id), { ...(gone && { gone }), ...(come && { come }) });
  });
}
