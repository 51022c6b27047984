import { parseArgs } from 'node:util';
import { fileFlag, listFlag, portFlag, requiredFlag } from '#base';

/** Flags of the scheduler; docs/architecture.md, "Processes and their flags". */
export interface SchedulerConfig {
  servers: string[];
  tls: { ca: string; cert: string; key: string };
  bindAddresses: string[];
  port: number;
  logLevel: string;
  /** Who holds the lease; undefined: a name that no other process has. */
  electionIdentity: string | undefined;
}

export async function readConfig(args: readonly string[]): Promise<SchedulerConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      server: { type: 'string' },
      'ca-file': { type: 'string' },
      'cert-file': { type: 'string' },
      'key-file': { type: 'string' },
      'bind-address': { type: 'string', default: '127.0.0.1' },
      'secure-port': { type: 'string', default: '10259' },
      'leader-elect-identity': { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
    },
  });
  const [ca, cert, key] = await Promise.all([
    fileFlag('ca-file', values['ca-file']),
    fileFlag('cert-file', values['cert-file']),
    fileFlag('key-file', values['key-file']),
  ]);
  return {
    servers: listFlag(requiredFlag('server', values.server)),
    tls: { ca, cert, key },
    bindAddresses: listFlag(values['bind-address']),
    port: portFlag('secure-port', values['secure-port']),
    logLevel: values['log-level'],
    electionIdentity: values['leader-elect-identity'],
  };
}
