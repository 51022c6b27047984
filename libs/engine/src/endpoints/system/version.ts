import { arch, release } from 'node:os';
import type { Endpoint } from '../../http/endpoint.ts';
import { apiVersion, engineVersion, oldestApi } from '../../system/versions.ts';

/** Go's names of what Node calls `x64`. */
export const goArchitecture = (): string => ({ x64: 'amd64', arm: 'arm', arm64: 'arm64' })[arch() as 'x64'] ?? arch();

export const version: Endpoint = {
  method: 'GET',
  path: '/version',
  handle: async () => {
    const details = {
      ApiVersion: apiVersion,
      MinAPIVersion: oldestApi.join('.'),
      Os: 'linux',
      Arch: goArchitecture(),
      KernelVersion: release(),
    };
    return {
      status: 200,
      json: {
        Platform: { Name: '' },
        Components: [
          {
            Name: 'Engine',
            Version: engineVersion,
            Details: { ...details, Experimental: 'false', GitCommit: '', GoVersion: '', BuildTime: '' },
          },
        ],
        Version: engineVersion,
        GitCommit: '',
        GoVersion: '',
        BuildTime: '',
        ...details,
      },
    };
  },
};
