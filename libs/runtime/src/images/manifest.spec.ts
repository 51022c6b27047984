import { sha256 } from '../testing/archives.ts';
import { type IndexEntry, selectPlatform } from './manifest.ts';

/** `os/architecture/variant` of each entry, in the order of the index. */
const entries = (platforms: readonly string[]): IndexEntry[] =>
  platforms.map((text) => {
    const [os, architecture, variant] = text.split('/');
    const platform = { ...(os && { os }), ...(architecture && { architecture }), ...(variant && { variant }) };
    return { mediaType: '', digest: sha256(text), size: 1, ...(text && { platform }) };
  });

// containerd's platforms package: defaults.go, compare.go
it.each<[wanted: string, index: string[], chosen: string | undefined]>([
  ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64/v1'], 'linux/amd64/v1'],
  ['linux/amd64', ['linux/amd64/v3'], undefined],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
  ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm64', ['linux/arm64'], 'linux/arm64'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64/v8'], 'linux/arm/v6'],
  ['linux/arm', ['linux/arm/v8', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v6', ['linux/arm/v7'], undefined],
  ['linux/s390x', ['linux/s390x'], 'linux/s390x'],
  ['linux/riscv64', ['linux/s390x', 'unknown/unknown'], undefined],
  ['linux/amd64', [''], ''],
  ['linux/amd64', ['', ''], undefined],
  ['linux/constructor', ['linux/amd64'], undefined],
])('%s of %j is %s', (text, platforms, chosen) => {
  const [os = '', architecture = '', variant] = text.split('/');
  const wanted = { os, architecture, ...(variant && { variant }) };
  const select = (): string => selectPlatform(entries(platforms), wanted).digest;
  if (chosen === undefined) expect(select).toThrow(`no match for platform in manifest: ${text} not found`);
  else expect(select()).toBe(sha256(chosen));
});
