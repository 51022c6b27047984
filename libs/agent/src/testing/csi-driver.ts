import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { csi, pluginRegistration } from '#proto';

export interface CsiDriverOptions {
  name: string;
  /** Where its socket is made, and by which name the node knows it. */
  socket: string;
  endpoint?: string;
  /** The folder where drivers make themselves known. */
  registry: string;
  nodeId?: string;
  capabilities?: (keyof typeof csi.NodeServiceCapability_RPC_Type)[];
  topology?: Record<string, string>;
  maxVolumes?: number;
  versions?: string[];
  type?: string;
  /** What is done for a call before it is answered; what it throws is the answer. */
  acts?: Partial<{
    stage: (request: csi.NodeStageVolumeRequest) => Promise<void> | void;
    unstage: (request: csi.NodeUnstageVolumeRequest) => Promise<void> | void;
    publish: (request: csi.NodePublishVolumeRequest) => Promise<void> | void;
    unpublish: (request: csi.NodeUnpublishVolumeRequest) => Promise<void> | void;
    expand: (request: csi.NodeExpandVolumeRequest) => Promise<void> | void;
  }>;
}

/** A driver that speaks the real protocols over its sockets, and writes down what it was asked. */
export class TestCsiDriver {
  /** Calls in order, as `NodeStageVolume`, with their requests. */
  readonly calls: { method: string; request: unknown }[] = [];
  /** What the node has said of the registration. */
  readonly told: pluginRegistration.RegistrationStatus[] = [];
  private readonly servers: Server[] = [];

  constructor(private readonly options: CsiDriverOptions) {}

  get registrationSocket(): string {
    return join(this.options.registry, `${this.options.name}-reg.sock`);
  }

  async start(): Promise<void> {
    const { socket } = this.options;
    await this.serve(socket, [[csi.NodeService, this.node()]]);
    await this.serve(this.registrationSocket, [[pluginRegistration.RegistrationService, this.registration()]]);
  }

  /** Its sockets are gone with it, as those of one that ends in order. */
  stop(): void {
    for (const server of this.servers.splice(0)) server.forceShutdown();
    for (const path of [this.registrationSocket, this.options.socket]) rmSync(path, { force: true });
  }

  methods(): string[] {
    return this.calls.map(({ method }) => method);
  }

  private async serve(path: string, services: [Parameters<Server['addService']>[0], UntypedServiceImplementation][]): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    const server = new Server();
    for (const [service, implementation] of services) server.addService(service, implementation);
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (err) => (err ? reject(err) : resolve())),
    );
    this.servers.push(server);
  }

  private registration(): UntypedServiceImplementation {
    const { name, socket, endpoint = socket, versions = ['1.0.0'], type = 'CSIPlugin' } = this.options;
    return {
      getInfo: answer(() => ({ type, name, endpoint, supportedVersions: versions })),
      notifyRegistrationStatus: answer((request: pluginRegistration.RegistrationStatus) => {
        this.told.push(request);
        return {};
      }),
    };
  }

  private node(): UntypedServiceImplementation {
    const { nodeId = 'node-1', capabilities = [], topology, maxVolumes = 0, acts = {} } = this.options;
    const noted = <Q, R>(method: string, act: ((request: Q) => Promise<void> | void) | undefined, reply: R) =>
      answer(async (request: Q) => {
        this.calls.push({ method, request });
        await act?.(request);
        return reply;
      });
    return {
      nodeGetInfo: answer(() => ({
        nodeId,
        maxVolumesPerNode: BigInt(maxVolumes),
        accessibleTopology: topology && { segments: topology },
      })),
      nodeGetCapabilities: answer(() => ({
        capabilities: capabilities.map((each) => ({
          type: { $case: 'rpc', value: { type: csi.NodeServiceCapability_RPC_Type[each] } },
        })),
      })),
      nodeStageVolume: noted('NodeStageVolume', acts.stage, {}),
      nodeUnstageVolume: noted('NodeUnstageVolume', acts.unstage, {}),
      nodePublishVolume: noted('NodePublishVolume', acts.publish, {}),
      nodeUnpublishVolume: noted('NodeUnpublishVolume', acts.unpublish, {}),
      nodeExpandVolume: noted('NodeExpandVolume', acts.expand, { capacityBytes: 0n }),
      nodeGetVolumeStats: answer(() => ({
        usage: [{ unit: csi.VolumeUsage_Unit.BYTES, total: 100n, used: 40n, available: 60n }],
      })),
    };
  }
}

const answer =
  <Q, R>(reply: (request: Q) => R | Promise<R>) =>
  (call: ServerUnaryCall<Q, R>, done: sendUnaryData<R>): void => {
    void (async () => {
      try {
        done(null, await reply(call.request));
      } catch (err) {
        done({ code: status.INTERNAL, details: err instanceof Error ? err.message : String(err) });
      }
    })();
  };
