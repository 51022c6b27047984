import { parseArgs } from 'node:util';
import { type ClientConfig, clientConfig, clientFlags } from '#base';

/** Flags of the scheduler; docs/architecture.md, "Processes and their flags". */
export interface SchedulerConfig extends ClientConfig {
  /** Who holds the lease; undefined: a name that no other process has. */
  electionIdentity: string | undefined;
}

export async function readConfig(args: readonly string[]): Promise<SchedulerConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...clientFlags,
      'bind-address': { type: 'string', default: '127.0.0.1' },
      'secure-port': { type: 'string', default: '10259' },
      'leader-elect-identity': { type: 'string' },
    },
  });
  return {
    ...(await clientConfig(values)),
    electionIdentity: values['leader-elect-identity'],
  };
}
