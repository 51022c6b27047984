import type { Engine } from './engine.ts';
import type { Volume } from './volumes.ts';

/** Docker Engine API, "Inspect a volume". */
export function volumeView(engine: Engine, { name, created, labels, options, anonymous }: Volume): object {
  return {
    CreatedAt: created.replace(/\.\d+Z$/, 'Z'),
    Driver: 'local',
    Labels: anonymous ? { ...labels, 'com.docker.volume.anonymous': '' } : labels,
    Mountpoint: engine.volumes.path(name),
    Name: name,
    Options: options,
    Scope: 'local',
  };
}
