import { apiVersionOf } from '#api';
import type { HttpAnswer, KindCatalog } from '../contract.ts';
import { parseAccept } from '../request/negotiate.ts';
import { type Admitted, header } from '../rest/call.ts';
import { jsonAnswer } from '../rest/render.ts';
import { aggregated } from './aggregated.ts';
import { resourcesOf } from './resources-of.ts';

/** What clients learn the API from: `/api`, `/apis`, each group and version, and the aggregated form of both. */
export class Discovery {
  constructor(
    private readonly kinds: KindCatalog,
    private readonly serverAddress: string,
  ) {}

  paths(): string[] {
    const paths = ['/api', '/apis'];
    for (const [group, versions] of this.kinds.groups()) {
      const prefix = group === '' ? '/api' : `/apis/${group}`;
      if (group !== '') paths.push(prefix);
      for (const version of versions) paths.push(`${prefix}/${version}`);
    }
    return paths;
  }

  page(path: string, admitted: Admitted): HttpAnswer | undefined {
    const parts = path.slice(1).split('/');
    const [root, group = '', version] = parts;
    if (root === 'api' && parts.length === 1) return this.roots(admitted, 'api') ?? jsonAnswer(200, this.coreVersions(), { admitted });
    if (root === 'api' && parts.length === 2) return this.resources('', group, admitted);
    if (root !== 'apis' || parts.length > 3) return undefined;
    if (parts.length === 1) return this.roots(admitted, 'apis') ?? jsonAnswer(200, this.groupList(), { admitted });
    if (!this.kinds.hasGroup(group) || group === '') return undefined;
    if (version !== undefined) return this.resources(group, version, admitted);
    return jsonAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...this.group(group) }, { admitted });
  }

  /** The aggregated form, where the client takes it. KEP-3352. */
  private roots({ call }: Admitted, root: 'api' | 'apis'): HttpAnswer | undefined {
    for (const { type, params } of parseAccept(header(call, 'accept') ?? '')) {
      if (type !== 'application/json') continue;
      if (params.as === undefined) return undefined;
      if (params.as !== 'APIGroupDiscoveryList' || params.g !== 'apidiscovery.k8s.io') continue;
      if (params.v === 'v2' || params.v === 'v2beta1') return aggregated(this.kinds, root, params.v);
    }
    return undefined;
  }

  private coreVersions(): unknown {
    return {
      kind: 'APIVersions',
      versions: this.kinds.groups().get('') ?? [],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.serverAddress }],
    };
  }

  private groupList(): unknown {
    const groups = [...this.kinds.groups().keys()].filter((group) => group !== '').map((group) => this.group(group));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }

  private group(name: string): object {
    const versions = (this.kinds.groups().get(name) ?? []).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  }

  private resources(group: string, version: string, admitted: Admitted): HttpAnswer | undefined {
    const delegate = this.kinds.delegateOf(group, version);
    const kinds = this.kinds.inVersion(group, version);
    if (!delegate && kinds.length === 0) return undefined;
    const resources = delegate?.resources() ?? kinds.flatMap(resourcesOf);
    return jsonAnswer(
      200,
      { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources },
      { admitted },
    );
  }
}
