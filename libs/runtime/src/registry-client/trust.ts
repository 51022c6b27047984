import { readdirSync, readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:https';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';

/** Where docker and containers-tools (podman, skopeo) look for the certificates of one registry: `<directory>/<host:port>/*.crt`. */
const directories = ['/etc/containers/certs.d', '/etc/docker/certs.d'];

/** What the host trusts, and Node's own list. Read once: a change of the host's store needs a new process, as for every other program. */
let machine: string[] | undefined;

/** Agents that trust what this machine trusts, and for a `host:port` what has been put into its `certs.d` directory. */
export class TrustingAgents {
  private readonly agents = new Map<string, Agent>();

  constructor(
    private readonly options: AgentOptions = {},
    private readonly from: readonly string[] = directories,
  ) {}

  /** `host` with the port where the URL has one. Connections are pooled by the agent; hosts with the same certificates share it. */
  for(host: string): Agent {
    const own = this.from.flatMap((directory) => certificatesIn(join(directory, host)));
    const key = own.join('\n');
    const present = this.agents.get(key);
    if (present) return present;
    machine ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
    const agent = new Agent({ ...this.options, ca: [...machine, ...own] });
    this.agents.set(key, agent);
    return agent;
  }
}

/** Looked at for each connection: whoever puts a certificate there expects the next pull to work. */
function certificatesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.crt'))
      .sort()
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  } catch (err) {
    if (['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')) return [];
    throw err;
  }
}
