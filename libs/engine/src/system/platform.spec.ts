import { checkPlatform } from './platform.ts';
import { goArchitecture } from './versions.ts';

const query = (platform: string): URLSearchParams => new URLSearchParams({ platform });

it.each(['', 'linux', `linux/${goArchitecture()}`, `linux/${goArchitecture()}/v8`])('%j is this machine’s', (platform) => {
  expect(() => checkPlatform(query(platform))).not.toThrow();
});

it.each(['linux/s390x', 'windows/amd64', 'windows', 'arm64'])('%j is refused', (platform) => {
  expect(() => checkPlatform(query(platform))).toThrow(expect.objectContaining({ status: 400 }));
});
