import { release } from 'node:os';
import type { Endpoint } from '../../http/endpoint.ts';
import { apiVersion, engineVersion, goArchitecture, oldestApi } from '../../system/versions.ts';

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
