import type { ConnectHandlers } from '../contract.ts';
import { podAttach, podExec } from './command.ts';
import type { StreamParts } from './dependencies.ts';
import { podLog } from './log.ts';
import { podPortForward } from './port-forward.ts';
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts';

export type { StreamParts } from './dependencies.ts';
export { offeredProtocols } from './negotiation.ts';
export { answerOverWebSocket, logProtocols, watchProtocols } from './websocket-answer.ts';
export { proxyTarget } from './proxy-target.ts';

/** Every subresource that is a stream to a node. */
export function connectHandlers(parts: StreamParts): ConnectHandlers {
  return {
    'pods/log': podLog(parts),
    'pods/exec': podExec(parts),
    'pods/attach': podAttach(parts),
    'pods/portforward': podPortForward(parts),
    'pods/proxy': podProxy(parts),
    'services/proxy': serviceProxy(parts),
    'nodes/proxy': nodeProxy(parts),
  };
}
