import type { ConnectHandlers } from '#api-server/contract';
import { podAttach, podExec } from './command.ts';
import type { StreamParts } from './dependencies.ts';
import { podLog } from './log.ts';
import { podPortForward } from './port-forward.ts';
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts';

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
