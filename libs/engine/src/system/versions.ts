import { arch } from 'node:os';
import type { ApiVersion } from '../http/endpoint.ts';

/** Docker Engine API, "Version history"; the oldest as of Docker 24, which skopeo asks for (1.22). */
export const newestApi: ApiVersion = [1, 43];
export const oldestApi: ApiVersion = [1, 12];
export const apiVersion = newestApi.join('.');

/** Clients compare it with Docker's own releases: API 1.43 came with 24.0. */
export const engineVersion = '24.0.0-berth';
export const serverHeader = `Docker/${engineVersion} (linux)`;

/** Go's names of what Node calls `x64`. */
export const goArchitecture = (): string => ({ x64: 'amd64', arm: 'arm', arm64: 'arm64' })[arch() as 'x64'] ?? arch();
