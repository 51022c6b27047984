import type { Image } from '#runtime/images.contract';
import { familiar } from './images.ts';

/** Docker Engine API, "List images", "Inspect an image", "Get the history of an image". */

/** `names`: those that were asked for; all of them unless told otherwise. */
export function imageSummary(image: Image, names: readonly string[] = image.names): object {
  const { config } = image.config;
  return {
    Containers: -1,
    Created: seconds(image.config.created),
    Id: image.id,
    Labels: config?.Labels ?? null,
    ParentId: '',
    RepoDigests: image.repoDigests.length > 0 ? image.repoDigests.map(familiar) : null,
    RepoTags: names.length > 0 ? names.map(familiar) : image.repoDigests.length > 0 ? ['<none>:<none>'] : [],
    SharedSize: -1,
    Size: image.sizeBytes,
    VirtualSize: image.sizeBytes,
  };
}

export function imageDetails(image: Image, taggedAt: string): object {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: image.names.map(familiar),
    RepoDigests: image.repoDigests.map(familiar),
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? '0001-01-01T00:00:00Z',
    Container: '',
    ContainerConfig: imageConfigView({}),
    DockerVersion: '',
    Author: config.author ?? '',
    Config: imageConfigView(config.config ?? {}),
    Architecture: config.architecture,
    Os: config.os,
    Size: image.sizeBytes,
    VirtualSize: image.sizeBytes,
    GraphDriver: { Name: 'overlay2', Data: null },
    RootFS: { Type: 'layers', Layers: image.diffIds },
    Metadata: { LastTagTime: taggedAt },
  };
}

/** The configuration of an image in the form of a container's. */
function imageConfigView(config: NonNullable<Image['config']['config']>): object {
  return {
    Hostname: '',
    Domainname: '',
    User: config.User ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(config.ExposedPorts && { ExposedPorts: config.ExposedPorts }),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck && { Healthcheck: config.Healthcheck }),
    Image: '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...(config.StopSignal !== undefined && { StopSignal: config.StopSignal }),
    ...(config.Shell && { Shell: config.Shell }),
  };
}

/** The newest step first; only the image itself has an id here. `sizes`: bytes of its layers, bottom first, packed as they are. */
export function imageHistory(image: Image, sizes: readonly number[]): object[] {
  const left = [...sizes];
  const steps = (image.config.history ?? []).map((step) => ({ step, size: step.empty_layer ? 0 : (left.shift() ?? 0) })).toReversed();
  return steps.map(({ step, size }, i) => ({
    Comment: step.comment ?? '',
    Created: seconds(step.created),
    CreatedBy: step.created_by ?? '',
    Id: i === 0 ? image.id : '<missing>',
    Size: size,
    Tags: i === 0 && image.names.length > 0 ? image.names.map(familiar) : null,
  }));
}

const seconds = (time: string | undefined): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000));
