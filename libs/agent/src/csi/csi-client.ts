import { type CallOptions, type ClientUnaryCall, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Clock } from '#base';
import { csi, pluginRegistration } from '#proto';

/** The kubelet's time for one call (`csiTimeout`). */
const TIMEOUT_MS = 120_000;

type Unary<Q, R> = (
  request: Q,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: R) => void,
) => ClientUnaryCall;

type Calling = <Q, R>(method: Unary<Q, R>) => (request: Q) => Promise<R>;

/** The node service of one driver, over its socket. Every call throws in the words of Go's clients, by which people know these errors. */
export type CsiClient = ReturnType<typeof csiClient>;

export function csiClient(socket: string, clock: Clock) {
  const client = new csi.NodeClient(`unix://${socket}`, credentials.createInsecure());
  const calling = callingWith(clock);
  return {
    nodeGetInfo: calling(client.nodeGetInfo.bind(client) as Unary<csi.NodeGetInfoRequest, csi.NodeGetInfoResponse>),
    nodeGetCapabilities: calling(
      client.nodeGetCapabilities.bind(client) as Unary<csi.NodeGetCapabilitiesRequest, csi.NodeGetCapabilitiesResponse>,
    ),
    nodeStageVolume: calling(client.nodeStageVolume.bind(client) as Unary<csi.NodeStageVolumeRequest, csi.NodeStageVolumeResponse>),
    nodeUnstageVolume: calling(client.nodeUnstageVolume.bind(client) as Unary<csi.NodeUnstageVolumeRequest, csi.NodeUnstageVolumeResponse>),
    nodePublishVolume: calling(client.nodePublishVolume.bind(client) as Unary<csi.NodePublishVolumeRequest, csi.NodePublishVolumeResponse>),
    nodeUnpublishVolume: calling(
      client.nodeUnpublishVolume.bind(client) as Unary<csi.NodeUnpublishVolumeRequest, csi.NodeUnpublishVolumeResponse>,
    ),
    nodeExpandVolume: calling(client.nodeExpandVolume.bind(client) as Unary<csi.NodeExpandVolumeRequest, csi.NodeExpandVolumeResponse>),
    nodeGetVolumeStats: calling(
      client.nodeGetVolumeStats.bind(client) as Unary<csi.NodeGetVolumeStatsRequest, csi.NodeGetVolumeStatsResponse>,
    ),
    close: () => client.close(),
  };
}

/** What serves a socket in the folder of plugins. */
export function registrationClient(socket: string, clock: Clock) {
  const client = new pluginRegistration.RegistrationClient(`unix://${socket}`, credentials.createInsecure());
  const calling = callingWith(clock);
  return {
    getInfo: calling(client.getInfo.bind(client) as Unary<pluginRegistration.InfoRequest, pluginRegistration.PluginInfo>),
    notifyRegistrationStatus: calling(
      client.notifyRegistrationStatus.bind(client) as Unary<
        pluginRegistration.RegistrationStatus,
        pluginRegistration.RegistrationStatusResponse
      >,
    ),
    close: () => client.close(),
  };
}

const callingWith =
  (clock: Clock): Calling =>
  (method) =>
  (request) =>
    new Promise((resolve, reject) => {
      const deadline = new Date(clock.now().getTime() + TIMEOUT_MS);
      method(request, new Metadata(), { deadline }, (err, response) => (err ? reject(inGoWords(err)) : resolve(response)));
    });

/** `rpc error: code = NotFound desc = …`. */
function inGoWords(err: ServiceError): Error {
  const name = status[err.code] ?? 'UNKNOWN';
  const spelled = name === 'OK' ? name : name.split('_').map((word) => word[0] + word.slice(1).toLowerCase());
  const code = Array.isArray(spelled) ? spelled.join('') : spelled;
  return new Error(`rpc error: code = ${code === 'Cancelled' ? 'Canceled' : code} desc = ${err.details}`, { cause: err });
}
